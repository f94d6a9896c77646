import { beijingDay, groupBy } from '#platform';
import { emptyDay, noteBeats } from './day-ledger.ts';
import { lessonActivity, type VideoHost } from './plugin.ts';
import { dayId, watchId } from './watch.model.ts';

/** The first `seconds` of a lesson were played, the last of them at `at`. */
export interface HistoryItem {
  enrolment: string;
  lesson: string;
  seconds: number;
  at: Date;
}

/**
 * Brings in what was studied elsewhere, as if it had been credited here: watch records, days and values belong together.
 * The recorder takes an enrolment's days together and counts each on its own. An enrolment must have no days of its own
 * on those dates yet.
 */
export async function importHistory(host: VideoHost, items: readonly HistoryItem[]): Promise<void> {
  const days = [...groupBy(items, ({ at }) => beijingDay(at))].sort(([a], [b]) => (a < b ? -1 : 1));
  await Promise.all(
    days.flatMap(([day, ofDay]) => {
      const enrolments = groupBy(ofDay, ({ enrolment }) => enrolment);
      return [...enrolments].map(([enrolment, list]) => importDay(host, enrolment, day, list));
    }),
  );
}

async function importDay(host: VideoHost, enrolment: string, day: string, items: HistoryItem[]): Promise<void> {
  const { watch, days } = host.models;
  const at = new Date(Math.max(...items.map((item) => item.at.getTime())));
  const ledger = items.reduce(
    (before, { lesson, seconds }) => noteBeats(before, lesson, { credited: seconds, uncredited: [] }, at.getTime()),
    emptyDay(day),
  );
  const watches = items.map(({ lesson, seconds, at: playedAt }) => {
    const ms = seconds * 1000;
    const set = { lesson, covered: [0, ms], played: [], furthest: ms, position: seconds, at: playedAt };
    const _id = watchId(enrolment, lesson);
    const write = { updateOne: { filter: { _id, enrolment }, update: { $set: set }, upsert: true } };
    return { model: watch, key: _id, write };
  });
  const _id = dayId(enrolment, day);
  const dayWrite = { filter: { _id, enrolment }, update: { $set: { ...ledger } }, upsert: true };
  await host.progress.record({
    enrolment,
    values: Object.fromEntries(items.map(({ lesson, seconds }) => [lessonActivity(lesson), seconds])),
    at,
    companions: [...watches, { model: days, key: _id, write: { updateOne: dayWrite } }],
  });
}
