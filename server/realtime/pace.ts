import type { RequestHandler } from 'express';

/** Longer than any handshake takes; a place that is not given back by then was lost. Milliseconds. */
const longestMs = 10_000;

/**
 * Runs the middleware for a few requests at a time, the others waiting in their order: when everybody comes back at once,
 * the event loop and the database still have time for those who are there.
 */
export function paced(middleware: readonly RequestHandler[], atOnce: number): RequestHandler {
  const waiting: (() => void)[] = [];
  let running = 0;

  const leave = () => {
    running -= 1;
    waiting.shift()?.();
  };

  return (request, response, next) => {
    const enter = () => {
      running += 1;
      let left = false;
      const leaveOnce = () => {
        if (left) return;
        left = true;
        clearTimeout(late);
        // In a turn of its own, so that other work gets its turn between two of these.
        setImmediate(leave);
      };
      const late = setTimeout(leaveOnce, longestMs).unref();
      const run = (index: number, error?: unknown): void => {
        const handler = error ? undefined : middleware[index];
        if (handler) {
          void handler(request, response, (failure?: unknown) => run(index + 1, failure));
          return;
        }
        leaveOnce();
        next(error);
      };
      run(0);
    };
    if (running < atOnce) enter();
    else waiting.push(enter);
  };
}
