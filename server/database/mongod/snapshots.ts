import type { Timestamp } from 'bson';
import { failure } from './errors.ts';
import { Overlay } from './storage/overlay.ts';
import type { Store } from './storage/store.ts';

/** How long a state stays readable after it was asked for, in milliseconds. */
const LIFETIME = 60_000;
const MAX_STATES = 32;

/** States of the past that snapshot sessions go on reading. */
export class Snapshots {
  private readonly states = new Map<string, { view: Overlay; at: number }>();

  /** The state now, under its time. */
  take(store: Store, time: Timestamp): Overlay {
    const known = this.states.get(String(time));
    if (known !== undefined) return known.view;
    const view = new Overlay(store.snapshot());
    this.states.set(String(time), { view, at: Date.now() });
    if (this.states.size > MAX_STATES) this.drop(this.states.keys().next().value as string);
    return view;
  }

  at(time: Timestamp): Overlay {
    const known = this.states.get(String(time));
    if (known === undefined) throw failure(239, 'Read timestamp is older than the oldest available timestamp');
    known.at = Date.now();
    return known.view;
  }

  expire(now = Date.now()): void {
    for (const [time, { at }] of this.states) if (now - at > LIFETIME) this.drop(time);
  }

  private drop(time: string): void {
    this.states.get(time)?.view.release();
    this.states.delete(time);
  }
}
