import { failure } from '../errors.ts';
import { checkTime } from '../pauses.ts';

/** Steps between two looks at the clock: a value that is looked at is one. */
const STEPS = 4096;

/** Making so many bytes takes long enough to look at the clock. */
const MANY = 64 * 1024;

/** The longest that filters and expressions may compute without a pause, in milliseconds: nobody else is answered meanwhile. */
const MAX_UNBROKEN = 5000;

/** What expressions may make without a pause, in bytes as `treeSize` counts them: more than the memory that it takes. */
const MAX_MADE = 256 * 1024 * 1024;

/** Guards what filters and expressions do: a single document can ask for more work, or more memory, than there is. */
export class Effort {
  private readonly deadline: number | undefined;
  private steps = 0;
  private since: number | undefined;
  private made = 0;
  private awaitsPause = false;

  /** @param deadline when the command has to be finished, on the clock of `performance` */
  constructor(deadline: number | undefined) {
    this.deadline = deadline;
  }

  /**
   * Counts steps of a loop.
   * @throws CommandError 50 after the deadline, 262 after too long without a pause
   */
  step(count = 1): void {
    this.steps += count;
    if (this.steps < STEPS) return;
    this.steps = 0;
    checkTime(this.deadline);
    const now = performance.now();
    if (this.since === undefined) {
      this.since = now;
      this.awaitPause();
    } else if (now - this.since > MAX_UNBROKEN)
      throw failure(262, 'a filter or an expression took too long for one document');
  }

  /**
   * Counts what is about to be made, in bytes. Arrays and texts that are made of one another double at each operator.
   * @throws CommandError 146 when it is too much, 50 after the deadline
   */
  make(bytes: number): void {
    this.made += bytes;
    this.awaitPause();
    if (bytes >= MANY) checkTime(this.deadline);
    if (this.made <= MAX_MADE) return;
    throw failure(
      146,
      `expressions made more than ${MAX_MADE} bytes for one document: their arrays, texts or documents are too large`,
    );
  }

  /** Begins with another document, where nothing is kept of what was made for the last one. */
  restart(): void {
    this.made = 0;
  }

  private awaitPause(): void {
    if (this.awaitsPause) return;
    this.awaitsPause = true;
    setImmediate(() => {
      this.awaitsPause = false;
      this.since = undefined;
      this.made = 0;
    });
  }
}

/** Whether some element fulfils a test. */
export function someOf(
  list: readonly unknown[],
  test: (value: unknown) => boolean,
  effort: Effort | undefined,
): boolean {
  for (const each of list) {
    effort?.step();
    if (test(each)) return true;
  }
  return false;
}
