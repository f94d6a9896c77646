import { z } from 'zod';

/** Zod would refuse the whole report for one bad number; here it passes as NaN. */
const number = z.number().catch(Number.NaN);
const id = z.string().min(1).max(120);

/** The numbers of a beat, which crediting looks at itself: to prove each of them twice cost as much as crediting does. */
const unproven = z.any().optional().meta({ type: 'number' }) as z.ZodType<number>;
const range = z
  .any()
  .refine((value) => Array.isArray(value) && value.length === 2)
  .meta({ type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 }) as z.ZodType<[number, number]>;

const beat = z.object({
  /** Rises by one with every beat of a session, from 1. */
  seq: unproven,
  /** Media seconds played since the last beat, in the order of playing. */
  ranges: z.array(range).max(500),
  rate: unproven,
  /** The player's clock, epoch ms. */
  sentAt: unproven.optional(),
  /** The player stopped on purpose. */
  final: z.boolean().optional(),
  /** False where the sound was played without its picture, as browsers do that lack the codec: nothing of it is credited. */
  picture: z.boolean().optional(),
});

/** Beats of one player in the order in which they were made; kept ones come together. */
export const reportBody = z.object({
  enrolment: id,
  lesson: id,
  token: id,
  /** Where the player stands, in media seconds. */
  position: number.optional(),
  /** The page goes away: the session ends with this report. */
  leaving: z.boolean().optional(),
  beats: z.array(beat).max(240),
});

export const startBody = z.object({
  lesson: id,
  /** Takes over from another device or tab where something is playing. */
  takeover: z.boolean().optional(),
  /** Token of the session that this page continues, for example after a reload. */
  resume: id.optional(),
  sentAt: z.number().optional(),
});

export const answerBody = z.object({
  token: id,
  presence: id,
  /** How long the question had been shown, or had its full time again, when it was answered, ms. */
  shownMs: number.optional(),
  /** The player's clock when it was answered and when this is sent, epoch ms: an answer may have waited for the network. */
  answeredAt: number.optional(),
  sentAt: number.optional(),
});
export const extendBody = z.object({ token: id });

const seconds = z.number();

/** A player's standing after whatever it reported. Times in seconds, ranges flat. */
const standing = z.object({
  credited: seconds.int(),
  covered: z.array(seconds),
  played: z.array(seconds),
  furthest: seconds,
  position: seconds,
  complete: z.boolean(),
  dayCredited: seconds.int(),
  dayCap: seconds.int(),
});

const presence = z.object({
  token: z.string(),
  /** Time to answer for a player that shows the question now. */
  secondsLeft: seconds,
  extensionsLeft: z.number().int(),
});

const reason = z.object({ reason: z.string(), seconds, from: seconds, to: seconds });

export const startReply = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('elsewhere'),
    lesson: z.string(),
    title: z.string(),
    /** Public name of the session there; its enrolment's room hears `playing-ended` with it. */
    session: z.string(),
    enrolment: z.string(),
  }),
  z.object({
    state: z.literal('playing'),
    session: z.string(),
    token: z.string(),
    enrolment: z.string(),
    length: seconds,
    beatSeconds: z.number(),
    /** How much play without a network is credited once it is reported. */
    leaseSeconds: z.number(),
    seekLock: z.boolean(),
    standing,
    /** An open check of the person's: nothing is credited until it is answered. */
    presence: presence.optional(),
  }),
]);

export const reportReply = z.object({
  /** `playing`; `check` while a presence check is open; else why this player may not go on. */
  state: z.enum(['playing', 'check', 'taken-over', 'ended', 'outside-term']),
  /** The last sequence number that was taken: beats up to here need not be sent again. */
  seq: z.number().int(),
  standing: standing.optional(),
  reasons: z.array(reason),
  /** Reasons for which beats of this report were refused as a whole. */
  refused: z.array(z.string()),
  presence: presence.optional(),
});

export const answerReply = z.object({
  answer: z.enum(['answered', 'late', 'wrong', 'none', 'taken-over']),
});
export const extendReply = z.object({ presence: presence.optional() });

export type StartWish = z.output<typeof startBody>;
export type AnswerWish = z.output<typeof answerBody>;
export type Report = z.output<typeof reportBody>;
export type ReportReply = z.output<typeof reportReply>;
export type StartReply = z.output<typeof startReply>;
export type Standing = z.output<typeof standing>;
