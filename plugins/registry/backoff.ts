const longestMs = 10 * 60_000;

/**
 * Milliseconds until the next attempt: doubled with each one up to ten minutes, and spread over the upper half, so that
 * a thousand deliveries do not come back at the same moment.
 * @param attempts attempts made so far, from 1
 * @param random from 0 to 1
 */
export function backoff(attempts: number, baseMs: number, random: number): number {
  const full = Math.min(baseMs * 2 ** Math.min(attempts - 1, 30), longestMs);
  return Math.round(full * (0.5 + random / 2));
}
