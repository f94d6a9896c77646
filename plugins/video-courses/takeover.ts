import { type LivePlaying, type Superseded, supersededOf } from './live-playing.ts';
import type { WatchRules } from './watch-rules.ts';

/** Whether a player may be there, or come back with beats that it kept: another one does not take over unasked. */
export function mayStillEarn({ ended, playing }: LivePlaying, { leaseSeconds }: WatchRules, now: number): boolean {
  return !ended && now - playing.lastAt < leaseSeconds * 1000;
}

/** The session as it stays for beats of it that are still under way: time from `now` on is another place's. */
export function supersededBy(live: LivePlaying, now: number): Superseded {
  return { ...supersededOf(live), playing: { ...live.playing, endedAt: now } };
}
