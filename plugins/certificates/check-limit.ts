import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { errors } from '#platform';

const windowS = 15 * 60;

/**
 * Slows down guessing: counts look-ups that found nothing, per asking address and per number. Kept in memory: a code is
 * 128 random bits, and a number needs its name, so a limit per server process is enough.
 */
export class CheckLimit {
  readonly #byAddress = new RateLimiterMemory({ points: 30, duration: windowS });
  readonly #byNumber = new RateLimiterMemory({ points: 10, duration: windowS });

  /** Runs a look-up; nothing found counts as a miss. @throws core:too-many-attempts */
  async look<T>(address: string, number: string | undefined, find: () => Promise<T | null | undefined>) {
    const spent = [await this.#byAddress.get(address), number ? await this.#byNumber.get(number) : null];
    const limits = [this.#byAddress.points, this.#byNumber.points];
    const full = spent.filter((state, index) => state !== null && state.consumedPoints >= limits[index]!);
    if (full.length > 0) throw tooMany(Math.max(...full.map((state) => state!.msBeforeNext)));
    const found = await find();
    if (!found) await Promise.all([this.#miss(this.#byAddress, address), number && this.#miss(this.#byNumber, number)]);
    return found ?? undefined;
  }

  async #miss(limiter: RateLimiterMemory, key: string): Promise<void> {
    await limiter.consume(key).catch((full) => {
      if (!(full instanceof RateLimiterRes)) throw full;
    });
  }
}

const tooMany = (ms: number) => errors.tooManyAttempts(Math.ceil(ms / 60_000));
