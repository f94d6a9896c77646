import { timeIsOver } from '../pauses.ts';

/** The most ranges that all plans of a request may have together, those of the branches of an $or among them. */
const MAX_RANGES = 16_000;

/** The most keys that are counted for a request: about 15 ms. */
const MAX_COUNTED = 200_000;

/** Finding a range takes as long as counting so many keys in it. */
const KEYS_OF_RANGE = 100;

/** What choosing a plan may cost, whatever the filter: nobody else is answered meanwhile. */
export class Planning {
  /** How many ranges may still be made. */
  rangesLeft = MAX_RANGES;
  private keysLeft = MAX_COUNTED;
  private readonly remaining: (() => number) | undefined;

  /** @param remaining the time that the command has left, in milliseconds */
  constructor(remaining: (() => number) | undefined) {
    this.remaining = remaining;
  }

  /** Whether keys may still be counted. */
  get mayCount(): boolean {
    return this.keysLeft > 0;
  }

  /** Notes that ranges were made. @throws CommandError 50 when the time is over */
  addRanges(count: number): void {
    this.rangesLeft -= count;
    this.look();
  }

  /** Notes that the keys of a range were counted. @throws CommandError 50 when the time is over */
  addCounted(keys: number): void {
    this.keysLeft -= keys + KEYS_OF_RANGE;
    this.look();
  }

  private look(): void {
    if (this.remaining !== undefined && this.remaining() <= 0) throw timeIsOver();
  }
}
