import type { AnyBulkWriteOperation, ClientSession, Model } from 'mongoose';
import { mongo } from 'mongoose';
import { beijingDay } from '../beijing-time.ts';
import { errors } from '../errors.ts';
import type { Enrolment } from '../programmes/enrolments.service.ts';
import type { Transaction } from '../transaction.ts';
import type { CommittedChange, CompanionWrite } from './commit.ts';
import { applyChanges, type Change, changesByDay, type EnrolmentProgress } from './enrolment-change.ts';
import { enrolmentUpdate } from './enrolment-write.ts';
import { type QualifiedFact, qualifiedFact } from './progress.model.ts';
import { type Schemes, schemeFor } from './rescore.ts';
import { RollUpSums, type RollupDelta } from './roll-up.ts';
import { rollUpWrites } from './roll-up-writes.ts';
import type { MeasureOf } from './weighted-score.ts';
import { writeMany } from './write-many.ts';

/** Enrolments kept in memory by each lane: those who study at the same time. */
const MOST_KNOWN = 10_000;

interface Commit {
  changes: CommittedChange[];
  /** Outbox entries of those who qualified. */
  qualified: QualifiedFact[];
}

interface Pending {
  changes: Change[];
  companions: CompanionWrite[];
  created?: Enrolment | undefined;
  resolve(enrolment: Enrolment): void;
  reject(error: unknown): void;
}

export interface CommitDeps {
  models: {
    enrolments: Model<Enrolment>;
    // biome-ignore lint/suspicious/noExplicitAny: written with update operators only
    rollUps: Model<any>;
    // biome-ignore lint/suspicious/noExplicitAny: as above
    rollUpDays: Model<any>;
    // biome-ignore lint/suspicious/noExplicitAny: holds any fact's value
    outbox: Model<any>;
  };
  transaction: Transaction;
  /** The schemes of a programme, not older than a version that an enrolment was scored by. @throws core:not-found */
  schemesOf(programme: string, seen: number | undefined): Promise<Schemes>;
  measureOf: MeasureOf;
  /** Called after each commit with everything it changed; must not throw. */
  committed(changes: CommittedChange[], qualified: QualifiedFact[]): void;
  /** Told of every attempt to commit. */
  observe(commit: { enrolments: number; ms: number; ok: boolean }): void;
  /** How long reports are gathered before they are written, in milliseconds. */
  windowMs: number;
  /** Enrolments in one commit at most. */
  groupSize: number;
  /** The part of the roll-ups that it adds to. */
  part: number;
}

/** Commits one group of reports after the other; what is reported meanwhile is merged into the next group. */
export class CommitLane {
  readonly #deps: CommitDeps;
  /** Enrolments as this process committed them last, so that who reports again is not read again. */
  readonly #known = new Map<string, Enrolment>();
  #queue = new Map<string, Pending[]>();
  #running: Promise<void> | undefined;

  constructor(deps: CommitDeps) {
    this.#deps = deps;
  }

  /** Resolves when everything queued so far is committed or refused. */
  async drain(): Promise<void> {
    while (this.#running) await this.#running;
  }

  enqueue(id: string, entry: Omit<Pending, 'resolve' | 'reject'>): Promise<Enrolment> {
    return new Promise((resolve, reject) => {
      const waiting = this.#queue.get(id);
      const { changes, companions, created } = entry;
      const pending: Pending = { changes, companions, created, resolve, reject };
      if (waiting) waiting.push(pending);
      else this.#queue.set(id, [pending]);
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.#deps.windowMs));
    while (this.#queue.size > 0) await this.#commit(this.#take());
    this.#running = undefined;
  }

  #take(): Map<string, Pending[]> {
    if (this.#queue.size <= this.#deps.groupSize) {
      const all = this.#queue;
      this.#queue = new Map();
      return all;
    }
    const group = new Map([...this.#queue].slice(0, this.#deps.groupSize));
    for (const id of group.keys()) this.#queue.delete(id);
    return group;
  }

  async #commit(group: Map<string, Pending[]>): Promise<void> {
    let committed: Commit;
    const started = performance.now();
    const observe = (ok: boolean) =>
      this.#deps.observe({ enrolments: group.size, ms: performance.now() - started, ok });
    try {
      committed = await this.#deps.transaction((session) => this.#write(group, session));
      observe(true);
    } catch (error) {
      observe(false);
      for (const id of group.keys()) this.#known.delete(id);
      const halves = halvesOf(group);
      for (const half of halves) await this.#commit(half);
      if (halves.length === 0) for (const pending of [...group.values()].flat()) pending.reject(error);
      return;
    }
    const { changes, qualified } = committed;
    for (const change of changes) {
      this.#remember(change.after);
      for (const pending of group.get(change.after._id) ?? []) pending.resolve(change.after);
    }
    this.#deps.committed(
      changes.filter(({ before, after }) => after !== before),
      qualified,
    );
  }

  async #write(group: Map<string, Pending[]>, session: ClientSession): Promise<Commit> {
    const { outbox } = this.#deps.models;
    const byId = await this.#read([...group.keys()], session);
    const changes: CommittedChange[] = [];
    const writes: AnyBulkWriteOperation<Enrolment>[] = [];
    const sums = new Map<string, RollUpSums>();
    const qualified: QualifiedFact[] = [];
    const schemes = new Map<string, Schemes>();
    for (const [id, pending] of group) {
      const created = !byId.has(id);
      const before = begin(byId.get(id), pending);
      const { programme, scheme = 0 } = before;
      let current = schemes.get(programme);
      if (!current || current.scheme.version < scheme) {
        current = await this.#deps.schemesOf(programme, scheme);
        schemes.set(programme, current);
      }
      const { steps, ...change } = this.#changeOne(before, created, pending, current);
      changes.push(change);
      if (change.after === change.before) continue;
      writes.push(created ? { insertOne: { document: change.after } } : enrolmentUpdate(change));
      let step = created ? undefined : (change.before as EnrolmentProgress);
      const ofProgramme = sums.get(programme) ?? new RollUpSums();
      sums.set(programme, ofProgramme);
      for (const { day, after } of steps) {
        ofProgramme.add(step, after, day);
        step = after;
      }
      if (change.after.state === 'qualified' && !change.before.qualifiedAt) qualified.push(qualifiedFact(id));
    }
    // The sums first: writers that share a part always meet in them, and so they meet before the rest is sent in vain.
    for (const [programme, { deltas }] of sums) await this.#writeRollUps(programme, deltas, session);
    await this.#writeEnrolments(writes, session, group);
    await writeCompanions([...group.values()].flat(), session);
    const facts = qualified.map((document) => ({ insertOne: { document } }));
    await writeMany(outbox, facts, session);
    return { changes, qualified };
  }

  /** The enrolments of a group, from memory or the database; a write names the revision, which tells when memory is old. */
  async #read(ids: string[], session: ClientSession): Promise<Map<string, Enrolment>> {
    const found = new Map<string, Enrolment>();
    const missing: string[] = [];
    for (const id of ids) {
      const known = this.#known.get(id);
      if (known) found.set(id, known);
      else missing.push(id);
    }
    if (missing.length === 0) return found;
    const { collection } = this.#deps.models.enrolments;
    const options = { session, batchSize: missing.length + 1 };
    for (const enrolment of await collection.find({ _id: { $in: missing as never[] } }, options).toArray()) {
      found.set(String(enrolment._id), enrolment as unknown as Enrolment);
    }
    return found;
  }

  #remember(enrolment: Enrolment): void {
    this.#known.delete(enrolment._id);
    this.#known.set(enrolment._id, enrolment);
    if (this.#known.size <= MOST_KNOWN) return;
    const [oldest] = this.#known.keys();
    this.#known.delete(oldest as string);
  }

  async #writeEnrolments(
    writes: AnyBulkWriteOperation<Enrolment>[],
    session: ClientSession,
    group: Map<string, unknown>,
  ): Promise<void> {
    if ((await writeMany(this.#deps.models.enrolments, writes, session)) === writes.length) return;
    for (const id of group.keys()) this.#known.delete(id);
    throw conflict();
  }

  #changeOne(
    before: Enrolment,
    created: boolean,
    pending: Pending[],
    schemes: Schemes,
  ): CommittedChange & { steps: { day: string; after: EnrolmentProgress }[] } {
    const changes = pending.flatMap((entry) => entry.changes);
    if (!created && changes.length === 0) return { before, after: before, steps: [] };
    const scheme = schemeFor(schemes, before);
    const steps: { day: string; after: EnrolmentProgress }[] = [];
    let after = before;
    for (const { day, changes: ofDay } of changesByDay(changes, after.lastDay ?? beijingDay(Date.now()))) {
      after = applyChanges(after as Enrolment & EnrolmentProgress, ofDay, scheme, this.#deps.measureOf);
      steps.push({ day, after: after as EnrolmentProgress });
    }
    after.rev = before.rev + 1;
    return { before, after, steps };
  }

  async #writeRollUps(programme: string, deltas: RollupDelta[], session: ClientSession): Promise<void> {
    const { rollUps, days } = rollUpWrites(programme, deltas, this.#deps.part);
    await writeMany(this.#deps.models.rollUps, rollUps, session);
    await writeMany(this.#deps.models.rollUpDays, days, session);
  }
}

/** The enrolment as the changes find it. @throws core:not-found, core:conflict-enrolment */
function begin(found: Enrolment | undefined, pending: readonly Pending[]): Enrolment {
  const created = pending.find((entry) => entry.created)?.created;
  if (created && found) throw errors.conflict('enrolment');
  const before = found ?? created;
  if (!before) throw errors.notFound();
  return before;
}

/**
 * One bad report must fail neither its group nor another report of the same enrolment: after a failure each half is tried
 * on its own, in order. Nothing where there is only one report.
 */
function halvesOf(group: Map<string, Pending[]>): Map<string, Pending[]>[] {
  const entries = [...group];
  const [first] = entries;
  const items: [string, Pending[]][] =
    entries.length === 1 && first ? first[1].map((pending) => [first[0], [pending]]) : entries;
  if (items.length < 2) return [];
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)].map(joined);
}

function joined(items: [string, Pending[]][]): Map<string, Pending[]> {
  const group = new Map<string, Pending[]>();
  for (const [id, pending] of items) group.set(id, [...(group.get(id) ?? []), ...pending]);
  return group;
}

async function writeCompanions(pending: Pending[], session: ClientSession): Promise<void> {
  const byModel = new Map<CompanionWrite['model'], Map<string, CompanionWrite>>();
  for (const { companions } of pending) {
    for (const companion of companions) {
      const writes = byModel.get(companion.model) ?? new Map();
      byModel.set(companion.model, writes.set(companion.key, companion));
    }
  }
  for (const [model, companions] of byModel) {
    const all = [...companions.values()];
    const writes = all.map(({ write }) => write);
    if (all.every(({ exact }) => exact)) await writeMany(model, writes, session);
    // Without `throwOnValidationError` mongoose leaves out what does not fit its schema, and says nothing.
    else await model.bulkWrite(writes, { session, ordered: false, throwOnValidationError: true });
  }
}

/** Another process wrote the enrolment meanwhile: labelled so that the transaction runs again. */
function conflict(): Error {
  const error = new mongo.MongoServerError({ message: 'an enrolment changed meanwhile', code: 112 });
  error.addErrorLabel(mongo.MongoErrorLabel.TransientTransactionError);
  return error;
}
