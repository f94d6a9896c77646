import { type Response, Router } from 'express';
import type { Health } from './health.ts';

/**
 * For whoever watches over the platform, open to everybody: `/health/live` (the process answers), `/health/ready` (people can be
 * served: the database answers) and `/health` (nothing wants the operator's hand). 503 says no.
 */
export function healthRoutes(health: Health): Router {
  const router = Router();
  const answer = (response: Response, isGood: boolean, body: object) =>
    response
      .status(isGood ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json(body);
  router.get('/health/live', (_request, response) => void answer(response, true, { ok: true }));
  router.get('/health/ready', async (_request, response) => {
    const { ready, parts } = await health.report();
    answer(response, ready, { ok: ready, parts });
  });
  router.get('/health', async (_request, response) => {
    const { ok, parts } = await health.report();
    answer(response, ok, { ok, parts });
  });
  return router;
}
