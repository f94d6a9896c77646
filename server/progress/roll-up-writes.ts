import type { RollupDelta } from './roll-up.ts';

interface Upsert {
  updateOne: { filter: { _id: string }; update: Record<string, object>; upsert: true };
}

/**
 * A roll-up is stored in parts, and is their sum: two transactions that add to one document cannot be under way at the same
 * time, and every commit adds to its programme's. Each writer has a part of its own; where there are more writers they share.
 */
const PARTS = 5;

/**
 * The parts that a server process writes beats and the like to. Alone it has two commits under way, so that one is prepared
 * while the other waits for the database; of several, each has one, as the others go on meanwhile, and its commits are larger.
 * @param seat the worker's number; undefined for a process that is alone on its machine
 */
export function partsOf(seat: number | undefined): number[] {
  if (seat !== undefined) return [seat % (PARTS - 1)];
  return process.pid % 2 === 0 ? [0, 1] : [2, 3];
}
export const rescoringPart = PARTS - 1;

/** The ids of all parts of a roll-up, or of one of its days. */
export const rollUpIds = (programme: string, scope: string, day?: string): string[] =>
  Array.from({ length: PARTS }, (_, part) => partId(part, programme, scope, day));

function partId(part: number, programme: string, scope: string, day?: string): string {
  const id = day === undefined ? `${programme}|${scope}` : `${programme}|${scope}|${day}`;
  return part === 0 ? id : `${id}|#${part}`;
}

/** The increments that add the deltas to a part of the stored roll-ups of a programme, and of their days. */
export function rollUpWrites(
  programme: string,
  deltas: RollupDelta[],
  part: number,
): { rollUps: Upsert[]; days: Upsert[] } {
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
      rollUps.push(upsert(partId(part, programme, scope), increments, { programme, scope }, { at }));
    }
    if (day) {
      const ofDay = { ...prefixed('measures', day.measures), ...(day.active !== 0 && { active: day.active }) };
      days.push(upsert(partId(part, programme, scope, day.day), ofDay, { programme, scope, day: day.day }));
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
