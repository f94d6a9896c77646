import type { Enrolment } from '#platform';
import { type DayLedger, dayOf } from './day-ledger.ts';
import type { Models } from './plugin.ts';
import { dayId, type StoredDay, type StoredSession, type StoredWatch, watchId } from './watch.model.ts';
import type { WatchRecord } from './watch-time.ts';

type Owner = Pick<Enrolment, '_id' | 'programme'>;
/** What was seen of a lesson; the position in media seconds. */
export type SeenLesson = WatchRecord & Pick<StoredWatch, 'position'>;

/** Lesson and day as a session holds them, where it is ahead of their own documents (`watch.model.ts`). */
export function aheadOf({ ahead, record, position, day }: StoredSession) {
  if (ahead === 0) return undefined;
  return { record: record as WatchRecord, position, day: dayOf(day as DayLedger), ahead };
}

/** An enrolment's watch records, the one that is playing included. */
export async function watchesOf(models: Models, enrolment: Owner): Promise<StoredWatch[]> {
  const [watches, session] = await Promise.all([
    models.watch.find({ enrolment: enrolment._id }).lean(),
    sessionAhead(models, enrolment),
  ]);
  if (!session) return watches;
  const { record, position, playing, lesson } = session;
  const { lastAt } = playing as { lastAt: number };
  const newest = { position, at: new Date(lastAt), ...(record as WatchRecord) } as StoredWatch;
  return watches.map((watch) => (watch.lesson === lesson ? { ...watch, ...newest } : watch));
}

/** An enrolment's days, the newest first and as they are now. */
export async function daysOf(
  models: Models,
  enrolment: Owner,
  { skip, limit }: { skip: number; limit: number },
): Promise<StoredDay[]> {
  const [days, session] = await Promise.all([
    models.days.find({ enrolment: enrolment._id }).sort({ day: -1, _id: -1 }).skip(skip).limit(limit).lean(),
    sessionAhead(models, enrolment),
  ]);
  if (!session) return days;
  const newest = session.day as DayLedger;
  return days.map((day) => (day.day === newest.day ? { ...day, ...newest } : day));
}

/** One lesson and one day of an enrolment, as they are now. */
export async function seenOf(models: Models, enrolment: Owner, lesson: string, day: string) {
  const [watch, stored, session] = await Promise.all([
    models.watch.findById(watchId(enrolment._id, lesson)).lean(),
    models.days.findById(dayId(enrolment._id, day)).lean(),
    sessionAhead(models, enrolment),
  ]);
  const newest = session && dayOf(session.day as DayLedger);
  const seen: SeenLesson | null =
    session?.lesson === lesson ? { ...(session.record as WatchRecord), position: session.position } : watch;
  return {
    watch: seen ?? undefined,
    ledger: newest?.day === day ? newest : stored ? dayOf(stored) : undefined,
  };
}

async function sessionAhead(models: Models, { _id, programme }: Owner): Promise<StoredSession | undefined> {
  const learner = _id.slice(0, -programme.length - 1);
  const session = await models.sessions.findById(learner).lean();
  return session && session.enrolment === _id && session.ahead > 0 ? session : undefined;
}
