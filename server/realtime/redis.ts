import type { Logger } from 'pino';
import type { Cluster } from './cluster.ts';

/** How long Redis may take to answer the first connection, in milliseconds. */
const connectMs = 5_000;

/**
 * Joins this platform's rooms with those of all others on the same Redis (Redis Streams, which keep what a socket
 * missed while it was away).
 * @throws Error when Redis cannot be reached at the start; later losses are logged and mended by the client
 */
export async function joinThroughRedis(url: string, log: Logger): Promise<Cluster> {
  // Most platforms run without Redis, and loading its client takes a tenth of a second.
  const [{ createAdapter }, { createClient }] = await Promise.all([
    import('@socket.io/redis-streams-adapter'),
    import('redis'),
  ]);
  const client = createClient({ url, socket: { connectTimeout: connectMs } });
  client.on('error', (error) => log.error({ err: error }, 'redis'));
  await client.connect();
  return {
    adapter: createAdapter(client),
    recovers: true,
    async close() {
      client.destroy();
    },
  };
}
