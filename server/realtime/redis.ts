import type { Logger } from 'pino';
import type { createClient } from 'redis';
import type { Cluster } from './cluster.ts';

type Client = ReturnType<typeof createClient>;

/** How long Redis may take to answer the first connection, in milliseconds; the start waits no longer for it. */
const connectMs = 2_000;
/** A connection on which nothing comes for so long is given up; something is asked on each far more often. */
const silentMs = 1_500;
const askMs = 500;
/** Longest pause between two attempts to connect again. */
const longestPauseMs = 1_000;
/** Commands that wait for Redis at most, such as those that end the sockets of a session; later ones are dropped. */
const waitingCommands = 1_000;

/**
 * Joins this platform's rooms with those of all others on the same Redis. Without Redis the platform starts and serves all the
 * same; `isJoined` says so, and it joins the others as soon as Redis is there.
 */
export async function joinThroughRedis(url: string, log: Logger): Promise<Cluster> {
  // Most platforms run without Redis, and loading its client takes a tenth of a second.
  const [{ createAdapter }, { createClient }] = await Promise.all([
    import('@socket.io/redis-streams-adapter'),
    import('redis'),
  ]);
  const client = createClient({
    url,
    pingInterval: askMs,
    commandsQueueMaxLength: waitingCommands,
    // What waits while Redis is away has no limit in time; a connection that hangs is given up by `socketTimeout`.
    commandOptions: { timeout: 0 },
    socket: {
      connectTimeout: connectMs,
      socketTimeout: silentMs,
      reconnectStrategy: (retries) => Math.min(50 * 2 ** retries, longestPauseMs),
    },
  }) as Client;
  const clients = new Set<Client>();
  const listeners = new Set<(joined: boolean) => void>();
  let joined = false;
  const look = () => {
    // The adapter has one connection to send on and two to hear on.
    const now = clients.size === 3 && [...clients].every(({ isReady }) => isReady);
    if (now === joined) return;
    joined = now;
    if (joined) log.info('redis joins this platform with the others');
    else log.error('redis is lost: pages are told that what happens on other platforms may not be in them');
    for (const listener of listeners) listener(joined);
  };
  const watch = (one: Client): Client => {
    clients.add(one);
    one.on('error', (error) => {
      log.warn({ err: error }, 'redis');
      look();
    });
    for (const event of ['ready', 'reconnecting', 'end']) one.on(event, look);
    return one;
  };
  harmless(watch(client), watch);
  const adapter = createAdapter(client, { blockTimeInMs: askMs });
  void client.connect();
  const cluster: Cluster = {
    adapter,
    link: {
      isJoined: () => joined,
      onChange: (listener) => listeners.add(listener),
    },
    async close() {
      listeners.clear();
      for (const one of clients) if (one.isOpen) one.destroy();
    },
  };
  await Promise.race([
    new Promise<void>((resolve) => listeners.add(() => resolve())),
    new Promise<void>((resolve) => setTimeout(resolve, connectMs).unref()),
  ]);
  if (!joined) log.error('redis cannot be reached: this platform starts without the others');
  return cluster;
}

/**
 * Keeps what the adapter (0.3.1) does with its connections from ending the process, or from waiting for Redis: it leaves the promises of what it publishes
 * and of its own two connections alone, and closes what is closed already.
 */
function harmless(client: Client, watch: (one: Client) => Client): void {
  const { publish, xAdd, connect, duplicate } = client;
  Object.assign(client, {
    publish: (...given: Parameters<typeof publish>) => publish.apply(client, given).catch(() => 0),
    // The adapter tells its own sockets only when the others are told: while they cannot be, that waits for nobody.
    xAdd: (...given: Parameters<typeof xAdd>) => {
      const added = xAdd.apply(client, given).catch(() => '');
      return client.isReady ? added : Promise.resolve('');
    },
    // Only a close ends the attempts: nobody is there any more who would go on.
    connect: () => connect.call(client).catch(() => new Promise(() => {})),
    disconnect: async () => {
      if (client.isOpen) client.destroy();
    },
    duplicate: () => {
      const copy = duplicate.call(client) as Client;
      harmless(copy, watch);
      return watch(copy);
    },
  });
}
