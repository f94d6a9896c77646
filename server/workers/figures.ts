import type { Worker } from 'node:cluster';
import type { Figures, ToWorker } from './seat.ts';

/** How long a worker may take to give its figures; the others' are given without them. Milliseconds. */
const patienceMs = 2_000;

interface Round {
  missing: Set<Worker>;
  figures: Figures[];
  done(): void;
}

/** The primary's part of `/metrics`: whichever worker is asked answers for all. */
export class GatheredFigures {
  readonly #serving: () => Worker[];
  readonly #rounds = new Map<number, Round>();
  #latest = 0;

  constructor(serving: () => Worker[]) {
    this.#serving = serving;
  }

  /** Asks every worker that serves, and hands the answers to the one that wants them. */
  gather(asker: Worker, wanted: number): void {
    this.#latest += 1;
    const number = this.#latest;
    const missing = new Set(this.#serving());
    const figures: Figures[] = [];
    const done = () => {
      clearTimeout(late);
      this.#rounds.delete(number);
      tell(asker, { wanted, figuresOfAll: figures });
    };
    const late = setTimeout(done, patienceMs);
    this.#rounds.set(number, { missing, figures, done });
    for (const worker of missing) tell(worker, { giveFigures: number });
  }

  take(worker: Worker, number: number, figures: Figures): void {
    const round = this.#rounds.get(number);
    if (!round?.missing.delete(worker)) return;
    round.figures.push(figures);
    if (round.missing.size === 0) round.done();
  }

  /** A worker that ended gives nothing any more. */
  without(worker: Worker): void {
    for (const round of this.#rounds.values()) {
      if (round.missing.delete(worker) && round.missing.size === 0) round.done();
    }
  }
}

/** A worker that ended meanwhile needs no answer. */
function tell(worker: Worker, message: ToWorker): void {
  worker.send(message, undefined, undefined, () => {});
}
