import type { Reason } from './watch-rules.ts';

/** Beats since the start of this process: how many were taken, and how many refused for which reason. */
export class BeatCounters {
  accepted = 0;
  readonly refused = new Map<Reason, number>();

  refuse(reason: Reason): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }

  get refusedInAll(): number {
    return [...this.refused.values()].reduce((sum, count) => sum + count, 0);
  }
}
