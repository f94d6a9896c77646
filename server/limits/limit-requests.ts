import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { errors } from '../errors.ts';
import { bodyBytes, type Limits } from './limits.ts';

/** The id of the session that a request's cookie proves, without a look into the database. */
export type ProvenSession = (request: Pick<IncomingMessage, 'headers'>) => string | undefined;

/** How long a form or JSON body may take to arrive, in milliseconds; uploads have the server's own limit. */
const bodyMs = 20_000;

/** Bad requests, forged changes, unknown ids, invalid forms, beats above what playing makes. */
const faulty = new Set([400, 403, 404, 413, 422, 429]);

/** Turns requests away above the limit, before sessions are read and with a few words only. */
export function limitRequests(limits: Limits, provenSession: ProvenSession): RequestHandler {
  return (request, response, next) => {
    const [session, address] = [provenSession(request), request.ip ?? ''];
    if (limits.request(session, address, bodyBytes(request))) {
      response.once('finish', () => {
        if (faulty.has(response.statusCode)) limits.faultyRequest(session, address);
      });
      return next();
    }
    const { code, messageKey, status } = errors.tooManyRequests();
    const message = request.t(messageKey);
    response.set({ 'Retry-After': '2', 'Cache-Control': 'no-store' }).status(status);
    if (request.path.startsWith('/api/')) response.json({ error: { code, message, reference: request.reference } });
    else response.type('text').send(message);
  };
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
