/** A jump of the machine's clock that is followed, ms; what is smaller is a correction, and the clock runs on through it. */
const FOLLOWED_MS = 60_000;

/**
 * The platform's clock, epoch ms: what time it is when the process starts, and from then on what the machine's monotonic
 * clock counts, so that time that is paid for passes as it does. Where the machine's own clock is set by more than a minute,
 * or the machine slept, it follows: days and deadlines are those of the world.
 * @param wall epoch ms
 * @param monotonic ms since whenever
 */
export function steadyClock(
  wall: () => number = Date.now,
  monotonic: () => number = () => performance.now(),
): () => number {
  let offset = wall() - monotonic();
  return () => {
    const steady = monotonic() + offset;
    const shown = wall();
    if (Math.abs(shown - steady) <= FOLLOWED_MS) return Math.floor(steady);
    offset += shown - steady;
    return shown;
  };
}
