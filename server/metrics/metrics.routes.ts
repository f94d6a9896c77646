import { type Request, type Response, Router } from 'express';
import { isSameSecret } from '../secrets.ts';
import type { Metrics } from './metrics.ts';

/**
 * `GET /metrics` for Prometheus, with the bearer token of the configuration. An address proves nothing: behind a reverse
 * proxy everybody comes from this machine.
 */
export function metricsRoutes(metrics: Metrics, token: string): Router {
  const router = Router();
  router.get('/metrics', async (request: Request, response: Response) => {
    const given = /^Bearer (\S+)$/i.exec(request.get('authorization') ?? '')?.[1] ?? '';
    if (!isSameSecret(given, token)) {
      response.status(401).set('WWW-Authenticate', 'Bearer').type('text').send('bearer token wanted\n');
      return;
    }
    const text = await metrics.text();
    response.set({ 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' }).send(text);
  });
  return router;
}
