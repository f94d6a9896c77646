import { createAdapter } from '@socket.io/cluster-adapter';
import type { Server } from 'socket.io';

/** What joins the rooms of several server processes. */
export interface Cluster {
  adapter: Parameters<Server['adapter']>[0] & {};
  /** Whether it keeps what a socket misses while it is away. */
  recovers: boolean;
  close(): Promise<void>;
}

/** Joins the rooms of the workers of one `npm start -- --workers N`; their primary passes the messages on. */
export function joinThroughPrimary(): Cluster {
  return { adapter: createAdapter(), recovers: false, close: async () => {} };
}
