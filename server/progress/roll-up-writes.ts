import type { RollupDelta } from './roll-up.ts';

interface Upsert {
  updateOne: { filter: { _id: string }; update: Record<string, object>; upsert: true };
}

export const rollUpId = (programme: string, scope: string): string => `${programme}|${scope}`;
export const rollUpDayId = (programme: string, scope: string, day: string): string => `${programme}|${scope}|${day}`;

/** The increments that add the deltas to the stored roll-ups of a programme and to their days. */
export function rollUpWrites(programme: string, deltas: RollupDelta[]): { rollUps: Upsert[]; days: Upsert[] } {
  const at = new Date();
  const rollUps: Upsert[] = [];
  const days: Upsert[] = [];
  for (const { scope, counts, total, histogram, measures, day } of deltas) {
    const increments = {
      ...prefixed('counts', counts),
      ...prefixed('histogram', histogram),
      ...prefixed('measures', measures),
      ...(total !== 0 && { total }),
    };
    if (Object.keys(increments).length > 0) {
      rollUps.push(upsert(rollUpId(programme, scope), increments, { programme, scope }, { at }));
    }
    if (day) {
      const ofDay = { ...prefixed('measures', day.measures), ...(day.active !== 0 && { active: day.active }) };
      days.push(upsert(rollUpDayId(programme, scope, day.day), ofDay, { programme, scope, day: day.day }));
    }
  }
  return { rollUps, days };
}

function prefixed(field: string, sums: Partial<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(sums).map(([key, value]) => [`${field}.${key}`, value ?? 0]));
}

function upsert(_id: string, $inc: object, $setOnInsert: object, $set?: object): Upsert {
  return { updateOne: { filter: { _id }, update: { $inc, $setOnInsert, ...($set && { $set }) }, upsert: true } };
}
