import { type InferSchemaType, type Model, trusted } from 'mongoose';
import type { User } from '../accounts/accounts.service.ts';
import { own, type Role, type Scope, type Scoped, type Viewer, within } from '../accounts/scope.ts';
import { projectionOf, type ReadsById, readsFrom } from '../database/reads-by-id.ts';
import { errors } from '../errors.ts';
import { pageOf } from '../page-of.ts';
import type { ActivityValues } from '../progress/weighted-score.ts';
import { type EnrolmentState, enrolmentId, type enrolmentSchema } from './programme.model.ts';
import type { Programme } from './programmes.service.ts';

type Stored = InferSchemaType<typeof enrolmentSchema>;

/** Roles that may look at the enrolments of people in their scope; experts judge content, not people. */
export const overseers: readonly Role[] = [
  'moderator',
  'provider-manager',
  'school-administrator',
  'county-bureau',
  'city-bureau',
  'province',
  'operator',
];

/** One learner in one programme (design, section 5). */
export type Enrolment = Omit<Stored, 'values' | 'measures' | 'components' | 'state' | 'workshop' | 'scheme'> & {
  values: ActivityValues;
  /** measure id → sum in its smallest unit */
  measures: Record<string, number>;
  /** component id → hundredths */
  components: Record<string, number>;
  state: EnrolmentState;
  workshop?: string | undefined;
  /** Version of the scheme that the result is by; 1 where nothing is said. */
  scheme?: number | undefined;
};

/** Narrows a scoped query on enrolments. */
export interface EnrolmentQuery {
  programme?: string | undefined;
  workshop?: string | undefined;
  organisation?: string | undefined;
  state?: EnrolmentState | undefined;
  learner?: string | undefined;
  scopes?: string | undefined;
}

interface Page {
  skip: number;
  limit: number;
  /** How many rows there are, where somebody knows it; else they are counted. */
  total?: number | undefined;
}

const rosterFields = ['rev', 'learner', 'name', 'organisation', 'state', 'total', 'components', 'lastAt'] as const;
/** What every message of a learner's asks. */
type Head = Pick<Enrolment, '_id' | 'learner' | 'state'>;
type RosterLine = Pick<Enrolment, '_id' | (typeof rosterFields)[number]>;
/** Roster lines that are kept at most. */
const mostLines = 20_000;
const studiedFields = ['rev', 'values', 'qualifiedAt'] as const;
/** What somebody has done, and when. */
export type Studied = Pick<Enrolment, '_id' | (typeof studiedFields)[number]>;

/** Reads enrolments. Every query carries a scope; writing is the recorder's. */
export class Enrolments {
  readonly #enrolments: Model<Enrolment>;
  readonly #heads: ReadsById<Head>;
  /** enrolment → how it was last read for a roster; it is so until its revision grows */
  readonly #lines = new Map<string, RosterLine>();

  constructor(enrolments: Model<Enrolment>) {
    this.#enrolments = enrolments;
    this.#heads = readsFrom(enrolments.collection, ['learner', 'state']);
  }

  /** The viewer's own enrolment, without what it holds; read together with others. @throws core:not-found */
  async ownHead(viewer: Pick<Viewer, 'id'>, id: string): Promise<Head> {
    const found = await this.#heads.get(id);
    if (found?.learner !== viewer.id) throw errors.notFound();
    return found;
  }

  /**
   * The viewer's own enrolment, or one in their scope: the one answer to who may read what somebody does and has, for
   * pages, API, exports and rooms alike.
   * @throws core:not-found
   */
  readable(viewer: Viewer, id: string): Promise<Enrolment> {
    return this.get(id, isOwn(viewer, id) ? own(viewer, {}) : within(viewer, overseers, {}));
  }

  /** The enrolment if the filter's scope covers it. @throws core:not-found */
  async get(id: string, scope: Scoped): Promise<Enrolment> {
    const found = await this.#enrolments.findOne({ $and: [{ _id: id }, scope] }).lean();
    if (!found) throw errors.notFound();
    return found as Enrolment;
  }

  /** One page by name, with the fields that are shown. */
  async list<F extends keyof Enrolment>(
    filter: Scoped<EnrolmentQuery>,
    page: Page,
    fields: readonly F[],
  ): Promise<{ rows: Pick<Enrolment, F | '_id'>[]; total: number }> {
    const given = present(filter);
    const rows = this.#enrolments
      .find(given)
      .select(projectionOf(fields))
      .sort({ name: 1, _id: 1 })
      .skip(page.skip)
      .limit(page.limit)
      .lean();
    const count = () => page.total ?? this.#enrolments.countDocuments(given);
    return pageOf(page, rows as PromiseLike<unknown> as PromiseLike<Pick<Enrolment, F | '_id'>[]>, count);
  }

  /** All enrolments of a filter by name, one after the other. */
  async *each(filter: Scoped<EnrolmentQuery>): AsyncGenerator<Enrolment> {
    const found = this.#enrolments.find(present(filter)).sort({ name: 1, _id: 1 });
    for await (const enrolment of found.lean().cursor({ batchSize: 500 })) {
      yield enrolment as Enrolment;
    }
  }

  count(filter: Scoped<EnrolmentQuery>): Promise<number> {
    return this.#enrolments.countDocuments(present(filter));
  }

  /**
   * Everybody of a filter as a desk's table shows them, by name; at most `most`. Only who has changed since they were last
   * asked for is read in full. Several askers share the lines: read them, do not change them.
   */
  async roster(filter: Scoped<EnrolmentQuery>, most: number): Promise<RosterLine[]> {
    const { collection } = this.#enrolments;
    const members = present(filter);
    const found = await collection
      .find<Pick<Enrolment, '_id' | 'rev'>>(members, { projection: { rev: 1 }, limit: most, batchSize: most + 1 })
      .sort({ name: 1, _id: 1 })
      .toArray();
    const isKept = ({ _id, rev }: Pick<Enrolment, '_id' | 'rev'>) => (this.#lines.get(_id)?.rev ?? -1) >= rev;
    const lines = found.filter(isKept).map(({ _id }) => this.#lines.get(_id) as RosterLine);
    const changed = found.filter((head) => !isKept(head)).map(({ _id }) => _id);
    if (changed.length > 0) {
      const read = await collection
        .find<RosterLine>(
          { $and: [members, { _id: { $in: changed as never[] } }] },
          { projection: projectionOf(rosterFields), batchSize: changed.length + 1 },
        )
        .toArray();
      for (const line of read) {
        if (this.#lines.size >= mostLines) this.#lines.clear();
        this.#lines.set(line._id, line);
      }
      lines.push(...read);
    }
    return lines.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a._id < b._id ? -1 : 1));
  }

  /** Ids of a workshop's members who have not left, for figures about the workshop. */
  async presentIn(workshop: string): Promise<string[]> {
    const found = await this.#enrolments
      .find({ workshop, state: trusted({ $ne: 'withdrawn' }) })
      .select({ _id: 1 })
      .lean();
    return found.map(({ _id }) => _id);
  }

  /** The learner's own enrolments, newest first. */
  async ofLearner(learner: string): Promise<Enrolment[]> {
    const found = await this.#enrolments.find({ learner }).sort({ enrolledAt: -1, _id: 1 }).lean();
    return found as Enrolment[];
  }

  /** What those of the ids did that the scope covers. */
  async studied(ids: string[], scope: Scoped): Promise<Studied[]> {
    const found = this.#enrolments.find({ $and: [{ _id: trusted({ $in: ids }) }, scope] });
    return (await found.select(projectionOf(studiedFields)).lean()) as Studied[];
  }

  /** Those of the ids that the scope covers. */
  async byIds(ids: string[], scope: Scoped): Promise<Enrolment[]> {
    const found = await this.#enrolments.find({ $and: [{ _id: trusted({ $in: ids }) }, scope] }).lean();
    return found as Enrolment[];
  }
}

/** Without the conditions that are undefined: to the database they would mean “equals null”. */
function present(filter: Scoped<EnrolmentQuery>): object {
  const entries = Object.entries(filter).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [key, key === '$and' ? value.map(present) : value]));
}

/** A new enrolment of this person; its scopes are the programme, its provider, and the person's school and regions. */
export function newEnrolment({ _id: programme, provider }: Pick<Programme, '_id' | 'provider'>, user: User): Enrolment {
  if (!user.organisation || !user.stage || !user.subject) throw errors.conflict('placement');
  const scopes: Scope[] = [`programme:${programme}`, `organisation:${provider}`, ...(user.scopes as Scope[])];
  return {
    _id: enrolmentId(user._id, programme),
    programme,
    learner: user._id,
    name: user.name,
    organisation: user.organisation,
    stage: user.stage as Stored['stage'],
    subject: user.subject,
    scopes,
    state: 'enrolled',
    values: {},
    measures: {},
    components: {},
    total: 0,
    rev: 0,
    enrolledAt: new Date(),
  };
}

/** Whether the id names an enrolment of the viewer's; the database says whether there is one. */
export const isOwn = (viewer: Pick<Viewer, 'id'>, id: string): boolean => id.startsWith(`${viewer.id}-`);
