import { createHmac, hkdfSync } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Connection } from 'mongoose';
import { RateLimiterMemory, RateLimiterMongo, RateLimiterRes } from 'rate-limiter-flexible';
import { errors } from '../errors.ts';

/** Attempts within a quarter of an hour before somebody has to wait as long. */
const WINDOW = { duration: 15 * 60, blockDuration: 15 * 60 };
const MAX_ATTEMPTS = {
  /** For one person, whatever name they are given; each browser that has signed in as them has a count of its own. */
  person: 8,
  /** From one address, where whole schools share one: only what fails is left in the count. */
  address: 100,
};
/** Attempts from one address that are looked at at the same time; the others wait. */
const MAX_AT_ONCE = 20;

export interface Attempt {
  /** Whom it is about: a user's id, or what was typed where nobody has that. */
  person: string;
  address: string;
  /** A browser that has signed in as this person before: it is counted apart, so that nobody can lock somebody else out. */
  browser?: string | undefined;
  /** Told once when the person's attempts are used up. */
  onLock?: () => Promise<void>;
}

/** Slows down guessing. */
export class Throttle {
  readonly #key: Buffer;
  readonly #byPerson: RateLimiterMongo;
  readonly #byAddress: RateLimiterMongo;
  readonly #waiting = new Map<string, { running: number; queue: (() => void)[] }>();

  /**
   * Counts in the database, so that every server process knows; there stand only hashes under a key, never what was typed.
   * @param secret key material, from which the key is derived (RFC 5869)
   */
  constructor(connection: Connection, secret: Buffer) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'xuefang throttle', 32));
    const limiter = (kind: keyof typeof MAX_ATTEMPTS) => {
      const options = { keyPrefix: kind, points: MAX_ATTEMPTS[kind], ...WINDOW };
      return new RateLimiterMongo({
        storeClient: connection,
        dbName: connection.name,
        tableName: 'throttle',
        ...options,
        insuranceLimiter: new RateLimiterMemory(options),
      });
    };
    this.#byPerson = limiter('person');
    this.#byAddress = limiter('address');
  }

  /**
   * Runs an attempt to prove something. It is counted before it is looked at, so that many at once are no more than many one after
   * the other; success takes it out of the count again.
   * @throws core:too-many-attempts
   */
  async attempt<T>({ person, address, browser, onLock }: Attempt, work: () => Promise<T>): Promise<T> {
    const who = this.#hash(browser ? `${person} at ${browser}` : person);
    const from = this.#hash(networkOf(address));
    const leave = await this.#enter(from);
    try {
      // The browsers that are known are kept out by nothing that others do behind the same address.
      if (!browser) await this.#count(this.#byAddress, from);
      await this.#count(this.#byPerson, who, onLock).catch(async (locked) => {
        // Nothing was looked at: who goes on knocking at one door keeps nobody else of the school out.
        if (!browser) await this.#byAddress.reward(from);
        throw locked;
      });
      const result = await work();
      await Promise.all([this.#byPerson.delete(who), browser ? undefined : this.#byAddress.reward(from)]);
      return result;
    } finally {
      leave();
    }
  }

  async #count(limiter: RateLimiterMongo, key: string, onLock?: () => Promise<void>): Promise<void> {
    try {
      await limiter.consume(key);
    } catch (full) {
      if (!(full instanceof RateLimiterRes)) throw full;
      if (full.consumedPoints === limiter.points + 1) await onLock?.();
      throw errors.tooManyAttempts(Math.max(1, Math.ceil(full.msBeforeNext / 60_000)));
    }
  }

  #hash(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }

  /** Waits for its turn among the attempts of an address. */
  async #enter(address: string): Promise<() => void> {
    const place = this.#waiting.get(address) ?? { running: 0, queue: [] };
    this.#waiting.set(address, place);
    if (place.running < MAX_AT_ONCE) place.running++;
    else await new Promise<void>((resolve) => place.queue.push(resolve));
    return () => {
      const next = place.queue.shift();
      if (next) next();
      else if (--place.running === 0) this.#waiting.delete(address);
    };
  }
}

/** The network of an address: one subscriber has a whole /64 of IPv6 (RFC 6177). */
export function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter(Boolean);
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter(Boolean).length;
  const all = [...groups, ...Array.from({ length: missing }, () => '0'), ...(tail ?? '').split(':')];
  return all.slice(0, 4).join(':');
}
