import { createHash, createHmac, randomInt } from 'node:crypto';
import type { LivePlaying } from './live-playing.ts';
import { believedUntil } from './presence.ts';
import type { WatchRules } from './watch-rules.ts';

/** Between 0 and 1, from a source that nobody can guess. */
export const random = (): number => randomInt(2 ** 32) / 2 ** 32;

export const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** The one-time token of the check asked at `askedAt`: made anew for a player that missed the answer it came with. */
export function tokenOf(secret: string, askedAt: number): string {
  return createHmac('sha256', secret).update(`presence ${askedAt}`).digest('base64url').slice(0, 24);
}

/** The open check as a player needs it that shows it now, or undefined where none is open. */
export function checkOf(
  { secret, playing }: Pick<LivePlaying, 'secret' | 'playing'>,
  rules: WatchRules,
  now: number,
): { token: string; secondsLeft: number; extensionsLeft: number } | undefined {
  const { askedAt, extended = 0 } = playing.presence;
  const until = believedUntil(playing, rules);
  if (askedAt === undefined || until === undefined) return undefined;
  const { answerSeconds, extensions } = rules.presence;
  return {
    token: tokenOf(secret, askedAt),
    secondsLeft: Math.max(0, Math.min(answerSeconds, Math.ceil((until - now) / 1000))),
    extensionsLeft: Math.max(0, extensions - extended),
  };
}
