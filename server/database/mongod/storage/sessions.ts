import { type Binary, Long } from 'bson';
import { failure } from '../errors.ts';
import { type Doc, encode } from '../values/codec.ts';
import { decode, decodeFields } from '../values/decode.ts';
import { toDouble } from '../values/numeric.ts';
import type { KeyValue } from './store.ts';
import { noSuchTransaction, type Transaction, type Transactions } from './transactions.ts';

/** How long a session is remembered after its last use, in milliseconds. */
const SESSION_LIFETIME = 30 * 60_000;

/** Answers that are looked at in one sweep: about 30 ms. */
const ANSWERS_AT_ONCE = 10_000;

const RETRY = Buffer.of(0, 0, 0, 1);
const RETRY_END = Buffer.of(0, 0, 0, 2);
const TXN_NUMBER = new Set(['txnNumber']);
const AT = new Set(['at']);

interface Session {
  id: string;
  /** The latest transaction number seen. */
  txnNumber: number;
  transaction: Transaction | undefined;
  /** How the transaction with `txnNumber` ended. */
  outcome: 'none' | 'committed' | 'aborted';
  /** Resolves when the commit under way is on disk, or has failed: until then nobody knows the outcome. */
  committing: Promise<void> | undefined;
  lastUse: number;
}

/** What is remembered of a retryable write: its answer, or how far it has come. */
export interface Remembered {
  reply?: Doc;
  progress?: Doc;
}

/** Logical sessions: their transactions, and the answers to retryable writes. Commands carry checked `lsid` and `txnNumber`. */
export class Sessions {
  private readonly sessions = new Map<string, Session>();
  private readonly transactions: Transactions;
  /** The key of the answer from which on the next sweep looks. */
  private sweepsFrom = RETRY;

  constructor(transactions: Transactions) {
    this.transactions = transactions;
  }

  private find(lsid: Doc): Session {
    const id = Buffer.from((lsid.id as Binary).value()).toString('hex');
    let session = this.sessions.get(id);
    if (session === undefined) {
      session = { id, txnNumber: -1, transaction: undefined, outcome: 'none', committing: undefined, lastUse: 0 };
      this.sessions.set(id, session);
    }
    session.lastUse = Date.now();
    return session;
  }

  /** The commit that a command of a transaction must wait for, whichever connection it was sent over. */
  commitUnderWay(body: Doc): Promise<void> | undefined {
    return this.find(body.lsid as Doc).committing;
  }

  /** The transaction that a command belongs to, begun if the command asks for it; undefined outside of one. */
  transactionOf(body: Doc, view: KeyValue): Transaction | undefined {
    if (body.autocommit !== false) return undefined;
    const session = this.find(body.lsid as Doc);
    const txnNumber = toDouble(body.txnNumber);
    if (txnNumber < session.txnNumber) throw tooOld(txnNumber, session.txnNumber);
    if (body.startTransaction === true) {
      // The number of a transaction that has ended, or of a retryable write, cannot be used again either.
      if (txnNumber === session.txnNumber || this.remembered(view, body) !== undefined) {
        throw failure(
          117,
          `Cannot start a transaction at given transaction number ${txnNumber} a transaction with the same number is already in progress`,
        );
      }
      if (session.transaction !== undefined) this.transactions.abort(session.transaction);
      session.txnNumber = txnNumber;
      session.outcome = 'none';
      session.transaction = this.transactions.begin();
      return session.transaction;
    }
    if (txnNumber === session.txnNumber && session.outcome === 'committed') throw committed(txnNumber);
    const { transaction } = session;
    if (txnNumber !== session.txnNumber || transaction?.state !== 'open') throw noSuchTransaction(txnNumber);
    return transaction;
  }

  /** Ends a command's transaction after an error: nothing of it may be committed any more. */
  fail(body: Doc): void {
    if (body.autocommit !== false) return;
    const session = this.find(body.lsid as Doc);
    const { transaction } = session;
    if (session.txnNumber !== toDouble(body.txnNumber) || transaction?.state !== 'open') return;
    this.transactions.abort(transaction);
    session.transaction = undefined;
    session.outcome = 'aborted';
  }

  /** Commits a transaction; resolves when it is on disk. To be called when no other commit of the session is under way. */
  async commit(body: Doc, view: KeyValue): Promise<void> {
    const session = this.find(body.lsid as Doc);
    const txnNumber = toDouble(body.txnNumber);
    if (txnNumber === session.txnNumber && session.outcome === 'committed') return;
    if (this.remembered(view, body)?.reply !== undefined) return;
    const { transaction } = session;
    if (txnNumber !== session.txnNumber || transaction?.state !== 'open') throw noSuchTransaction(txnNumber);
    const finished = this.finish(session, transaction, body);
    const settled = () => undefined;
    session.committing = finished.then(settled, settled);
    await finished;
  }

  private async finish(session: Session, transaction: Transaction, body: Doc): Promise<void> {
    try {
      await this.transactions.commit(transaction, (target) => this.remember(target.view, body, { reply: { ok: 1 } }));
      session.outcome = 'committed';
    } catch (error) {
      session.outcome = 'aborted';
      throw error;
    } finally {
      session.transaction = undefined;
      session.committing = undefined;
    }
  }

  abort(body: Doc, view: KeyValue): void {
    const session = this.find(body.lsid as Doc);
    const txnNumber = toDouble(body.txnNumber);
    if (this.remembered(view, body)?.reply !== undefined) throw committed(txnNumber);
    const { transaction } = session;
    if (txnNumber !== session.txnNumber || transaction === undefined) throw noSuchTransaction(txnNumber);
    this.transactions.abort(transaction);
    session.transaction = undefined;
    session.outcome = 'aborted';
  }

  /** What is known of a retryable write, or of a commit, if this is its repetition. */
  remembered(view: KeyValue, body: Doc): Remembered | undefined {
    const stored = view.get(retryKey(body));
    if (stored === undefined) return undefined;
    const txnNumber = toDouble(decodeFields(stored, TXN_NUMBER).txnNumber);
    const wanted = toDouble(body.txnNumber);
    if (wanted < txnNumber) throw tooOld(wanted, txnNumber);
    return wanted === txnNumber ? (decode(stored) as Remembered) : undefined;
  }

  /** Remembers the answer to a retryable write, or how far one has come that has to wait, in the group of what it has done. */
  remember(view: KeyValue, body: Doc, what: Remembered): void {
    const txnNumber = Long.fromNumber(toDouble(body.txnNumber));
    view.put(retryKey(body), encode({ txnNumber, at: new Date(), ...what }));
  }

  /** Forgets sessions, and some of the answers, that nobody asked about for a long time; the next sweep goes on from there. */
  expire(view: KeyValue, now = Date.now()): void {
    for (const session of this.sessions.values()) {
      if (now - session.lastUse > SESSION_LIFETIME) this.drop(session);
    }
    const answers = view.entries({ low: this.sweepsFrom, high: RETRY_END }, ANSWERS_AT_ONCE, false);
    for (const { key, value } of answers)
      if (now - (decodeFields(value, AT).at as Date).getTime() > SESSION_LIFETIME) view.remove(key);
    const last = answers.length < ANSWERS_AT_ONCE ? undefined : answers.at(-1);
    this.sweepsFrom = last === undefined ? RETRY : Buffer.concat([last.key, Buffer.of(0)]);
  }

  end(lsids: readonly Doc[]): void {
    for (const lsid of lsids) this.drop(this.find(lsid));
  }

  endAll(): void {
    for (const session of this.sessions.values()) this.drop(session);
  }

  /** Forgets a session, unless somebody may still ask how its commit ends. */
  private drop(session: Session): void {
    if (session.committing !== undefined) return;
    if (session.transaction !== undefined) this.transactions.abort(session.transaction);
    this.sessions.delete(session.id);
  }
}

function retryKey(body: Doc): Buffer {
  const { id } = body.lsid as { id: Binary };
  return Buffer.concat([RETRY, id.value()]);
}

const committed = (txnNumber: number) =>
  failure(256, `Transaction with { txnNumber: ${txnNumber} } has been committed.`);

const tooOld = (given: number, active: number) =>
  failure(
    225,
    `Cannot start transaction ${given} on session because a newer transaction ${active} has already started`,
  );
