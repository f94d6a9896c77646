import type { IncomingMessage } from 'node:http';
import { TokenBuckets } from './token-buckets.ts';

/** What was turned away, as `/metrics` says it. */
export const refusals = ['requests', 'messages', 'handshakes', 'sockets', 'unknown', 'foreign', 'barred'] as const;
export type Refusal = (typeof refusals)[number];

/** Requests that nobody has signed in for come from whole schools behind one address. */
const anonymousTimes = 10;
const burstSeconds = 10;
const faultCost = 10;
/** Of a request that no page of ours makes: cut short, or without its session's token. */
const forgedCost = 30;
/** What a session's refused requests and a person's refused messages cost: who goes on is served when they pause. */
const refusedCost = 2;
/** A connection reads the session and the account. */
const handshakeCost = 3;
/** How long somebody whose sockets were cut for flooding has to wait, in milliseconds; twice as long each time again. */
const barredMs = 30_000;
const longestBarMs = 15 * 60_000;
/** After so long without a flood the first one is forgotten. */
const forgivenMs = 60 * 60_000;
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
  readonly #barred = new Map<string, { until: number; ms: number }>();
  readonly #now: () => number;

  /** @param now a clock that never goes back, in milliseconds */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#now = now;
    const bucket = (times: number) =>
      new TokenBuckets({ perSecond: perSecond * times, burst: perSecond * times * burstSeconds }, now);
    this.#signedIn = bucket(1);
    this.#anonymous = bucket(anonymousTimes);
    this.#messages = bucket(1);
  }

  /** Whether a request may go on. `session` is the id that its cookie proves, if it proves one. */
  request(session: string | undefined, address: string, bytes: number): boolean {
    if (this.#perSecond === 0) return true;
    const cost = Math.min(mostUnits, 1 + bytes / unitBytes);
    if (session ? this.#signedIn.take(session, cost) : this.#anonymous.take(address, cost)) return true;
    // An address is shared by people who have done nothing.
    if (session) this.#signedIn.charge(session, refusedCost);
    return this.refuse('requests');
  }

  /** Whether a new connection may be made. */
  handshake(session: string | undefined, address: string): boolean {
    if (this.#perSecond === 0) return true;
    if (session && (this.#barred.get(session)?.until ?? 0) > this.#now()) return this.refuse('barred');
    const may = session ? this.#signedIn.take(session, handshakeCost) : this.#anonymous.take(address);
    return may || this.refuse('handshakes');
  }

  /** Whether a message of a person's may be served. */
  message(person: string, bytes: number): boolean {
    if (this.#perSecond === 0) return true;
    if (this.#messages.take(person, 1 + bytes / unitBytes)) return true;
    this.#messages.charge(person, refusedCost);
    return this.refuse('messages');
  }

  /** A request that was refused for what it asked costs more: people seldom make one, and attacks little else. */
  faultyRequest(session: string | undefined, address: string, isForged = false): void {
    if (this.#perSecond === 0) return;
    if (session) this.#signedIn.charge(session, isForged ? forgedCost : faultCost);
    else this.#anonymous.charge(address, faultCost);
  }

  /** The same of a message. */
  faultyMessage(person: string): void {
    if (this.#perSecond > 0) this.#messages.charge(person, faultCost);
  }

  /** Lets this session make no connection for a while, and for longer each time. */
  bar(session: string): void {
    const now = this.#now();
    for (const [one, { until }] of this.#barred) if (until + forgivenMs < now) this.#barred.delete(one);
    const before = this.#barred.get(session);
    const ms = before ? Math.min(longestBarMs, 2 * before.ms) : barredMs;
    this.#barred.set(session, { until: now + ms, ms });
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
