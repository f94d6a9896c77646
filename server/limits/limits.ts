import type { IncomingMessage } from 'node:http';
import { TokenBuckets } from './token-buckets.ts';

/** What was turned away, as `/metrics` says it. */
export const refusals = ['requests', 'messages', 'handshakes', 'sockets', 'unknown', 'foreign', 'barred'] as const;
export type Refusal = (typeof refusals)[number];

/** Requests that nobody has signed in for come from whole schools behind one address. */
const anonymousTimes = 10;
const burstSeconds = 10;
const faultCost = 10;
/** How long somebody whose sockets were cut for flooding has to wait, in milliseconds. */
const barredMs = 30_000;
/** Bytes that weigh as much as one more message or request. */
const unitBytes = 4096;
/** The most that one request weighs: an upload is one piece of work, however long. */
const mostUnits = 20;

/** Keeps one account or address from taking what belongs to all. `perSecond` 0 lifts the limits. */
export class Limits {
  readonly refused = new Map<Refusal, number>();
  readonly #perSecond: number;
  readonly #signedIn: TokenBuckets;
  readonly #anonymous: TokenBuckets;
  readonly #messages: TokenBuckets;
  readonly #barred = new Map<string, number>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    const bucket = (times: number) =>
      new TokenBuckets({ perSecond: perSecond * times, burst: perSecond * times * burstSeconds });
    this.#signedIn = bucket(1);
    this.#anonymous = bucket(anonymousTimes);
    this.#messages = bucket(1);
  }

  /** Whether a request may go on. `session` is the id that its cookie proves, if it proves one. */
  request(session: string | undefined, address: string, bytes: number): boolean {
    if (this.#perSecond === 0) return true;
    const cost = Math.min(mostUnits, 1 + bytes / unitBytes);
    const may = session ? this.#signedIn.take(session, cost) : this.#anonymous.take(address, cost);
    return may || this.refuse('requests');
  }

  /** Whether a new connection may be made. */
  handshake(session: string | undefined, address: string): boolean {
    if (this.#perSecond === 0) return true;
    if (session && (this.#barred.get(session) ?? 0) > Date.now()) return this.refuse('barred');
    const may = session ? this.#signedIn.take(session) : this.#anonymous.take(address);
    return may || this.refuse('handshakes');
  }

  /** Whether a message of a person's may be served. */
  message(person: string, bytes: number): boolean {
    if (this.#perSecond === 0) return true;
    return this.#messages.take(person, 1 + bytes / unitBytes) || this.refuse('messages');
  }

  /** A request that was refused for what it asked costs more: people seldom make one, and attacks little else. */
  faultyRequest(session: string | undefined, address: string): void {
    if (this.#perSecond === 0) return;
    if (session) this.#signedIn.charge(session, faultCost);
    else this.#anonymous.charge(address, faultCost);
  }

  /** The same of a message. */
  faultyMessage(person: string): void {
    if (this.#perSecond > 0) this.#messages.charge(person, faultCost);
  }

  /** Lets this session make no connection for a while. */
  bar(session: string): void {
    const now = Date.now();
    for (const [one, until] of this.#barred) if (until < now) this.#barred.delete(one);
    this.#barred.set(session, now + barredMs);
  }

  refuse(what: Refusal): false {
    this.refused.set(what, (this.refused.get(what) ?? 0) + 1);
    return false;
  }
}

/** What a request says that its body weighs; one that says nothing is taken for a large form. */
export function bodyBytes({ headers }: Pick<IncomingMessage, 'headers'>): number {
  if (headers['transfer-encoding'] !== undefined) return 8 * unitBytes;
  return Number(headers['content-length'] ?? 0) || 0;
}
