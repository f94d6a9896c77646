import type { Reason } from './watch-rules.ts';
import type { Uncredited } from './watch-time.ts';

/** What beats were worth: how many were taken and refused, and the seconds that were credited and not. */
export class BeatCounters {
  accepted = 0;
  /** Whole seconds, as durable as the commit that they were counted after. */
  credited = 0;
  /** Beats refused as a whole. */
  readonly refused = new Map<Reason, number>();
  /** Media seconds of accepted beats. */
  readonly uncredited = new Map<Reason, number>();

  accept({ credited, uncredited }: { credited: number; uncredited: readonly Uncredited[] }): void {
    this.accepted += 1;
    this.credited += credited;
    for (const { reason, seconds } of uncredited) more(this.uncredited, reason, seconds);
  }

  refuse(reason: Reason, beats = 1): void {
    more(this.refused, reason, beats);
  }

  /** Takes over what one report counted, once it is durable. */
  add({ accepted, credited, refused, uncredited }: BeatCounters): void {
    this.accepted += accepted;
    this.credited += credited;
    for (const [reason, beats] of refused) more(this.refused, reason, beats);
    for (const [reason, seconds] of uncredited) more(this.uncredited, reason, seconds);
  }

  get refusedInAll(): number {
    return [...this.refused.values()].reduce((sum, count) => sum + count, 0);
  }
}

function more(counts: Map<Reason, number>, reason: Reason, by: number): void {
  counts.set(reason, (counts.get(reason) ?? 0) + by);
}
