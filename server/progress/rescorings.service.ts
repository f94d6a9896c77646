import { type Model, trusted } from 'mongoose';
import type { Audit } from '../accounts/audit.ts';
import { errors } from '../errors.ts';
import { newId } from '../ids.ts';
import { pageOf } from '../page-of.ts';
import type { Programmes } from '../programmes/programmes.service.ts';
import type { Transaction } from '../transaction.ts';
import type { Rescoring } from './progress.model.ts';
import { RescoringRun, type RunDeps } from './rescoring-run.ts';
import type { RollUps } from './roll-ups.service.ts';
import type { Scheme } from './weighted-score.ts';

/** What a page that watches a rescoring is told. */
export function progressOf({ state, total, passed, rescored, changed, qualified, kept }: Rescoring) {
  return { state, total: Math.max(total, passed), passed, rescored, changed, qualified, kept };
}

/** How long a process may be silent before another takes its work over, in milliseconds. */
const leaseMs = 6_000;

interface Deps extends Omit<RunDeps, 'renewed'> {
  rescorings: Model<Rescoring>;
  transaction: Transaction;
  programmes: Programmes;
  rollUps: RollUps;
  audit: Audit;
  failed(error: unknown, rescoring: string): void;
}

/**
 * Corrections of open programmes' schemes, and the scoring of every enrolment by them. Each is a document that says how far
 * it is, written together with what it changed: it goes on where it was on whichever server process takes it up.
 */
export class Rescorings {
  readonly #deps: Deps;
  readonly #owner = newId();
  readonly #running = new Map<string, Promise<void>>();
  #closed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Corrects the scheme of an open programme and begins to score its enrolments again. The caller has checked that the actor
   * manages the programme.
   * @throws core:not-found, core:scheme-…, core:programme-not-open, core:conflict-rescoring while another one runs
   */
  async correct(
    programme: string,
    scheme: Omit<Scheme, 'version'>,
    { actor, reason }: { actor: string; reason: string },
  ): Promise<Rescoring> {
    const { rescorings, programmes, rollUps, audit, transaction } = this.#deps;
    const [sums] = await rollUps.of(programme, [`programme:${programme}`]);
    const total = Object.values(sums?.counts ?? {}).reduce((sum, count) => sum + count, 0);
    const made = await transaction(async (session) => {
      if (await rescorings.exists({ programme, state: 'running' }).session(session)) throw errors.conflict('rescoring');
      const { version } = await programmes.correctScheme(programme, scheme, session);
      const document = { _id: `${programme}|${version}`, programme, version, actor, reason, at: new Date(), total };
      const [job] = await rescorings.create([document], { session });
      const details = { version, cause: reason };
      await audit.record({ actor, action: 'programme.correct-scheme', subject: programme, details }, session);
      return job!.toObject();
    });
    programmes.corrected(programme);
    this.#begin(made._id);
    return made;
  }

  /** @throws core:not-found */
  async get(id: string): Promise<Rescoring> {
    const found = await this.#deps.rescorings.findById(id).lean();
    if (!found) throw errors.notFound();
    return found;
  }

  /** Those of the programmes, newest first. */
  list(programmes: string[], page: { skip: number; limit: number }) {
    const filter = { programme: trusted({ $in: programmes }) };
    const rows = this.#deps.rescorings.find(filter).sort({ at: -1, _id: 1 }).skip(page.skip).limit(page.limit).lean();
    return pageOf(page, rows, () => this.#deps.rescorings.countDocuments(filter));
  }

  /** Takes up what no process works on: what was left by one that died, or that another had to leave. */
  async resume(): Promise<void> {
    const left = await this.#deps.rescorings.find({ state: 'running', until: trusted({ $lt: new Date() }) }).lean();
    for (const { _id } of left) this.#begin(_id);
  }

  /** Ends after the batch under way; another process, or the next start, goes on. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#running.values());
  }

  #begin(id: string): void {
    if (this.#closed || this.#running.has(id)) return;
    const running = this.#work(id)
      .catch((error) => this.#deps.failed(error, id))
      .finally(() => this.#running.delete(id));
    this.#running.set(id, running);
  }

  async #work(id: string): Promise<void> {
    const { rescorings, programmes } = this.#deps;
    const now = Date.now();
    const claimed = await rescorings
      .findOneAndUpdate(
        { _id: id, state: 'running', until: trusted({ $lt: new Date(now) }) },
        { $set: { owner: this.#owner, until: new Date(now + leaseMs) } },
        { returnDocument: 'after' },
      )
      .lean();
    if (!claimed) return;
    const { scheme } = await programmes.schemesOf(claimed.programme, claimed.version);
    const run = new RescoringRun(claimed, scheme, { ...this.#deps, renewed: () => new Date(Date.now() + leaseMs) });
    try {
      while (!this.#closed && (await run.step()));
    } finally {
      await rescorings.updateOne(
        { _id: id, owner: this.#owner },
        { $set: { until: new Date(0) }, $unset: { owner: 1 } },
      );
      run.tell();
    }
  }
}
