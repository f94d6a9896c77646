import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda } from 'agenda';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';

/** How long a stop waits for running jobs, in milliseconds; a process that is told to end has ten seconds (main.ts). */
const drainMs = 6_000;
const lookMs = 20;
/** Jobs that are looked at to see whether one is late: those without a time come first. */
const looksAt = 100;

/** Background and scheduled work, kept in the database so that it survives a restart. */
export class Jobs {
  readonly #agenda: Agenda;
  readonly #log: Logger;
  readonly #every: { name: string; interval: string }[] = [];
  readonly names: string[] = [];
  /** Job → runs of this process that failed. */
  readonly failed = new Map<string, number>();

  constructor({ connection, log }: { connection: Connection; log: Logger }) {
    this.#log = log;
    this.#agenda = new Agenda({
      // biome-ignore lint/suspicious/noExplicitAny: mongoose's driver and the backend's are the same package
      backend: new MongoBackend({ mongo: connection.db as any, collection: 'jobs' }),
      processEvery: '1 second',
      defaultConcurrency: 2,
      removeOnComplete: true,
    });
    this.#agenda.on('fail', (error: Error, { attrs: { name } }: { attrs: { name: string } }) => {
      this.failed.set(name, (this.failed.get(name) ?? 0) + 1);
      log.error({ err: error, job: name }, 'job failed');
    });
    this.#agenda.on('error', (error: Error) => log.error({ err: error }, 'job queue'));
  }

  define<T extends object>(name: string, handler: (data: T) => Promise<void>, every?: string): void {
    this.names.push(name);
    this.#agenda.define(name, async (job) => handler(job.attrs.data as T));
    if (every) this.#every.push({ name, interval: every });
  }

  async now<T extends object>(name: string, data: T): Promise<void> {
    await this.#agenda.now(name, data);
  }

  async start(): Promise<void> {
    await this.#agenda.start();
    for (const { name, interval } of this.#every) {
      await this.#agenda.every(interval, name, {}, { timezone: 'Asia/Shanghai', skipImmediate: true });
    }
    this.#log.debug({ jobs: this.#every.length }, 'jobs started');
  }

  /** Waits for running jobs to end. What takes longer than a stop may is taken up again when its lock is over. */
  async stop(): Promise<void> {
    const none = new AbortController();
    // agenda 6.2 looks whether one still runs when one has ended, and counts that one: it would wait for the whole timeout.
    const looking = setInterval(async () => {
      if ((await this.#running()) === 0) none.abort();
    }, lookMs);
    const { timedOut, running } = await this.#agenda.drain({
      timeout: drainMs,
      signal: none.signal,
      closeConnection: false,
    });
    clearInterval(looking);
    if (timedOut) this.#log.warn({ running }, 'jobs still run; they are taken up again when their locks are over');
  }

  /** How many jobs run in this process; 0 once agenda has ended. */
  async #running(): Promise<number> {
    const status = await this.#agenda.getRunningStats().catch(() => undefined);
    return Number(status?.runningJobs ?? 0);
  }

  /** Whether a job that nobody runs should have begun this many milliseconds ago. */
  async isLate(ms: number): Promise<boolean> {
    const { jobs } = await this.#agenda.queryJobs({ sort: { nextRunAt: 'asc' }, limit: looksAt });
    const due = Date.now() - ms;
    return jobs.some(({ nextRunAt, lockedAt }) => nextRunAt && !lockedAt && nextRunAt.getTime() < due);
  }

  /** Jobs as the operator sees them, newest run first. */
  async list(page: { skip: number; limit: number }) {
    return this.#agenda.queryJobs({ sort: { lastRunAt: 'desc' }, ...page });
  }
}
