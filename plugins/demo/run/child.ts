import { type ChildProcess, fork } from 'node:child_process';
import { appendFileSync, closeSync, openSync } from 'node:fs';

export interface ChildOptions {
  name: string;
  /** Entry file, run by tsx as in production. */
  file: string;
  /** Asked for at each start, as a child that is started again keeps the address that it was given the first time. */
  args?(): string[];
  env(): Record<string, string | undefined>;
  /** Where its output goes. */
  logFile: string;
  onMessage?(message: unknown): void;
  /** It may end by itself, with exit code 0, when it has nothing left to do. */
  mayEnd?: boolean;
  /** Called when it has ended unexpectedly and was started again, or was given up. */
  onRestart?(why: string): void;
  onGivenUp?(why: string): void;
}

export interface Child {
  /** The process id at the moment. */
  readonly pid: number | undefined;
  /** Asks it to end, and makes it after `patienceMs`. Resolves when it is gone. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** So many unexpected ends within a minute, and a child is given up. */
const MOST_RESTARTS = 5;
const WITHIN_MS = 60_000;
const PATIENCE_MS = 12_000;

/**
 * Runs a child in a process group of its own, so that Ctrl-C reaches only the manager, and starts it again when it dies.
 * A child ends by itself when the connection to the manager is gone.
 */
export function startChild(options: ChildOptions): Child {
  const ends: number[] = [];
  let stopping = false;
  let current: ChildProcess;

  const start = () => {
    const output = openSync(options.logFile, 'a');
    current = fork(options.file, options.args?.() ?? [], {
      execArgv: ['--import', 'tsx/esm'],
      env: options.env() as NodeJS.ProcessEnv,
      stdio: ['ignore', output, output, 'ipc'],
      detached: true,
    });
    closeSync(output);
    current.on('message', (message) => options.onMessage?.(message));
    current.once('exit', ended);
  };

  const ended = (code: number | null, signal: string | null) => {
    if (stopping || (options.mayEnd && code === 0)) return;
    const why = `${options.name} ended unexpectedly (${signal ?? `exit code ${code}`})`;
    appendFileSync(options.logFile, `${why}\n`);
    const now = Date.now();
    ends.push(now);
    const recent = ends.filter((at) => now - at < WITHIN_MS).length;
    if (recent > MOST_RESTARTS) return options.onGivenUp?.(why);
    options.onRestart?.(why);
    // A child that dies at once should not keep the machine busy.
    setTimeout(() => {
      if (!stopping) start();
    }, 300 * recent);
  };

  start();
  return {
    get pid() {
      return current.pid;
    },
    async stop() {
      stopping = true;
      if (current.exitCode !== null || current.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => current.once('exit', () => resolve()));
      current.kill('SIGTERM');
      const late = setTimeout(() => current.kill('SIGKILL'), PATIENCE_MS);
      await gone;
      clearTimeout(late);
    },
    kill() {
      stopping = true;
      current.kill('SIGKILL');
    },
  };
}
