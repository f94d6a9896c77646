import { createHmac, randomBytes } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { errors } from '../errors.ts';
import { isSameSecret } from '../secrets.ts';
import type { Cookies } from './cookies.ts';
import { isForeign } from './origin.ts';

interface CsrfDeps {
  cookies: Cookies;
  secret: string;
  /** Where people reach the platform, if that is configured. */
  publicUrl: string | undefined;
}

const visitorCookie = 'xf.visitor';
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
/** A form's first part with the token is shorter. */
const mostPeeked = 1024;
const peekMs = 20_000;
const firstPart = /^--[^\r\n]{1,200}\r\ncontent-disposition: form-data; name="_csrf"\r\n\r\n([\w-]{1,100})\r\n/i;

/**
 * Tokens against forged changes, kept nowhere: HMACs (OWASP CSRF Prevention Cheat Sheet, signed double submit) of the session's id for
 * people who are signed in, of a random cookie for everybody else, who have no session.
 */
export function createCsrf({ cookies, secret, publicUrl }: CsrfDeps) {
  const sign = (kind: string, value: string): string =>
    createHmac('sha256', secret).update(`csrf ${kind} ${value}`).digest('base64url');

  /** The token for forms of whoever asks; gives visitors the cookie that it belongs to. */
  const token = (request: Request, response: Response): string => {
    if (request.viewer) return sign('session', request.sessionID ?? '');
    let visitor = cookies.read(request, visitorCookie);
    if (!visitor) {
      visitor = randomBytes(24).toString('base64url');
      cookies.set(response, visitorCookie, visitor);
      // A second form of the same page belongs to the same cookie.
      request.headers.cookie = [request.headers.cookie, `${cookies.named(visitorCookie)}=${visitor}`]
        .filter(Boolean)
        .join('; ');
    }
    return sign('visitor', visitor);
  };

  const expected = (request: Request): string => {
    if (request.viewer) return sign('session', request.sessionID ?? '');
    const visitor = cookies.read(request, visitorCookie);
    return visitor ? sign('visitor', visitor) : '';
  };

  /**
   * Refuses changes that a browser sends for another site, and those without the token in the header `X-CSRF-Token`, the
   * field `_csrf`, or the first part of a multipart form, `_csrf`. Addresses end up in logs and histories: a token in one is none.
   */
  const check: RequestHandler = async (request, _response, next) => {
    if (safeMethods.has(request.method)) return next();
    if (isForeign(request, publicUrl)) return next(errors.csrf());
    const wanted = expected(request);
    const given = request.get('x-csrf-token') ?? request.body?._csrf ?? (await peeked(request));
    if (wanted === '' || !isSameSecret(String(given ?? ''), wanted)) return next(errors.csrf());
    if (request.body?._csrf) delete request.body._csrf;
    next();
  };

  return { token, check };
}

/** The token at the beginning of a multipart form; what was read is put back for the form's own reader. */
async function peeked(request: Request): Promise<string | undefined> {
  if (!/^multipart\/form-data/i.test(request.get('content-type') ?? '')) return undefined;
  let read = Buffer.alloc(0);
  const late = setTimeout(() => request.destroy(), peekMs);
  try {
    while (read.length < mostPeeked && !firstPart.test(read.toString('latin1'))) {
      const chunk = (request.read() as Buffer | null) ?? undefined;
      if (chunk) read = Buffer.concat([read, chunk]);
      else if (!(await arrival(request))) break;
    }
  } finally {
    clearTimeout(late);
  }
  if (read.length > 0 && !request.destroyed && !request.readableEnded) request.unshift(read);
  return firstPart.exec(read.subarray(0, mostPeeked).toString('latin1'))?.[1];
}

/** Whether more of the body has come; false where it is at its end or broken off. */
function arrival(request: Request): Promise<boolean> {
  if (request.readableEnded || request.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const events = { readable: () => settle(true), end: () => settle(false), close: () => settle(false) };
    const settle = (more: boolean): void => {
      for (const [event, listener] of Object.entries(events)) request.off(event, listener);
      resolve(more);
    };
    for (const [event, listener] of Object.entries(events)) request.on(event, listener);
  });
}
