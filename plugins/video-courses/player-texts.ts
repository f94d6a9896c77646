const keys = [
  'saving',
  'saved',
  'buffering',
  'noPicture',
  'offline',
  'signedOut',
  'checkRetrying',
  'wentBack',
  'leaseOver',
  'stillKept',
  'replayed',
  'resent',
  'seekLocked',
  'rateLocked',
  'takenOver',
  'ended',
  'outsideTerm',
  'startFailed',
  'checkMissed',
  'checkLeft',
  'checkTitle',
  'complete',
  'secondsLeft',
  'elsewhere',
] as const;

export type PlayerText = Record<(typeof keys)[number], string> & { reasons: Record<string, string> };

const reasons = [
  'outside-term',
  'presence-open',
  'presence-missed',
  'gap',
  'too-fast',
  'seek-ahead',
  'no-picture',
  'already-credited',
  'daily-cap',
] as const;

/** What the player may have to say, with %n for what it fills in. */
export function playerTexts(t: (key: string, params?: Record<string, unknown>) => string): PlayerText {
  const said = keys.map((key) => [key, t(`player.${key}`, { n: '%n' })]);
  const why = reasons.map((reason) => [reason, t(`reasons.${reason}`)]);
  return { ...Object.fromEntries(said), reasons: Object.fromEntries(why) };
}
