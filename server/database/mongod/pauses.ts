import { failure } from './errors.ts';

/**
 * What a long computation yields: a result, or undefined for a pause: it has worked for a while without one. Whoever drives
 * the computation may let others have their turn there; within a group of writes nobody may, and pauses are left out.
 */
export type Step<T> = T | undefined;

/** Documents looked at between two pauses. */
const DOCUMENTS = 32;
/** Bytes looked at between two pauses. */
const BYTES = 128 * 1024;

/** Counts what a computation has looked at, and says when a pause is due. */
export class Pace {
  private documents = 0;
  private bytes = 0;

  isDue(bytes = 0): boolean {
    this.bytes += bytes;
    if (++this.documents < DOCUMENTS && this.bytes < BYTES) return false;
    this.documents = 0;
    this.bytes = 0;
    return true;
  }
}

/** The results without the pauses, for whoever may not pause. */
export function* withoutPauses<T>(steps: Iterable<Step<T>>): Generator<T> {
  for (const step of steps) if (step !== undefined) yield step;
}

/** How long a computation keeps everybody else waiting at a time, in milliseconds. */
const SLICE = 5;

/** What ends a computation early. */
export interface Limits {
  /** When it has to be finished, on the clock of `performance`. */
  deadline?: number | undefined;
  /** The connection of the client that waits for it. */
  connection?: { gone?: boolean } | undefined;
  /** Somebody has asked to end it. */
  killed?: boolean;
}

/** Lets long computations take turns: between any two of their slices everything that has arrived is answered. */
export class Scheduler {
  private readonly waiting: (() => void)[] = [];

  /** Resolves at this computation's next turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (this.waiting.length === 1) setImmediate(this.run);
    });
  }

  private readonly run = (): void => {
    this.waiting.shift()?.();
    if (this.waiting.length > 0) setImmediate(this.run);
  };
}

/** The slices of one computation. */
export class Slices {
  private readonly scheduler: Scheduler;
  private readonly limits: Limits;
  private end: number;

  constructor(scheduler: Scheduler, limits: Limits = {}) {
    this.scheduler = scheduler;
    this.limits = limits;
    this.end = performance.now() + SLICE;
  }

  /**
   * Whether the slice is used up, so that `pause` must be awaited before going on.
   * @throws CommandError 50 when the time of the computation is over
   */
  get isOver(): boolean {
    checkTime(this.limits.deadline);
    return performance.now() > this.end;
  }

  /** @throws CommandError when the computation has become pointless meanwhile */
  async pause(): Promise<void> {
    await this.scheduler.next();
    if (this.limits.killed) throw failure(237, 'cursor was killed');
    if (this.limits.connection?.gone) throw failure(279, 'client disconnected');
    this.end = performance.now() + SLICE;
  }
}

/** Runs a computation to its end, in slices. */
export async function eachResult<T>(
  steps: Iterable<Step<T>>,
  slices: Slices,
  visit: (result: T) => void,
): Promise<void> {
  for (const step of steps) {
    if (step !== undefined) visit(step);
    else if (slices.isOver) await slices.pause();
  }
}

/** Runs a computation that yields nothing but pauses, and has a result. */
export async function resultOf<T>(steps: Generator<undefined, T>, slices: Slices): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (slices.isOver) await slices.pause();
  }
}

/** @throws CommandError 50 after the deadline, on the clock of `performance` */
export function checkTime(deadline: number | undefined): void {
  if (deadline !== undefined && performance.now() > deadline) throw timeIsOver();
}

/** Waits for something until the deadline. @throws CommandError 50 when that comes first */
export async function beforeDeadline<T>(event: Promise<T>, deadline: number | undefined): Promise<T> {
  if (deadline === undefined) return event;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(timeIsOver()), Math.max(0, deadline - performance.now()));
  });
  return Promise.race([event, over]).finally(() => clearTimeout(timer));
}

/** The error of a command whose time is over. */
export const timeIsOver = () => failure(50, 'operation exceeded time limit');
