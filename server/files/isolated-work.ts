import { Worker } from 'node:worker_threads';
import type { IsolatedAnswer } from './isolated-entry.ts';

/** What one piece of work may cost. */
export interface WorkLimits {
  /** Time from its beginning to its answer. */
  milliseconds: number;
  /** JavaScript heap of its thread; memory of buffers is bounded by the work itself. */
  heapMegabytes: number;
}

/** The work took more time or memory than it may; its thread was ended. */
export class CostsTooMuch extends Error {
  readonly what: 'time' | 'memory';

  constructor(what: 'time' | 'memory') {
    super(`work in a thread took too much ${what}`);
    this.what = what;
  }
}

interface Task<Input, Output> {
  input: Input;
  resolve(output: Output): void;
  reject(error: unknown): void;
}

/** Pieces of work that run side by side; more wait for their turn. */
const MAX_THREADS = 2;
/** A thread that nobody needs ends after this time. */
const IDLE_MS = 60_000;

/**
 * Runs the function `work` of a module in threads of its own, so that what a stranger sent costs a bounded time and memory
 * and keeps nobody else waiting. Threads begin with the first task and are used again, unless a task failed in one.
 */
export class IsolatedWork<Input, Output> {
  readonly #module: URL;
  readonly #limits: WorkLimits;
  readonly #waiting: Task<Input, Output>[] = [];
  readonly #idle = new Map<Worker, NodeJS.Timeout>();
  readonly #busy = new Map<Worker, { task: Task<Input, Output>; outOfTime: NodeJS.Timeout }>();

  /** @param module exports `work(input)`; input and output are copied (structured clone) */
  constructor(module: URL, limits: WorkLimits) {
    this.#module = module;
    this.#limits = limits;
  }

  /** @throws CostsTooMuch, or what the work threw as an Error with its message */
  run(input: Input): Promise<Output> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      this.#next();
    });
  }

  /** Ends all threads; work under way fails. */
  async stop(): Promise<void> {
    for (const timer of this.#idle.values()) clearTimeout(timer);
    const threads = [...this.#idle.keys(), ...this.#busy.keys()];
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  #next(): void {
    if (this.#busy.size >= MAX_THREADS) return;
    const task = this.#waiting.shift();
    if (!task) return;
    const [[idle, ending] = []] = this.#idle;
    clearTimeout(ending);
    const thread = idle ?? this.#start();
    this.#idle.delete(thread);
    const outOfTime = setTimeout(() => this.#fail(thread, new CostsTooMuch('time')), this.#limits.milliseconds);
    this.#busy.set(thread, { task, outOfTime });
    thread.postMessage(task.input);
  }

  #answer(thread: Worker, answer: IsolatedAnswer<Output>): void {
    if (!('output' in answer)) {
      this.#fail(thread, new Error(answer.error));
      return;
    }
    this.#free(thread)?.resolve(answer.output);
    const end = () => {
      this.#idle.delete(thread);
      void thread.terminate();
    };
    this.#idle.set(thread, setTimeout(end, IDLE_MS).unref());
    this.#next();
  }

  /** A thread in which something went wrong is not used again: it may still be at work. */
  #fail(thread: Worker, error: unknown): void {
    clearTimeout(this.#idle.get(thread));
    this.#idle.delete(thread);
    this.#free(thread)?.reject(error);
    void thread.terminate();
    this.#next();
  }

  #free(thread: Worker): Task<Input, Output> | undefined {
    const work = this.#busy.get(thread);
    clearTimeout(work?.outOfTime);
    this.#busy.delete(thread);
    return work?.task;
  }

  #start(): Worker {
    // A thread does not inherit the loader of TypeScript, so that it has to begin with it.
    const begin = `import { register } from '${import.meta.resolve('tsx/esm/api')}'; register();
      await import('${new URL('./isolated-entry.ts', import.meta.url)}');`;
    const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(begin)}`), {
      execArgv: [],
      workerData: { module: this.#module.href },
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.heapMegabytes },
      // What parsers print about somebody's file belongs into nobody's log.
      stdout: true,
      stderr: true,
    });
    thread.stdout.resume();
    thread.stderr.resume();
    thread.unref();
    thread.on('message', (answer: IsolatedAnswer<Output>) => this.#answer(thread, answer));
    thread.on('error', (error: NodeJS.ErrnoException) =>
      this.#fail(thread, error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new CostsTooMuch('memory') : error),
    );
    thread.on('exit', () => this.#fail(thread, new Error('the thread ended')));
    return thread;
  }
}
