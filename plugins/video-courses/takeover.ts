import { type LivePlaying, type Superseded, supersededOf } from './live-playing.ts';
import type { WatchRules } from './watch-rules.ts';

/**
 * Whether somebody may be playing there, so that another place asks before it takes over. A playback whose reports have
 * stopped for longer than a gap is over; beats that it kept are credited nevertheless, up to the takeover.
 */
export function isPlaying({ ended, playing }: LivePlaying, { gapSeconds }: WatchRules, now: number): boolean {
  return !ended && Math.abs(now - playing.lastAt) < gapSeconds * 1000;
}

/** The session as it stays for beats of it that are still under way: time from `now` on is another place's. */
export function supersededBy(live: LivePlaying, now: number): Superseded {
  const playing = { ...live.playing, endedAt: live.playing.endedAt ?? now };
  return { ...supersededOf(live), playing };
}

/** Whether beats of an ended session may still be credited: it ended with the sign-in, not by its own word. */
export function mayStillReport({ ended, playing }: LivePlaying): boolean {
  return !ended || playing.endedAt !== undefined;
}
