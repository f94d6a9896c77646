import { Binary, Long } from 'bson';
import { CommandError } from '../errors.ts';
import { type Doc, encode } from '../values/codec.ts';
import { decode, decodeFields } from '../values/decode.ts';
import { toDouble } from '../values/numeric.ts';
import type { KeyValue } from './store.ts';
import { noSuchTransaction, type Transaction, type Transactions } from './transactions.ts';

/** How long a session is remembered after its last use, in milliseconds. */
const SESSION_LIFETIME = 30 * 60_000;

const RETRY = Buffer.of(0, 0, 0, 1);
const TXN_NUMBER = new Set(['txnNumber']);

interface Session {
  id: string;
  /** The latest transaction number seen. */
  txnNumber: number;
  transaction: Transaction | undefined;
  /** How the transaction with `txnNumber` ended. */
  outcome: 'none' | 'committed' | 'aborted';
  lastUse: number;
}

/** Logical sessions: their transactions, and the answers to retryable writes. */
export class Sessions {
  private readonly sessions = new Map<string, Session>();
  private readonly transactions: Transactions;

  constructor(transactions: Transactions) {
    this.transactions = transactions;
  }

  private find(lsid: Doc): Session {
    const binary = lsid.id;
    const id = binary instanceof Binary ? Buffer.from(binary.value()).toString('hex') : String(binary);
    let session = this.sessions.get(id);
    if (session === undefined) {
      session = { id, txnNumber: -1, transaction: undefined, outcome: 'none', lastUse: 0 };
      this.sessions.set(id, session);
    }
    session.lastUse = Date.now();
    return session;
  }

  /** The transaction that a command belongs to, begun if the command asks for it; undefined outside of one. */
  transactionOf(body: Doc): Transaction | undefined {
    if (body.autocommit !== false || body.lsid === undefined) return undefined;
    const session = this.find(body.lsid as Doc);
    const txnNumber = toDouble(body.txnNumber);
    if (txnNumber < session.txnNumber) throw tooOld(txnNumber, session.txnNumber);
    if (body.startTransaction === true) {
      if (txnNumber === session.txnNumber && session.transaction !== undefined) {
        throw new CommandError(
          117,
          'ConflictingOperationInProgress',
          `Cannot start a transaction at given transaction number ${txnNumber} a transaction with the same number is already in progress`,
        );
      }
      if (session.transaction !== undefined) this.transactions.abort(session.transaction);
      session.txnNumber = txnNumber;
      session.outcome = 'none';
      session.transaction = this.transactions.begin();
      return session.transaction;
    }
    if (txnNumber === session.txnNumber && session.outcome === 'committed') {
      throw new CommandError(
        256,
        'TransactionCommitted',
        `Transaction with { txnNumber: ${txnNumber} } has been committed.`,
      );
    }
    const { transaction } = session;
    if (txnNumber !== session.txnNumber || transaction?.state !== 'open') throw noSuchTransaction(txnNumber);
    return transaction;
  }

  /** Ends a command's transaction after an error: nothing of it may be committed any more. */
  fail(body: Doc): void {
    if (body.autocommit !== false || body.lsid === undefined) return;
    const session = this.find(body.lsid as Doc);
    if (session.txnNumber !== toDouble(body.txnNumber) || session.transaction === undefined) return;
    this.transactions.abort(session.transaction);
    session.transaction = undefined;
    session.outcome = 'aborted';
  }

  async commit(body: Doc, view: KeyValue): Promise<void> {
    const session = this.find(body.lsid as Doc);
    const txnNumber = toDouble(body.txnNumber);
    if (txnNumber === session.txnNumber && session.outcome === 'committed') return;
    if (this.storedReply(view, body) !== undefined) return;
    const { transaction } = session;
    if (txnNumber !== session.txnNumber || transaction?.state !== 'open') throw noSuchTransaction(txnNumber);
    await this.transactions.commit(transaction, true, (target) => this.storeReply(target.view, body, { ok: 1 }));
    session.transaction = undefined;
    session.outcome = 'committed';
  }

  abort(body: Doc): void {
    const session = this.find(body.lsid as Doc);
    const txnNumber = toDouble(body.txnNumber);
    if (txnNumber === session.txnNumber && session.outcome === 'committed') {
      throw new CommandError(
        256,
        'TransactionCommitted',
        `Transaction with { txnNumber: ${txnNumber} } has been committed.`,
      );
    }
    const { transaction } = session;
    if (txnNumber !== session.txnNumber || transaction === undefined) throw noSuchTransaction(txnNumber);
    this.transactions.abort(transaction);
    session.transaction = undefined;
    session.outcome = 'aborted';
  }

  /** What a retryable write answered before, if this is its repetition. */
  storedReply(view: KeyValue, body: Doc): Doc | undefined {
    const stored = view.get(retryKey(body));
    if (stored === undefined) return undefined;
    const txnNumber = toDouble(decodeFields(stored, TXN_NUMBER).txnNumber);
    const wanted = toDouble(body.txnNumber);
    if (wanted < txnNumber) throw tooOld(wanted, txnNumber);
    return wanted === txnNumber ? (decode(stored).reply as Doc) : undefined;
  }

  /** Remembers the answer to a retryable write, in the group of the write itself. */
  storeReply(view: KeyValue, body: Doc, reply: Doc): void {
    view.put(retryKey(body), encode({ txnNumber: Long.fromNumber(toDouble(body.txnNumber)), at: new Date(), reply }));
  }

  /** Forgets sessions and answers that nobody asked about for a long time. */
  expire(view: KeyValue, now = Date.now()): void {
    for (const session of this.sessions.values()) {
      if (now - session.lastUse > SESSION_LIFETIME) this.drop(session);
    }
    for (const { key, value } of view.entries({ low: RETRY, high: Buffer.of(0, 0, 0, 2) }, 10_000, false)) {
      if (now - (decode(value).at as Date).getTime() > SESSION_LIFETIME) view.remove(key);
    }
  }

  end(lsids: readonly Doc[]): void {
    for (const lsid of lsids) this.drop(this.find(lsid));
  }

  endAll(): void {
    for (const session of this.sessions.values()) this.drop(session);
  }

  private drop(session: Session): void {
    if (session.transaction !== undefined) this.transactions.abort(session.transaction);
    this.sessions.delete(session.id);
  }
}

function retryKey(body: Doc): Buffer {
  const { id } = body.lsid as { id: Binary };
  return Buffer.concat([RETRY, id.value()]);
}

const tooOld = (given: number, active: number) =>
  new CommandError(
    225,
    'TransactionTooOld',
    `Cannot start transaction ${given} on session because a newer transaction ${active} has already started`,
  );
