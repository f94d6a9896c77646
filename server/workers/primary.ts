import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setupPrimary } from '@socket.io/cluster-adapter';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { type EmbeddedServer, startEmbeddedServer } from '../database/embedded-server.ts';
import { portAside } from '../port-aside.ts';
import { GatheredFigures } from './figures.ts';
import { afterEnd, type Fate, unharmed } from './restarts.ts';
import { type FromWorker, seatKey } from './seat.ts';

interface PrimaryOptions {
  config: Config;
  log: Logger;
  /** Told what the first worker's start is doing. */
  stage(name: string): void;
  /** Told the process ids of the workers that serve, whenever they change. */
  changed(pids: number[]): void;
  /** Called when no worker is left that could be started. */
  failed(): void;
}

/** The workers of one machine. */
export interface Crew {
  url: string;
  /** Ends the workers, then the engine. */
  stop(): Promise<void>;
}

interface Post {
  number: number;
  worker: Worker | undefined;
  /** Epoch ms since which it serves. */
  since: number | undefined;
  fate: Fate;
  timer?: NodeJS.Timeout;
}

/**
 * A worker's garbage is collected by its own thread, and half as often as a single process's. Alone a process is quicker with
 * a helper on each processor; workers share them. Each way costs or saves a twentieth of all that a beat does.
 */
const workerArguments = ['--no-parallel-scavenge', '--max-semi-space-size=256'];

/** Longer than a worker takes at most to end politely (main.ts), in milliseconds. */
const stopMs = 11_000;

/**
 * Starts `config.workers` platforms as processes that share the port; the embedded engine belongs to this process, so that
 * it outlives a worker. The first one brings indexes and migrations up to date before the others start. A worker that ends
 * is started again.
 * @throws Error when the engine or the first start of a worker fails
 */
export async function startWorkers(options: PrimaryOptions): Promise<Crew> {
  const { config, log } = options;
  const { mongodbUri, dataDir, mongodBinary } = config;
  const engine = mongodbUri === undefined ? await startEmbeddedServer({ dataDir, mongodBinary, log }) : undefined;
  const primary = new Primary(options, engine);
  try {
    // A port of their own choice would be another one after all of them ended.
    const port = config.port || (await portAside(config.host));
    return await primary.start({ MONGODB_URI: mongodbUri ?? (engine as EmbeddedServer).uri, PORT: String(port) });
  } catch (error) {
    await primary.stop();
    throw error;
  }
}

class Primary {
  readonly #options: PrimaryOptions;
  readonly #engine: EmbeddedServer | undefined;
  readonly #posts: Post[];
  readonly #figures = new GatheredFigures(() => this.#serving());
  #env: Record<string, string> = {};
  #stopping = false;

  constructor(options: PrimaryOptions, engine: EmbeddedServer | undefined) {
    this.#options = options;
    this.#engine = engine;
    this.#posts = Array.from({ length: options.config.workers }, (_, index) => ({
      number: index + 1,
      worker: undefined,
      since: undefined,
      fate: unharmed,
    }));
  }

  async start(env: Record<string, string>): Promise<Crew> {
    this.#env = env;
    cluster.setupPrimary({ execArgv: [...process.execArgv, ...workerArguments] });
    if (!this.#options.config.redisUrl) setupPrimary();
    const [first, ...others] = this.#posts as [Post, ...Post[]];
    const url = await this.#begin(first);
    await Promise.all(others.map((post) => this.#begin(post)));
    for (const post of this.#posts) this.#watch(post);
    return { url, stop: () => this.stop() };
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(
      this.#posts.map(async ({ worker, timer }) => {
        clearTimeout(timer);
        if (!worker || worker.isDead()) return;
        const ended = once(worker, 'exit');
        worker.process.kill('SIGTERM');
        const late = setTimeout(() => worker.process.kill('SIGKILL'), stopMs);
        await ended;
        clearTimeout(late);
      }),
    );
    await this.#engine?.stop();
  }

  /** Starts a worker. @returns where it listens. @throws Error when it ends before it does */
  #begin(post: Post): Promise<string> {
    const worker = cluster.fork({ ...this.#env, [seatKey]: String(post.number) });
    post.worker = worker;
    post.since = undefined;
    worker.on('error', (error) =>
      this.#options.log.error({ err: error, worker: post.number }, 'a worker is not reached'),
    );
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if ('stage' in message && post.number === 1) this.#options.stage(message.stage);
        else if ('figuresWanted' in message) this.#figures.gather(worker, message.figuresWanted);
        else if ('figures' in message) this.#figures.take(worker, message.round, message.figures);
        else if ('ready' in message) {
          post.since = Date.now();
          this.#tell();
          resolve(message.ready);
        }
      });
      worker.once('exit', (code, signal) => {
        post.worker = undefined;
        this.#figures.without(worker);
        reject(new Error(`worker ${post.number} ended while starting (${signal ?? code})`));
      });
    });
  }

  /** Starts a worker again when it ends. */
  #watch(post: Post): void {
    if (!post.worker) this.#ended(post);
    else post.worker.once('exit', (code, signal) => this.#ended(post, signal ?? code));
  }

  #ended(post: Post, how?: string | number): void {
    if (this.#stopping) return;
    const { log, failed } = this.#options;
    const { fate, pauseMs } = afterEnd(post.fate, post.since && Date.now() - post.since);
    post.fate = fate;
    post.since = undefined;
    this.#tell();
    if (pauseMs === undefined) {
      log.fatal({ worker: post.number, how }, 'a worker ends whenever it is started; it is not started any more');
      if (this.#posts.every(({ worker, timer }) => !worker && !timer)) failed();
      return;
    }
    log.error({ worker: post.number, how, pauseMs }, 'a worker ended; it is started again');
    post.timer = setTimeout(() => {
      delete post.timer;
      this.#begin(post).then(
        () => log.info({ worker: post.number }, 'the worker serves again'),
        // Its end is dealt with where every end is.
        () => {},
      );
      this.#watch(post);
    }, pauseMs);
  }

  #serving(): Worker[] {
    return this.#posts.flatMap(({ worker, since }) => (worker && since ? [worker] : []));
  }

  #tell(): void {
    this.#options.changed(this.#serving().map(({ process }) => process.pid as number));
  }
}
