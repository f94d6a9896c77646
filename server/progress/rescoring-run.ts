import { setTimeout as delay } from 'node:timers/promises';
import type { ClientSession, Model } from 'mongoose';
import { beijingDay } from '../beijing-time.ts';
import type { Enrolment } from '../programmes/enrolments.service.ts';
import type { Transaction } from '../transaction.ts';
import type { CommittedChange } from './commit.ts';
import type { EnrolmentProgress } from './enrolment-change.ts';
import { type QualifiedFact, qualifiedFact, type Rescoring } from './progress.model.ts';
import { rescore } from './rescore.ts';
import { RollUpSums, type RollupDelta } from './roll-up.ts';
import { rescoringPart, rollUpWrites } from './roll-up-writes.ts';
import type { Scheme } from './weighted-score.ts';
import { writeMany } from './write-many.ts';

/** Enrolments of one transaction: few enough that beats never wait long for their locks. */
const BATCH = 2_000;
/** For so long after the correction another process may still score by the scheme it replaced (programmes.service.ts). */
const SETTLE_MS = 3_000;
const PAUSE_MS = 250;

export interface RunDeps {
  models: {
    enrolments: Model<Enrolment>;
    // biome-ignore lint/suspicious/noExplicitAny: written with update operators only
    rollUps: Model<any>;
    // biome-ignore lint/suspicious/noExplicitAny: holds any fact's value
    outbox: Model<any>;
  };
  rescorings: Model<Rescoring>;
  transaction: Transaction;
  /** Called after each commit with everything it changed; must not throw. */
  committed(changes: CommittedChange[]): void;
  /** Outbox entries of those who qualified, once all are scored: their hours can wait, other people's results not. */
  qualified(outbox: string[]): void;
  /** How far it is, after each commit. */
  progressed(rescoring: Rescoring): void;
  /** Until when this process keeps others out from now. */
  renewed(): Date;
}

interface Found {
  found: Enrolment[];
  /** Whether it was read when no process scored by the replaced scheme any more. */
  settled: boolean;
}

interface Batch {
  changes: CommittedChange[];
  facts: QualifiedFact[];
  deltas: RollupDelta[];
  next: Rescoring;
}

/**
 * One process's way through a rescoring: enrolments in the order of their ids, batch by batch. A batch is read, scored and
 * written in one transaction with its roll-up deltas, facts and the new position; each write names the revision it read, so
 * that a beat in between makes the batch start again, and beats find a changed revision in turn and score anew.
 */
export class RescoringRun {
  readonly #deps: RunDeps;
  readonly #scheme: Scheme;
  readonly #facts: string[] = [];
  #job: Rescoring;
  /** The next batch, read while this one is written: the revisions tell where it is old. */
  #ahead: Promise<Found> | undefined;

  constructor(job: Rescoring, scheme: Scheme, deps: RunDeps) {
    this.#job = job;
    this.#scheme = scheme;
    this.#deps = deps;
  }

  /** One batch, or the end of a round. @returns whether there is more to do here */
  async step(): Promise<boolean> {
    // A newer correction scores everybody itself, and this process may know of it already.
    if (this.#scheme.version !== this.#job.version) throw new Error(`scheme ${this.#scheme.version} is not the job's`);
    const reading = this.#ahead ?? this.#read(this.#job);
    this.#ahead = undefined;
    const { settled, found } = await reading;
    if (found.length > 0) return this.#commit(this.#score(found));
    if (!settled) await delay(PAUSE_MS);
    const isDone = settled && this.#job.round > 1 && this.#job.cursor === '';
    const next: Rescoring = isDone
      ? { ...this.#job, state: 'done', finishedAt: new Date() }
      : { ...this.#job, cursor: '', round: this.#job.round + 1 };
    const goesOn = await this.#commit({ changes: [], facts: [], deltas: [], next });
    return goesOn && !isDone;
  }

  /** Tells how far it is, and hands over those who qualified. */
  tell(): void {
    this.#deps.progressed(this.#job);
    this.#deps.qualified(this.#facts.splice(0));
  }

  /** The next enrolments, without the values that nothing here asks for. */
  async #read({ programme, cursor, round, version, at }: Rescoring): Promise<Found> {
    const settled = Date.now() >= at.getTime() + SETTLE_MS;
    const left = { scheme: { $ne: version }, qualifiedAt: null };
    const filter = { _id: { $gt: cursor }, programme, ...(round > 1 && left) };
    const projection = { ...fields, ...Object.fromEntries(this.#required().map((key) => [`values.${key}`, 1])) };
    const options = { projection, batchSize: BATCH + 1 };
    const found = this.#deps.models.enrolments.collection.find(filter as never, options);
    return { settled, found: (await found.sort({ _id: 1 }).limit(BATCH).toArray()) as unknown as Enrolment[] };
  }

  #readAhead(next: Rescoring): void {
    this.#ahead = this.#read(next);
    // Whoever awaits it hears of a failure; nobody does after one of the batch before.
    this.#ahead.catch(() => {});
  }

  #required(): string[] {
    return this.#scheme.required.map(({ activity }) => activity);
  }

  #score(found: Enrolment[]): Batch {
    const job = this.#job;
    const batch: Batch = { changes: [], facts: [], deltas: [], next: { ...job, cursor: found.at(-1)!._id } };
    const today = beijingDay(Date.now());
    const sums = new RollUpSums();
    for (const stored of found) {
      const before = { ...stored, values: stored.values ?? {} };
      if (before.qualifiedAt) batch.next.kept += job.round === 1 ? 1 : 0;
      const result = rescore(before as EnrolmentProgress, this.#scheme, job.at);
      if (!result) continue;
      const after = { ...before, ...result, rev: before.rev + 1 } as Enrolment;
      batch.changes.push({ before, after });
      batch.next.rescored += 1;
      if (after.total !== before.total) batch.next.changed += 1;
      sums.add(before as EnrolmentProgress, after as EnrolmentProgress, today);
      if (!result.qualifiedAt) continue;
      batch.next.qualified += 1;
      batch.facts.push(qualifiedFact(after._id));
    }
    batch.deltas = sums.deltas;
    if (job.round === 1) batch.next.passed += found.length;
    return batch;
  }

  /** @returns false where another process has taken over */
  async #commit({ changes, facts, deltas, next }: Batch): Promise<boolean> {
    const { models, transaction, committed, progressed } = this.#deps;
    if (changes.length > 0) this.#readAhead(next);
    const outcome = await transaction(async (session) => {
      if (!(await this.#advance(next, session))) return 'lost';
      const writes = changes.map(writeOf);
      if ((await writeMany(models.enrolments, writes, session)) < writes.length) {
        await session.abortTransaction();
        return 'outdated';
      }
      const { rollUps: sums } = rollUpWrites(next.programme, deltas, rescoringPart);
      await writeMany(models.rollUps, sums, session);
      const inserts = facts.map((document) => ({ insertOne: { document } }));
      await writeMany(models.outbox, inserts, session);
      return 'done';
    });
    if (outcome === 'lost') return false;
    if (outcome === 'outdated') {
      this.#ahead = undefined;
      return true;
    }
    this.#job = next;
    this.#facts.push(...facts.map(({ _id }) => _id));
    if (changes.length > 0) committed(changes);
    progressed(next);
    return true;
  }

  /** Writes how far it is, if this process still is the one at work. */
  async #advance(next: Rescoring, session: ClientSession): Promise<boolean> {
    const { _id, owner, until: _, ...set } = next;
    const { modifiedCount } = await this.#deps.rescorings.updateOne(
      { _id, owner: owner as string, state: 'running' },
      { $set: { ...set, until: this.#deps.renewed() } },
      { session },
    );
    return modifiedCount === 1;
  }
}

const fields = Object.fromEntries(
  [
    ...['programme', 'learner', 'name', 'organisation', 'stage', 'subject', 'workshop', 'scopes', 'state', 'measures'],
    ...['components', 'total', 'scheme', 'rev', 'lastDay', 'lastAt', 'enrolledAt', 'qualifiedAt'],
  ].map((name) => [name, 1]),
);

function writeOf({ before, after }: CommittedChange) {
  const { components, total, state, scheme, rev, qualifiedAt } = after;
  const $set = { components, total, scheme, rev, ...(state !== before.state && { state, qualifiedAt }) };
  return { updateOne: { filter: { _id: before._id, rev: before.rev }, update: { $set } } };
}
