import type { Judgement } from './judging.ts';
import type { Reason } from './watch-rules.ts';

/** What beats were worth: how many were taken and refused, and the seconds that were credited and not. */
export class BeatCounters {
  accepted = 0;
  /** Whole seconds, as durable as the commit that they were counted after. */
  credited = 0;
  /** Beats refused as a whole. */
  readonly refused = new Map<Reason, number>();
  /** Media seconds of accepted beats. */
  readonly uncredited = new Map<Reason, number>();

  refuse(reason: Reason, beats = 1): void {
    more(this.refused, reason, beats);
  }

  /** Takes over what a report came to, once it is durable. */
  add({ accepted, credited, reasons, refused }: Omit<Judgement, 'live'>): void {
    this.accepted += accepted;
    this.credited += credited;
    for (const reason of refused) this.refuse(reason);
    for (const { reason, seconds } of reasons) more(this.uncredited, reason, seconds);
  }

  get refusedInAll(): number {
    return [...this.refused.values()].reduce((sum, count) => sum + count, 0);
  }
}

function more(counts: Map<Reason, number>, reason: Reason, by: number): void {
  counts.set(reason, (counts.get(reason) ?? 0) + by);
}
