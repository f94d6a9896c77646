import { createHash, createHmac, randomInt } from 'node:crypto';
import type { LivePlaying } from './live-playing.ts';
import type { PresenceRules } from './watch-rules.ts';

/** Between 0 and 1, from a source that nobody can guess. */
export const random = (): number => randomInt(2 ** 32) / 2 ** 32;

export const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** The one-time token of the check asked at `askedAt`: made anew for a player that missed the answer it came with. */
export function tokenOf(secret: string, askedAt: number): string {
  return createHmac('sha256', secret).update(`presence ${askedAt}`).digest('base64url').slice(0, 24);
}

/** The open check as its player needs it, or undefined where none is open. */
export function checkOf(
  { secret, playing }: Pick<LivePlaying, 'secret' | 'playing'>,
  { extensions }: PresenceRules,
  now: number,
): { token: string; secondsLeft: number; extensionsLeft: number } | undefined {
  const { askedAt, deadline, extended = 0 } = playing.presence;
  if (askedAt === undefined || deadline === undefined) return undefined;
  return {
    token: tokenOf(secret, askedAt),
    secondsLeft: Math.max(0, Math.ceil((deadline - now) / 1000)),
    extensionsLeft: Math.max(0, extensions - extended),
  };
}
