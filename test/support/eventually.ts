import { setTimeout as delay } from 'node:timers/promises';

/** Repeats an expectation until it holds; its last failure is thrown when the time is up. */
export async function eventually<T>(expectation: () => T | Promise<T>, withinMs = 5_000): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    try {
      return await expectation();
    } catch (error) {
      if (Date.now() > end) throw error;
      await delay(20);
    }
  }
}
