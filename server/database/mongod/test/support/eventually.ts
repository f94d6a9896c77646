import { setTimeout as delay } from 'node:timers/promises';

/** Longest pause between two looks, ms. They grow up to it, so that a long wait does not keep the processor busy. */
const longestPause = 100;

/**
 * Repeats an expectation until it holds; its last failure is thrown when the time is up. The time is for a machine that is
 * busy with other tests: what has to be quick is measured by `quickEnough`.
 */
export async function eventually<T>(expectation: () => T | Promise<T>, withinMs = 20_000): Promise<T> {
  const end = Date.now() + withinMs;
  for (let pause = 20; ; pause = Math.min(pause * 1.2, longestPause)) {
    try {
      return await expectation();
    } catch (error) {
      if (Date.now() > end) throw error;
      await delay(pause);
    }
  }
}
