import { type InferSchemaType, Schema } from 'mongoose';

const options = { strict: 'throw', versionKey: false, minimize: false } as const;

export const watchId = (enrolment: string, lesson: string): string => `${enrolment}|${lesson}`;
export const dayId = (enrolment: string, day: string): string => `${enrolment}|${day}`;

export const requestId = (learner: string, lesson: string): string => `${learner}|${lesson}`;

/** What one learner has seen of one lesson; `_id` is `watchId`. Ranges are flat media milliseconds. */
export const watchSchema = new Schema(
  {
    _id: { type: String, required: true },
    enrolment: { type: String, required: true },
    lesson: { type: String, required: true },
    covered: { type: [Number], default: [] },
    /** Played, but not credited. */
    played: { type: [Number], default: [] },
    /** Media milliseconds up to which a first viewing has come. */
    furthest: { type: Number, default: 0 },
    /** Where the player stood last, in seconds. */
    position: { type: Number, default: 0 },
    at: { type: Date, required: true },
  },
  { ...options, shardKey: { enrolment: 'hashed' } },
);
watchSchema.index({ enrolment: 1 }, { name: 'by_enrolment' });

/**
 * A learner's one playing session; `_id` is the learner. It is written with every beat and names the revision it was
 * read at, so that two server processes cannot both credit the same time.
 */
export const sessionSchema = new Schema(
  {
    _id: { type: String, required: true },
    rev: { type: Number, required: true },
    /** Public name of the session; the token is known to its player only. */
    session: { type: String, required: true },
    enrolment: { type: String, required: true },
    lesson: { type: String, required: true },
    ended: { type: Boolean, default: false },
    /** Name of the signed-in session that started it, with which it ends. */
    by: { type: String, default: '' },
    /** Key of the one-time tokens that answer presence checks. */
    secret: { type: String, required: true },
    /** The time account: a `PlayingSession`. */
    playing: { type: Schema.Types.Mixed, required: true },
    /**
     * Beats that the lesson and the day below are ahead of their own documents in `watch` and `days`: a beat writes one
     * document of this plugin, not three.
     */
    ahead: { type: Number, default: 0 },
    /** The lesson: a `WatchRecord`. */
    record: { type: Schema.Types.Mixed },
    /** Where the player stood last, in seconds. */
    position: { type: Number, default: 0 },
    /** The day: a `DayLedger`. */
    day: { type: Schema.Types.Mixed },
    startedAt: Date,
    /** The session that this one took over from, as `Superseded`: its last beats may still be under way. */
    before: { type: Schema.Types.Mixed },
    /** Where it was heard last, as `Heard`. */
    heard: { type: Schema.Types.Mixed },
    /** Seconds credited while nobody was seen to ask for the media, as `LivePlaying` has them. */
    unrequested: { type: Number, default: 0 },
  },
  { ...options, shardKey: { _id: 'hashed' } },
);
sessionSchema.index({ startedAt: 1 }, { name: 'by_start' });

/** One enrolment's Beijing day; `_id` is `dayId`. */
export const daySchema = new Schema(
  {
    _id: { type: String, required: true },
    enrolment: { type: String, required: true },
    day: { type: String, required: true },
    /** Seconds credited in all lessons. */
    credited: { type: Number, default: 0 },
    /** lesson → what was credited and what was not, as `LessonDay` */
    lessons: { type: Schema.Types.Mixed, default: {} },
    /** Presence checks of the day, as `PresenceDay`. */
    presence: { type: Schema.Types.Mixed, default: {} },
    /** Bit by bit, the Beijing hours in which play was reported. */
    hours: { type: Number, default: 0 },
    /** Play that two addresses reported for the same time, as `Together`. */
    together: { type: Schema.Types.Mixed },
    /** Credit for media that was not asked for, as `Unrequested`. */
    unrequested: { type: Schema.Types.Mixed },
  },
  { ...options, shardKey: { enrolment: 'hashed' } },
);
daySchema.index({ enrolment: 1, day: -1, _id: -1 }, { name: 'by_enrolment' });

/** A learner's own notes on a lesson; `_id` is `<learner>|<lesson>`. */
export const noteSchema = new Schema(
  {
    _id: { type: String, required: true },
    learner: { type: String, required: true },
    lesson: { type: String, required: true },
    text: { type: String, default: '' },
    at: { type: Date, required: true },
  },
  { ...options, shardKey: { _id: 'hashed' } },
);

/** That a learner's browser asked for a lesson's media lately; `_id` is `requestId`. */
export const requestSchema = new Schema(
  { _id: { type: String, required: true }, at: { type: Date, required: true } },
  { ...options, shardKey: { _id: 'hashed' } },
);
requestSchema.index({ at: 1 }, { name: 'by_age', expireAfterSeconds: 2 * 86_400 });

export type StoredWatch = InferSchemaType<typeof watchSchema>;
export type StoredSession = InferSchemaType<typeof sessionSchema>;
export type StoredDay = InferSchemaType<typeof daySchema>;
