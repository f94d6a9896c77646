import type { Beat, GivenAnswer, Session } from './messages.ts';

/** A beat as the browser keeps it until the server has answered for it. */
interface KeptBeat extends Beat {
  token: string;
  learner: string;
  enrolment: string;
  lesson: string;
  /** An answer to a presence check, with the number of no beat. */
  answer?: GivenAnswer;
}

/** Beats of one session that a page left behind, in their order, and the answer that goes before them. */
export interface LeftBehind {
  session: Session;
  answer?: GivenAnswer;
  beats: Beat[];
}

/** The number under which an answer is kept: beats count from 1. */
const ANSWER_SEQ = 0;

const DATABASE = 'video-courses';
const STORE = 'beats';
/** After this even the day is long closed, and other people may use the browser. */
const OLDEST_MS = 7 * 86_400_000;

/**
 * Beats in IndexedDB, so that neither a lost network nor a closed tab loses more than the beat that was being made.
 * Where the browser keeps nothing (a private window), every call does nothing.
 */
export class KeptBeats {
  readonly #learner: string;
  readonly #database: Promise<IDBDatabase | undefined>;

  constructor(learner: string) {
    this.#learner = learner;
    this.#database = open().catch(() => undefined);
  }

  async add({ token, enrolment, lesson }: Session, beat: Beat): Promise<void> {
    const kept: KeptBeat = { ...beat, token, learner: this.#learner, enrolment, lesson };
    await this.#work('readwrite', (store) => store.put(kept));
  }

  async addAnswer({ token, enrolment, lesson }: Session, answer: GivenAnswer): Promise<void> {
    const beat = { seq: ANSWER_SEQ, ranges: [], rate: 1, sentAt: answer.answeredAt };
    const kept: KeptBeat = { ...beat, token, learner: this.#learner, enrolment, lesson, answer };
    await this.#work('readwrite', (store) => store.put(kept));
  }

  async forgetAnswer({ token }: Session): Promise<void> {
    await this.#delete([[token, ANSWER_SEQ]]);
  }

  async forget({ token }: Session, beats: readonly Beat[]): Promise<void> {
    await this.#delete(beats.map(({ seq }) => [token, seq]));
  }

  /** What this person's pages left behind in this browser. What is too old to count is thrown away. */
  async leftBehind(now: number): Promise<LeftBehind[]> {
    const all = ((await this.#work('readonly', (store) => store.getAll())) ?? []) as KeptBeat[];
    const old = new Set(all.filter(({ sentAt }) => sentAt < now - OLDEST_MS));
    if (old.size > 0) await this.#delete([...old].map(({ token, seq }) => [token, seq]));
    const groups = new Map<string, LeftBehind>();
    for (const kept of all) {
      const { token, learner, enrolment, lesson, answer, ...beat } = kept;
      if (learner !== this.#learner || old.has(kept)) continue;
      const group = groups.get(token) ?? { session: { token, enrolment, lesson }, beats: [] };
      if (answer) group.answer = answer;
      else group.beats.push(beat);
      groups.set(token, group);
    }
    return [...groups.values()];
  }

  async #delete(keys: [string, number][]): Promise<void> {
    await this.#work('readwrite', (store) => {
      for (const key of keys) store.delete(key);
      return undefined;
    });
  }

  async #work<T>(
    mode: IDBTransactionMode,
    work: (store: IDBObjectStore) => IDBRequest<T> | undefined,
  ): Promise<T | undefined> {
    const database = await this.#database;
    if (!database) return undefined;
    return new Promise((resolve) => {
      try {
        const transaction = database.transaction(STORE, mode);
        const request = work(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(request ? request.result : undefined);
        transaction.onerror = () => resolve(undefined);
        transaction.onabort = () => resolve(undefined);
      } catch {
        resolve(undefined);
      }
    });
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ['token', 'seq'] });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
