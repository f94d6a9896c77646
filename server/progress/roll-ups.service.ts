import { type InferSchemaType, type Model, trusted } from 'mongoose';
import { addDays } from '../beijing-time.ts';
import type { Moment } from '../database/moment.ts';
import type { Enrolment } from '../programmes/enrolments.service.ts';
import type { rollUpDaySchema, rollUpSchema } from './progress.model.ts';
import { addTo, type EnrolmentSnapshot, type EnrolmentState, type RollupDelta, recompute } from './roll-up.ts';
import { rollUpIds } from './roll-up-writes.ts';

type StoredRollUp = InferSchemaType<typeof rollUpSchema>;
type StoredRollUpDay = InferSchemaType<typeof rollUpDaySchema>;

/** The sums of one scope as pages show them; every state and measure that is absent counts 0. */
export interface RollUp {
  programme: string;
  scope: string;
  counts: Record<EnrolmentState, number>;
  /** Enrolments that are not withdrawn. */
  enrolled: number;
  /** Sum of totals in hundredths. */
  total: number;
  /** 20 buckets of 5.00. */
  histogram: number[];
  measures: Record<string, number>;
  at: Date | undefined;
}

/** What happened in one scope on one Beijing day. */
export interface RollUpDay {
  day: string;
  active: number;
  measures: Record<string, number>;
}

/** Beijing days `from`..`to` of a scope. */
interface Span {
  scope: string;
  from: string;
  to: string;
}

interface Models {
  rollUps: Model<StoredRollUp>;
  rollUpDays: Model<StoredRollUpDay>;
  enrolments: Model<Enrolment>;
}

/** Reads roll-ups: a handful of documents by id for each scope, whatever the number of learners. */
export class RollUps {
  readonly #models: Models;

  constructor(models: Models) {
    this.#models = models;
  }

  /** One roll-up per scope, in the order asked; zeros where nothing is recorded. */
  async of(programme: string, scopes: string[]): Promise<RollUp[]> {
    const ids = scopes.flatMap((scope) => rollUpIds(programme, scope));
    const byScope = sumsByScope(await this.#models.rollUps.find({ _id: trusted({ $in: ids }) }).lean());
    return scopes.map((scope) => filled(programme, scope, byScope.get(scope)));
  }

  /** The days `from`..`to` of each scope, each day present, in order. */
  async days(programme: string, spans: readonly Span[]): Promise<RollUpDay[][]> {
    const wanted = spans.map(({ scope, from, to }) =>
      daysFrom(from, to).map((day) => ({ day, ids: rollUpIds(programme, scope, day) })),
    );
    const ids = new Set(wanted.flat().flatMap((day) => day.ids));
    const found = await this.#models.rollUpDays.find({ _id: trusted({ $in: [...ids] }) }).lean();
    const byId = new Map(found.map((stored) => [stored._id, stored]));
    return wanted.map((span) =>
      span.map(({ day, ids: parts }) => {
        const sum: RollUpDay = { day, active: 0, measures: {} };
        for (const stored of parts.map((id) => byId.get(id))) {
          sum.active += stored?.active ?? 0;
          addTo(sum.measures, stored?.measures ?? {});
        }
        return sum;
      }),
    );
  }

  /**
   * Recomputes every roll-up of a programme from its enrolments and names each that differs.
   * @param moment what is read, where others may write meanwhile
   */
  async verify(programme: string, moment?: Moment): Promise<{ scope: string; stored: RollUp; expected: RollUp }[]> {
    const snapshots: EnrolmentSnapshot[] = [];
    const fields = { state: 1, total: 1, measures: 1, scopes: 1 };
    const { enrolments, rollUps } = this.#models;
    const filter = { programme };
    for await (const enrolment of moment
      ? moment.find(enrolments.collection.name, { filter, projection: fields })
      : enrolments.find(filter, fields).lean().cursor())
      snapshots.push(enrolment as EnrolmentSnapshot);
    const expected = new Map(recompute(snapshots).map((delta) => [delta.scope, filled(programme, delta.scope, delta)]));
    const stored: Sums[] = [];
    for await (const sums of moment
      ? moment.find(rollUps.collection.name, { filter })
      : rollUps.find(filter).lean().cursor())
      stored.push(sums as Sums);
    const byScope = sumsByScope(stored);
    const scopes = new Set([...expected.keys(), ...byScope.keys()]);
    return [...scopes]
      .map((scope) => ({
        scope,
        stored: filled(programme, scope, byScope.get(scope)),
        expected: expected.get(scope) ?? filled(programme, scope, undefined),
      }))
      .filter(({ stored, expected }) => JSON.stringify(sums(stored)) !== JSON.stringify(sums(expected)));
  }
}

type Sums = Partial<StoredRollUp> & Pick<StoredRollUp, 'scope'>;

/** What the stored parts of each scope come to; a field that was never counted up is in none of them. */
function sumsByScope(parts: readonly Sums[]): Map<string, Sums> {
  const sums = new Map<string, Sums>();
  for (const part of parts) {
    const sum = sums.get(part.scope);
    if (!sum) {
      sums.set(part.scope, part);
      continue;
    }
    for (const name of ['counts', 'histogram', 'measures'] as const) {
      sum[name] ??= {};
      addTo(sum[name], part[name] ?? {});
    }
    sum.total = (sum.total ?? 0) + (part.total ?? 0);
    if (part.at && !(sum.at && sum.at >= part.at)) sum.at = part.at;
  }
  return sums;
}

function daysFrom(from: string, to: string): string[] {
  const days: string[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day);
  return days;
}

function filled(programme: string, scope: string, stored: Partial<StoredRollUp> | RollupDelta | undefined): RollUp {
  const counts = { enrolled: 0, studying: 0, qualified: 0, withdrawn: 0, ...stored?.counts };
  const histogram = Array.from(
    { length: 20 },
    (_, bucket) => (stored?.histogram as number[] | undefined)?.[bucket] ?? 0,
  );
  return {
    programme,
    scope,
    counts,
    enrolled: counts.enrolled + counts.studying + counts.qualified,
    total: stored?.total ?? 0,
    histogram,
    measures: { ...stored?.measures },
    at: stored && 'at' in stored ? (stored.at ?? undefined) : undefined,
  };
}

function sums({ counts, total, histogram, measures }: RollUp) {
  const present = Object.entries(measures).filter(([, value]) => value !== 0);
  return [counts, total, histogram, present.sort(([a], [b]) => (a < b ? -1 : 1))];
}
