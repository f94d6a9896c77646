import { CommandError } from '../errors.ts';

/** How many values are looked at between two looks at the clock. */
const STEP = 4096;

/** The longest time that the test or the change of one document may take, in milliseconds: nobody else is served meanwhile. */
const MAX_TIME = 5000;

/** What one document costs, so that a filter that compares much with much ends in time. */
export class Effort {
  private steps = 0;
  private started = 0;
  private readonly remaining: () => number;

  /** @param remaining the time that the command has left, in milliseconds */
  constructor(remaining: () => number) {
    this.remaining = remaining;
  }

  /** Begins with another document. */
  restart(): void {
    this.steps = 0;
  }

  /** Counts a value that is looked at. @throws CommandError 50 when the time is over */
  step(): void {
    if (++this.steps % STEP === 0) this.look();
  }

  private look(): void {
    const now = performance.now();
    if (this.steps === STEP) this.started = now;
    if (this.remaining() > 0 && now - this.started < MAX_TIME) return;
    throw new CommandError(50, 'MaxTimeMSExpired', 'operation exceeded time limit');
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
