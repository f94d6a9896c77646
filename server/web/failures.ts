import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { AppError, errors, knownError } from '../errors.ts';

/** No route took the request. */
export const notFound: RequestHandler = (_request, _response, next) => next(errors.notFound());

/** The last handler: an error as a page or as JSON, in the reader's words, with a reference to quote. */
export function failures(log: Logger): ErrorRequestHandler {
  return async (thrown, request, response, next) => {
    const error = known(thrown);
    if (error.status >= 500)
      log.error({ err: thrown, reference: request.reference, path: request.path }, 'request failed');
    if (response.headersSent) return next(thrown);
    await answer(error, request, response).catch((cause) => {
      log.error({ err: cause, reference: request.reference }, 'an error page failed');
      if (response.headersSent) return next(cause);
      const message = request.t(error.messageKey, error.params);
      response.status(error.status).type('text').send(`${message} (${request.reference})`);
    });
  };
}

async function answer(error: AppError, request: Request, response: Response): Promise<void> {
  const message = request.t(error.messageKey, error.params);
  if (wantsJson(request)) {
    response.status(error.status).json({
      error: {
        code: error.code,
        message,
        reference: request.reference,
        ...(error.fields.length && { fields: error.fields }),
      },
    });
    return;
  }
  if (error.status === 401 && request.method === 'GET' && error.code === 'core:sign-in-required') {
    const { originalUrl } = request;
    const back = originalUrl === '/' ? '' : `?back=${encodeURIComponent(originalUrl)}`;
    return response.redirect(302, `/sign-in${back}`);
  }
  await response.page('core/error', {
    title: request.t(error.status === 404 ? 'errors.not-found-title' : 'errors.title'),
    status: error.status,
    code: error.code,
    message,
    fields: error.fields,
    reference: request.reference,
    layout: request.viewer ? 'layout' : 'layout-plain',
  });
}

/** Errors of express's own parsers, in the catalogue's words. */
function known(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const { type, status, limit } = (thrown ?? {}) as { type?: string; status?: number; limit?: number };
  if (type === 'entity.too.large') return errors.tooLarge(`${Math.round((limit ?? 0) / 1024)} KB`);
  if (status && status >= 400 && status < 500) return new AppError('core:bad-request', status, { cause: thrown });
  return knownError(thrown);
}

const wantsJson = (request: Request): boolean =>
  request.path.startsWith('/api/') || request.accepts(['html', 'json']) === 'json';
