import type { Timestamp } from 'bson';
import { failure } from './errors.ts';
import { Overlay } from './storage/overlay.ts';
import type { Store } from './storage/store.ts';

/** How long a state stays readable after it was asked for, in milliseconds. */
const KEPT = 60_000;
const MOST = 32;

/** States of the past that snapshot sessions go on reading. */
export class Snapshots {
  private readonly kept = new Map<string, { view: Overlay; at: number }>();

  /** The state now, under its time. */
  take(store: Store, time: Timestamp): Overlay {
    const known = this.kept.get(String(time));
    if (known !== undefined) return known.view;
    const view = new Overlay(store.snapshot());
    this.kept.set(String(time), { view, at: Date.now() });
    if (this.kept.size > MOST) this.drop(this.kept.keys().next().value as string);
    return view;
  }

  at(time: Timestamp): Overlay {
    const known = this.kept.get(String(time));
    if (known === undefined) throw failure(239, 'Read timestamp is older than the oldest available timestamp');
    known.at = Date.now();
    return known.view;
  }

  expire(now = Date.now()): void {
    for (const [time, { at }] of this.kept) if (now - at > KEPT) this.drop(time);
  }

  private drop(time: string): void {
    this.kept.get(time)?.view.release();
    this.kept.delete(time);
  }
}
