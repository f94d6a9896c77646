import { statfs } from 'node:fs/promises';
import type { Logger } from 'pino';

/** `off`: not configured; `unknown`: the system does not say. */
type State = 'ok' | 'failing' | 'late' | 'low' | 'full' | 'off' | 'unknown';

interface Part {
  state: State;
  detail?: number;
}

interface HealthReport {
  /** Whether nothing wants the operator's hand. */
  ok: boolean;
  /** Whether people can be served. */
  ready: boolean;
  parts: Record<'database' | 'redis' | 'jobs' | 'disk' | 'outbox', Part>;
}

interface Space {
  blocks: number;
  bavail: number;
  bsize: number;
}

export interface HealthDeps {
  log: Logger;
  dataDir: string;
  /** Answers when the database does. */
  pingDatabase(): Promise<unknown>;
  /** Whether the line to other platforms stands; undefined where none is configured. */
  isJoined(): boolean | undefined;
  /** Whether a job should have run this many milliseconds ago and has not. */
  jobsLate(ms: number): Promise<boolean>;
  /** Whether a fact waits that should have been handed over this many milliseconds ago. */
  outboxLate(ms: number): Promise<boolean>;
  outboxWaiting(): Promise<number>;
  space?: (folder: string) => Promise<Space>;
}

/** Free bytes of the data folder below which the operator is told, and below which nothing is written (the built-in engine's). */
const lowBytes = 2 ** 30;
const fullBytes = 128 * 2 ** 20;
const lateMs = 120_000;
/** A part that has not answered after this time, in milliseconds, is failing. */
const patienceMs = 2_000;
/** Whoever asks again within this time, in milliseconds, gets the same answer: the address is open to everybody. */
const freshMs = 1_000;
const good: readonly State[] = ['ok', 'off', 'unknown'];

/** What the platform stands on, each part with its state; it names nobody and no address. */
export class Health {
  readonly #deps: HealthDeps;
  #last: { at: number; report: Promise<HealthReport> } | undefined;
  #known: Partial<Record<string, State>> = {};

  constructor(deps: HealthDeps) {
    this.#deps = deps;
  }

  report(): Promise<HealthReport> {
    if (!this.#last || Date.now() - this.#last.at > freshMs) this.#last = { at: Date.now(), report: this.#look() };
    return this.#last.report;
  }

  async #look(): Promise<HealthReport> {
    const { pingDatabase, isJoined, jobsLate, outboxLate, outboxWaiting, dataDir, space = statfs } = this.#deps;
    const joined = isJoined();
    const [database, jobs, outbox, disk] = await Promise.all([
      answered(async () => {
        await pingDatabase();
        return { state: 'ok' };
      }),
      answered(async () => ({ state: (await jobsLate(lateMs)) ? 'late' : 'ok' })),
      answered(async () => ({ state: (await outboxLate(lateMs)) ? 'late' : 'ok', detail: await outboxWaiting() })),
      answered(async () => diskState(await space(dataDir))),
    ]);
    const redis: Part = { state: joined === undefined ? 'off' : joined ? 'ok' : 'failing' };
    const parts = { database, redis, jobs, disk, outbox };
    this.#tell(parts);
    return { ok: Object.values(parts).every(isGood), ready: database.state === 'ok', parts };
  }

  /** Logs what has changed since the last look. */
  #tell(parts: HealthReport['parts']): void {
    for (const [part, { state }] of Object.entries(parts)) {
      const before = this.#known[part] ?? 'ok';
      this.#known[part] = state;
      if (state === before || (isGood({ state }) && isGood({ state: before }))) continue;
      if (isGood({ state })) this.#deps.log.info({ part, state }, 'health');
      else this.#deps.log.error({ part, state }, 'health: this wants the operator');
    }
  }
}

export const isGood = ({ state }: Part): boolean => good.includes(state);

/** Some file systems report no blocks at all: nothing is known of those. */
export function diskState({ blocks, bavail, bsize }: Space): Part {
  const free = bavail * bsize;
  const state = blocks === 0 ? 'unknown' : free < fullBytes ? 'full' : free < lowBytes ? 'low' : 'ok';
  return { state, detail: Math.floor(free / 2 ** 20) };
}

async function answered(look: () => Promise<Part>): Promise<Part> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Part>((resolve) => {
    timer = setTimeout(() => resolve({ state: 'failing' }), patienceMs);
  });
  return Promise.race([look().catch((): Part => ({ state: 'failing' })), late]).finally(() => clearTimeout(timer));
}
