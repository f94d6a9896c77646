import type { Collection, Connection } from 'mongoose';
import { round } from './figures.ts';
import type { Seat } from './place.ts';

type Documents = Collection<{ _id: string } & Record<string, unknown>>;

const BATCH = 1_000;
/** Every so many beats the lesson's and the day's own documents are written as well (playing.store.ts). */
const BEATS_PER_WHOLE = 12;

/**
 * The same updates that beats come to (enrolment and session each time, the lesson and the day every dozen), sent straight
 * to the database by the driver in bulk: nothing that goes through rules and sockets can be faster. @returns beats a second
 */
export async function bulkLimit(connection: Connection, seats: readonly Seat[], seconds: number): Promise<number> {
  const [enrolments, sessions, watch, days] = [
    'enrolments',
    'video_courses_sessions',
    'video_courses_watch',
    'video_courses_days',
  ].map((name) => connection.collection(name) as unknown as Documents) as [Documents, Documents, Documents, Documents];
  const stored = new Map<string, Record<string, unknown>>();
  for await (const { _id, ...session } of sessions.find()) stored.set(_id, session);
  const many = seats.filter(({ learner }) => stored.has(learner));
  const until = performance.now() + seconds * 1000;
  const begun = performance.now();
  let beats = 0;
  let next = 0;
  const worker = async () => {
    while (performance.now() < until) {
      const batch = Array.from({ length: BATCH }, () => many[next++ % many.length] as Seat);
      const set = (seat: Seat) =>
        stored.get(seat.learner) as { lesson: string; record: { covered: number[] }; day: object };
      const some = batch.slice(0, Math.round(BATCH / BEATS_PER_WHOLE));
      const unordered = { ordered: false };
      await Promise.all([
        enrolments.bulkWrite(
          batch.map((seat) => update(seat.enrolment, enrolmentSet(set(seat).lesson))),
          unordered,
        ),
        sessions.bulkWrite(
          batch.map((seat) => update(seat.learner, set(seat))),
          unordered,
        ),
        watch.bulkWrite(
          some.map((seat) => update(`${seat.enrolment}|${set(seat).lesson}`, { ...set(seat).record, at: new Date() })),
          unordered,
        ),
        days.bulkWrite(
          some.map((seat) => update(`${seat.enrolment}|limit`, { lessons: set(seat).day })),
          unordered,
        ),
      ]);
      beats += BATCH;
    }
  };
  await Promise.all([worker(), worker()]);
  return round((beats / (performance.now() - begun)) * 1000);
}

/** One awaited update for each beat, one after the other. @returns beats a second */
export async function plainWay(connection: Connection, seats: readonly Seat[], seconds: number): Promise<number> {
  const enrolments = connection.collection('enrolments') as unknown as Documents;
  const begun = performance.now();
  let beats = 0;
  while (performance.now() < begun + seconds * 1000) {
    const { enrolment } = seats[beats % seats.length] as Seat;
    await enrolments.updateOne({ _id: enrolment }, { $set: enrolmentSet('plain') });
    beats += 1;
  }
  return round((beats / (performance.now() - begun)) * 1000);
}

let revision = 0;

function enrolmentSet(lesson: string): Record<string, unknown> {
  revision += 1;
  const at = Date.now();
  return {
    [`values.video-courses/lesson/${lesson}`]: { value: revision, at },
    measures: { 'video-courses/seconds': revision },
    components: { video: revision % 4000, discussion: 0, tasks: 0 },
    total: revision % 4000,
    state: 'studying',
    rev: revision,
    lastAt: new Date(at),
  };
}

const update = (_id: string, $set: Record<string, unknown>) => ({
  updateOne: { filter: { _id }, update: { $set }, upsert: true },
});
