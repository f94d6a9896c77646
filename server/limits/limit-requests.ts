import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { errors } from '../errors.ts';
import { addressOf } from './address-of.ts';
import { bodyBytes, type Limits } from './limits.ts';

/** The id of the session that a request's cookie proves, without a look into the database. */
export type ProvenSession = (request: Pick<IncomingMessage, 'headers'>) => string | undefined;

/** How long a form or JSON body may take to arrive, in milliseconds; uploads have the server's own limit. */
const bodyMs = 20_000;

/** Bad requests, forged changes, unknown ids, invalid forms, beats above what playing makes. */
const faulty = new Set([400, 403, 404, 413, 422, 429]);

/** What is answered from memory to anybody, and counted only where it turns out not to be there. */
const outside = /^\/(?:assets\/|metrics)/;

interface Gate {
  limits: Limits;
  provenSession: ProvenSession;
  /** Reverse proxies in front, which say where requests come from. */
  proxyHops: number;
  /** The locale key's text in the words of whoever asks. */
  explain(request: IncomingMessage, messageKey: string): string;
}

/**
 * Turns requests away above the limit: `before` everything else, as a flood must not cost a walk through the middleware,
 * and `after` assets and figures what was asked under their names.
 */
export function limitRequests(gate: Gate): { before(serve: RequestListener): RequestListener; after: RequestHandler } {
  return {
    before: (serve) => (request, response) => {
      if (outside.test(request.url ?? '') || mayPass(gate, request, response)) serve(request, response);
    },
    after: (request, response, next) => {
      if (!outside.test(request.originalUrl) || mayPass(gate, request, response)) next();
    },
  };
}

function mayPass(gate: Gate, request: IncomingMessage, response: ServerResponse): boolean {
  const { limits } = gate;
  const [session, address] = [gate.provenSession(request), addressOf(request, gate.proxyHops)];
  if (!limits.request(session, address, bodyBytes(request))) {
    turnAway(gate, request, response);
    return false;
  }
  response.once('finish', () => {
    const { statusCode } = response;
    if (faulty.has(statusCode)) limits.faultyRequest(session, address, isForged(request, statusCode));
  });
  return true;
}

/** A change that is refused as such: for its token, its origin or its syntax. */
const isForged = ({ method }: IncomingMessage, status: number): boolean =>
  method !== 'GET' && (status === 400 || status === 403);

function turnAway({ explain }: Gate, request: IncomingMessage, response: ServerResponse): void {
  const { code, messageKey, status } = errors.tooManyRequests();
  const message = explain(request, messageKey);
  const isApi = request.url?.startsWith('/api/');
  const text = isApi ? JSON.stringify({ error: { code, message } }) : message;
  response.writeHead(status, {
    'Retry-After': '2',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Content-Type': isApi ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** Breaks a request off whose small body does not arrive in time (Slowloris); its connection is not used again. */
export const bodyInTime: RequestHandler = (request, _response, next) => {
  const isUpload = /^multipart\//i.test(request.headers['content-type'] ?? '');
  if (isUpload || bodyBytes(request) === 0) return next();
  const late = setTimeout(() => request.destroy(), bodyMs);
  request.once('close', () => clearTimeout(late));
  request.once('end', () => clearTimeout(late));
  next();
};
