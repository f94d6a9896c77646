import type { RequestHandler, Router } from 'express';
import type { Metrics } from './metrics.ts';

/** A router and the path it is mounted at, which names no person and no record. */
export interface Mounted {
  at: string;
  router: Router;
}

export interface NamedRoute {
  method: string;
  /** The pattern, such as `/video-courses/lessons/:id`. */
  path: string;
}

/** Every route of the routers with the whole pattern it answers. */
export function routesOf(mounted: readonly Mounted[]): NamedRoute[] {
  return mounted.flatMap(({ at, router }) =>
    router.stack.flatMap(({ route }) =>
      route
        ? route.stack
            .map(({ method }) => ({ method, path: at + route.path }))
            .filter((one, index, all) => all.findIndex(({ method }) => method === one.method) === index)
        : [],
    ),
  );
}

/** Counts requests by the route that took them: its pattern, never the address, which may name a record. */
export function countRequests(metrics: Metrics, mounted: readonly Mounted[]): RequestHandler {
  const paths = new Map<unknown, string>();
  for (const { at, router } of mounted)
    for (const { route } of router.stack) if (route) paths.set(route, at + route.path);
  const requests = metrics.counter('http_requests_total', 'Requests by route and status', [
    'method',
    'route',
    'status',
  ]);
  const duration = metrics.distribution({
    name: 'http_request_duration_seconds',
    help: 'From the request line to the end of the answer',
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 1, 5],
    labels: ['route'],
  });
  return (request, response, next) => {
    const started = performance.now();
    response.once('close', () => {
      const route = paths.get(request.route) ?? 'none';
      const status = response.writableFinished ? String(response.statusCode) : 'broken-off';
      requests.inc({ method: methodOf(request.method), route, status });
      duration.observe({ route }, (performance.now() - started) / 1000);
    });
    next();
  };
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const methodOf = (method: string): string => (methods.has(method) ? method : 'other');
