import { Pace, type Step } from '../pauses.ts';

/** How items are ordered, and who is told of those that are held. */
export interface Sorting<T> {
  order(a: T, b: T): number;
  /** Called for each item that is held, with -1 when it is let go. */
  hold(item: T, sign: 1 | -1): void;
}

/** A run that is sorted without a pause: about 1 ms. */
const RUN = 1024;
/** As many of the first as are kept apart from all others. */
const MAX_BEST = 2 * RUN;

/** Keeps the first of all items in an order, equal ones as they came: of n items, k at a time, in n log k comparisons. */
class Best<T> {
  private readonly kept: T[] = [];
  private readonly most: number;
  private readonly enough: number;
  private readonly sorting: Sorting<T>;
  /** The last of the items wanted so far; none behind it is needed. */
  private last: T | undefined;

  constructor(most: number, sorting: Sorting<T>) {
    this.most = most;
    this.enough = 2 * most + 16;
    this.sorting = sorting;
  }

  add(item: T): void {
    const { kept, last } = this;
    if (last !== undefined && this.sorting.order(item, last) >= 0) return;
    this.sorting.hold(item, 1);
    kept.push(item);
    if (kept.length >= this.enough) this.shorten();
  }

  private shorten(): void {
    const { kept, most, sorting } = this;
    kept.sort(sorting.order);
    for (const item of kept.splice(most)) sorting.hold(item, -1);
    if (kept.length === most) this.last = kept.at(-1);
  }

  items(): T[] {
    this.shorten();
    return this.kept;
  }
}

/** Sorts what a computation yields, stably, in n log n comparisons and with pauses. `most` is how many of the first are wanted. */
export function* sorted<T>(
  items: Iterable<Step<T>>,
  sorting: Sorting<T>,
  most = Number.POSITIVE_INFINITY,
): Generator<Step<T>> {
  const steps = most <= MAX_BEST ? best(items, sorting, most) : all(items, sorting);
  let taken = 0;
  for (const item of steps) {
    if (item !== undefined) {
      if (taken++ >= most) return;
      sorting.hold(item, -1);
    }
    yield item;
  }
}

function* best<T>(items: Iterable<Step<T>>, sorting: Sorting<T>, most: number): Generator<Step<T>> {
  const kept = new Best(most, sorting);
  for (const item of items) {
    if (item === undefined) yield undefined;
    else kept.add(item);
  }
  yield* kept.items();
}

/** Sorts runs, and merges each with the one before it as soon as that is no longer. */
function* all<T>(items: Iterable<Step<T>>, { order, hold }: Sorting<T>): Generator<Step<T>> {
  const runs: T[][] = [];
  let run: T[] = [];
  for (const item of items) {
    if (item === undefined) {
      yield undefined;
      continue;
    }
    hold(item, 1);
    run.push(item);
    if (run.length < RUN) continue;
    runs.push(run.sort(order));
    run = [];
    yield undefined;
    while (runs.length > 1 && lengthAt(runs, -1) >= lengthAt(runs, -2)) yield* mergeLast(runs, order);
  }
  runs.push(run.sort(order));
  while (runs.length > 1) yield* mergeLast(runs, order);
  const pace = new Pace();
  for (const item of runs[0] as T[]) {
    yield item;
    if (pace.isDue()) yield undefined;
  }
}

const lengthAt = (runs: unknown[][], at: number): number => (runs.at(at) as unknown[]).length;

function* mergeLast<T>(runs: T[][], order: (a: T, b: T) => number): Generator<undefined> {
  const second = runs.pop() as T[];
  const first = runs.pop() as T[];
  const merged: T[] = [];
  const pace = new Pace();
  let a = 0;
  let b = 0;
  while (a < first.length || b < second.length) {
    if (b >= second.length || (a < first.length && order(first[a] as T, second[b] as T) <= 0))
      merged.push(first[a++] as T);
    else merged.push(second[b++] as T);
    if (pace.isDue()) yield undefined;
  }
  runs.push(merged);
}
