import type { Connection } from 'mongoose';
import { RateLimiterMemory, RateLimiterMongo, RateLimiterRes } from 'rate-limiter-flexible';
import { errors } from '../errors.ts';

/** Failed attempts before somebody has to wait: per login, and per address, where whole schools share one. */
const limits = {
  login: { points: 8, duration: 15 * 60, blockDuration: 15 * 60 },
  address: { points: 100, duration: 15 * 60, blockDuration: 15 * 60 },
};

export interface Throttle {
  /**
   * Runs an attempt to prove who one is; failures count against the login and the address.
   * @throws core:too-many-attempts
   */
  attempt<T>(who: { login: string; address: string }, work: () => Promise<T>): Promise<T>;
}

/** Counts failures in the database, so that every server process knows them. */
export function createThrottle(connection: Connection): Throttle {
  const limiter = (kind: keyof typeof limits) =>
    new RateLimiterMongo({
      storeClient: connection,
      dbName: connection.name,
      tableName: 'throttle',
      keyPrefix: kind,
      ...limits[kind],
      insuranceLimiter: new RateLimiterMemory({ keyPrefix: kind, ...limits[kind] }),
    });
  const byLogin = limiter('login');
  const byAddress = limiter('address');

  const refuseBlocked = async (login: string, address: string) => {
    const [one, other] = await Promise.all([byLogin.get(login), byAddress.get(address)]);
    const waiting = [
      one && one.consumedPoints >= limits.login.points ? one.msBeforeNext : 0,
      other && other.consumedPoints >= limits.address.points ? other.msBeforeNext : 0,
    ];
    if (Math.max(...waiting) > 0) throw errors.tooManyAttempts(Math.ceil(Math.max(...waiting) / 60_000));
  };

  return {
    async attempt({ login, address }, work) {
      const key = login.normalize('NFKC').trim().toLowerCase();
      await refuseBlocked(key, address);
      try {
        const result = await work();
        await byLogin.delete(key);
        return result;
      } catch (error) {
        await Promise.all([byLogin.consume(key), byAddress.consume(address)]).catch((full) => {
          if (!(full instanceof RateLimiterRes)) throw full;
        });
        throw error;
      }
    },
  };
}
