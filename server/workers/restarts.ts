/** How a worker has fared so far. */
export interface Fate {
  /** Ends in a row, none of them after a long life. */
  ends: number;
  /** Of the latest in a row, those before the worker served anybody. */
  failedStarts: number;
}

export const unharmed: Fate = { ends: 0, failedStarts: 0 };

/** Who served this long had no trouble with the start; milliseconds. */
const longLifeMs = 60_000;
const firstPauseMs = 250;
const longestPauseMs = 30_000;
const mostFailedStarts = 5;

/**
 * What follows when a worker ended.
 * @param servedMs how long it served, undefined where it ended while starting
 * @returns how it has fared now, and the pause before it is started again, growing up to half a minute; undefined where
 *   starting it makes no sense any more
 */
export function afterEnd({ ends, failedStarts }: Fate, servedMs?: number): { fate: Fate; pauseMs: number | undefined } {
  const hadLongLife = servedMs !== undefined && servedMs >= longLifeMs;
  const fate = {
    ends: hadLongLife ? 1 : ends + 1,
    failedStarts: servedMs === undefined ? failedStarts + 1 : 0,
  };
  const pauseMs = Math.min(firstPauseMs * 2 ** (fate.ends - 1), longestPauseMs);
  return { fate, pauseMs: fate.failedStarts >= mostFailedStarts ? undefined : pauseMs };
}
