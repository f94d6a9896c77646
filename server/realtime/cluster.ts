import { createAdapter } from '@socket.io/cluster-adapter';
import type { Server } from 'socket.io';

/** What joins the rooms of several server processes. */
export interface Cluster {
  adapter: Parameters<Server['adapter']>[0] & {};
  /** The line to platforms elsewhere, where there is one that can be lost. */
  link?: { isJoined(): boolean; onChange(listener: (joined: boolean) => void): void };
  /** The numbers of this process and of the others, where these are all of one machine. */
  seats?: { own: number; others: readonly number[] };
  close(): Promise<void>;
}

/** Joins the rooms of the workers of one `npm start -- --workers N`; their primary passes the messages on. */
export function joinThroughPrimary(own: number, workers: number): Cluster {
  const others = Array.from({ length: workers }, (_, index) => index + 1).filter((number) => number !== own);
  return { adapter: createAdapter(), seats: { own, others }, close: async () => {} };
}
