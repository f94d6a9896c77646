import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Suite } from 'mocha';
import { type RunningEngine, startEngine } from './engine.ts';

/** Skips the tests of a suite where there is no strace. To be called in its `before`. */
export function needTracer(context: Mocha.Context): void {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
  } catch {
    const suite = context.test?.parent as Suite;
    for (const test of suite.tests) test.title += ' (needs strace: apt-get install strace)';
    context.skip();
  }
}

export interface TracedEngine extends RunningEngine {
  /** Everything that was traced until now. */
  trace(): string;
  /** Syncs of files that have ended so far, well. */
  syncs(): number;
  /** Ends the engine itself, not its tracer, as `kill -9` does. */
  kill(): Promise<void>;
}

/**
 * Starts an engine under strace.
 * @param folder holds the data folder `db` and the trace
 * @param options of strace: which calls to trace, and what to inject into them
 */
export async function startTraced(folder: string, options: readonly string[]): Promise<TracedEngine> {
  const file = join(folder, 'trace');
  const path = join(folder, 'db');
  const engine = await startEngine(path, { wrapper: ['strace', '-f', ...options, '-o', file] });
  const trace = () => readFileSync(file, 'utf8');
  return {
    ...engine,
    trace,
    syncs: () => trace().match(/(fdatasync|fsync).*= 0/g)?.length ?? 0,
    kill: async () => {
      const ended = new Promise((resolve) => engine.process.once('exit', resolve));
      process.kill(Number.parseInt(readFileSync(join(path, 'mongod.lock'), 'utf8'), 10), 'SIGKILL');
      await ended;
    },
  };
}
