/** The numbers of crediting. A programme may change each of them; the names say the unit. */
export interface WatchRules {
  /** How often a player reports. Unused time carries over up to one interval, which evens out jitter. */
  beatSeconds: number;
  /** The most time a single beat can account for: a longer silence closes the interval. */
  gapSeconds: number;
  /** How much unreported time stays open for beats that were kept without a network. */
  leaseSeconds: number;
  /** Media seconds per second that new material can earn. */
  speed: number;
  /** The fastest playback that material credited before is expected to have. */
  seenSpeed: number;
  /** Seconds credited per Beijing day and programme. */
  dailyCapSeconds: number;
  /** Whether a first viewing may not skip. */
  seekLock: boolean;
  /** How far past the furthest point a stretch may start, for key frames and rounding. */
  seekToleranceSeconds: number;
  /** Coverage at which a lesson is complete. */
  completePercent: number;
  presence: PresenceRules;
  appeals: AppealRules;
}

interface AppealRules {
  /** Seconds that moderators may grant to one enrolment on appeals, in all. */
  limitSeconds: number;
  /** Days after which time that was not credited can no longer be appealed. */
  withinDays: number;
}

export interface PresenceRules {
  minSeconds: number;
  maxSeconds: number;
  answerSeconds: number;
  /** How often the time to answer can be extended (WCAG 2.2, 2.2.1 asks for ten). It costs nothing: nothing is credited meanwhile. */
  extensions: number;
}

export const DEFAULT_WATCH_RULES: Readonly<WatchRules> = {
  beatSeconds: 5,
  gapSeconds: 15,
  leaseSeconds: 600,
  speed: 1,
  seenSpeed: 2,
  dailyCapSeconds: 8 * 3600,
  seekLock: true,
  seekToleranceSeconds: 2,
  completePercent: 90,
  presence: { minSeconds: 600, maxSeconds: 1200, answerSeconds: 120, extensions: 10 },
  appeals: { limitSeconds: 3600, withinDays: 14 },
};

/** Why seconds were not credited, or a beat was refused; each is a message key and a label in `/metrics`. */
export const reasons = [
  'token',
  'sequence',
  'malformed',
  'not-enrolled',
  'outside-term',
  'presence-open',
  'presence-missed',
  'gap',
  'too-fast',
  'seek-ahead',
  'beyond-length',
  'no-picture',
  'already-credited',
  'daily-cap',
  'too-many',
] as const;
export type Reason = (typeof reasons)[number];
