/** A stretch of media seconds. */
export type Stretch = [number, number];

/** Media seconds that two measurements may lie apart while playing; more is a jump. */
const LARGEST_STEP = 3;

/**
 * Which media was really played: followed from one measurement to the next, so that a jump, a stall or a pause ends the
 * stretch instead of filling it.
 */
export class PlayedStretches {
  #done: Stretch[] = [];
  #open: Stretch | undefined;

  /** The media is at `at` and runs. */
  advance(at: number): void {
    const open = this.#open;
    if (open && at >= open[1] && at - open[1] <= LARGEST_STEP) {
      open[1] = at;
      return;
    }
    this.close();
    this.#open = [at, at];
  }

  /** The media stands, waits or jumps: what follows is a new stretch. */
  close(): void {
    if (this.#open && this.#open[1] > this.#open[0]) this.#done.push(this.#open);
    this.#open = undefined;
  }

  /** Everything since the last call; a stretch that is still running goes on from its end. */
  take(): Stretch[] {
    const running = this.#open;
    this.close();
    const taken = this.#done.map(([from, to]): Stretch => [round(from), round(to)]).filter(([from, to]) => to > from);
    this.#done = [];
    if (running) this.#open = [running[1], running[1]];
    return taken;
  }
}

const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
