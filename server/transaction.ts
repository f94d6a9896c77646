import type { ClientSession } from 'mongoose';

/** Runs `work` in one database transaction. `work` may run again, so nothing may leave the process from within. */
export type Transaction = <T>(work: (session: ClientSession) => Promise<T>) => Promise<T>;
