import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { errors } from '#platform';

const windowS = 15 * 60;

/**
 * Slows down guessing: counts look-ups that found nothing, per asking address and per number. Kept in memory: a code is
 * 128 random bits, and a number needs its name, so a limit per server process is enough.
 */
export class CheckLimit {
  readonly #byAddress = new RateLimiterMemory({ points: 30, duration: windowS });
  readonly #byNumber = new RateLimiterMemory({ points: 300, duration: windowS });
  /** One number from one address: so that nobody can keep others from checking it. */
  readonly #byBoth = new RateLimiterMemory({ points: 10, duration: windowS });

  /**
   * Runs a look-up. It is counted before it is made, so that many at once are no more than many one after the other; something
   * found is taken out of the count again. @throws core:too-many-attempts
   */
  async look<T>(address: string, number: string | undefined, find: () => Promise<T | null | undefined>) {
    await count(this.#byAddress, address);
    const both = number && `${number} ${address}`;
    if (both) await count(this.#byBoth, both);
    if (number) await count(this.#byNumber, number);
    const found = await find();
    if (found) {
      const counted = [this.#byAddress.reward(address), both && this.#byBoth.reward(both)];
      await Promise.all([...counted, number && this.#byNumber.reward(number)]);
    }
    return found ?? undefined;
  }
}

async function count(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (full) {
    if (full instanceof RateLimiterRes) throw errors.tooManyAttempts(Math.ceil(full.msBeforeNext / 60_000));
    throw full;
  }
}
