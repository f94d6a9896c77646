import { randomUUID } from 'node:crypto';
import { trusted } from 'mongoose';
import { AppError } from '#platform';
import type { Adapter, Answer } from './adapter.ts';
import { backoff } from './backoff.ts';
import type { Delivery } from './deliveries.service.ts';
import { recordOf } from './record.ts';
import type { RegistryHost } from './settings.ts';

/** How long a delivery waits for a sender that died. A living one renews its claim, so that it does not end under a request. */
const claimMs = 10_000;
const attemptMs = 30_000;
/** How often a quiet process looks for deliveries that another one left, in milliseconds. */
const lookMs = 5_000;
const atOnce = 4;
const keptAnswers = 20;
/** Due deliveries that a sender looks at before it claims one: a few more than there are senders. */
const candidates = 16;

/** What waits and nobody is sending. */
const claimable = (now: Date) => ({
  state: 'pending' as const,
  nextAt: trusted({ $lte: now }),
  claimedUntil: trusted({ $lte: now }),
});

/**
 * Sends what is due. Any number of processes may run one: an attempt begins with a claim that one of them gets. It is
 * marked uncertain before anything leaves, so that a process that dies in between makes the next one ask first.
 */
export class Sender {
  readonly #host: RegistryHost;
  readonly #adapter: Adapter;
  readonly #stop = new AbortController();
  readonly #lanes = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(host: RegistryHost, adapter: Adapter) {
    this.#host = host;
    this.#adapter = adapter;
  }

  /** Looks for due deliveries now. A lane that is busy looks again by itself. */
  wake(): void {
    if (this.#stop.signal.aborted || this.#lanes.size >= atOnce) return;
    const lane = this.#lane()
      .catch((error) => {
        this.#host.log.error({ err: error }, 'deliveries could not be looked through');
        this.#wakeIn(lookMs);
      })
      .finally(() => this.#lanes.delete(lane));
    this.#lanes.add(lane);
  }

  /** Cuts the requests under way; their deliveries stay uncertain and are asked for by whoever sends next. */
  async stop(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await Promise.all(this.#lanes);
  }

  /** Takes one due delivery after the other, and opens a second lane where there is more to do. */
  async #lane(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const delivery = await this.#claim();
      if (!delivery) return this.#wakeIn(await this.#untilNext());
      this.wake();
      await this.#attempt(delivery);
    }
  }

  #wakeIn(delayMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#stop.signal.aborted) this.#timer = setTimeout(() => this.wake(), delayMs);
  }

  async #untilNext(): Promise<number> {
    const next = await this.#host.models.deliveries
      .findOne({ state: 'pending', claimedUntil: trusted({ $lte: new Date() }) })
      .sort({ nextAt: 1, _id: 1 })
      .select({ nextAt: 1 })
      .lean();
    return next ? Math.min(Math.max(next.nextAt.getTime() - Date.now(), 5), lookMs) : lookMs;
  }

  /**
   * Claims one of the deliveries that have been due longest; undefined where none is. It is looked for first and claimed by its
   * id: on a sharded cluster `findAndModify` has to name the shard key
   * (https://www.mongodb.com/docs/v6.0/core/sharded-cluster-requirements/). Of several senders that found the same one only the
   * first still finds it unclaimed, so they take them in different orders.
   */
  async #claim(): Promise<Delivery | undefined> {
    for (;;) {
      const due = await this.#host.models.deliveries
        .find(claimable(new Date()))
        .sort({ nextAt: 1, _id: 1 })
        .limit(candidates)
        .select({ _id: 1 })
        .lean();
      for (const { _id } of shuffled(due)) {
        const claimed = await this.#claimOne(_id);
        if (claimed) return claimed;
      }
      if (due.length < candidates) return undefined;
    }
  }

  /** The delivery as it was before the claim, except for `claim` and `attempts`; undefined where another sender was first. */
  async #claimOne(_id: string): Promise<Delivery | undefined> {
    const now = new Date();
    const claim = randomUUID();
    const before = await this.#host.models.deliveries
      .findOneAndUpdate(
        { _id, ...claimable(now) },
        {
          $set: { claim, claimedUntil: new Date(now.getTime() + claimMs), uncertain: true },
          $inc: { attempts: 1 },
        },
        { returnDocument: 'before' },
      )
      .lean();
    return before ? { ...before, claim, attempts: before.attempts + 1 } : undefined;
  }

  async #attempt(delivery: Delivery): Promise<void> {
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(attemptMs)]);
    const renewal = setInterval(() => void this.#renew(delivery), claimMs / 4);
    const sent = await this.#send(delivery, signal).finally(() => clearInterval(renewal));
    if (this.#stop.signal.aborted && sent.answer.kind !== 'accepted') return this.#release(delivery);
    const answer = await this.#ownNumber(delivery, sent.answer);
    await this.#settle(delivery, answer, sent.uncertain || answer !== sent.answer);
  }

  /** `uncertain` says whether the registry may hold the record in spite of the answer. */
  async #send(delivery: Delivery, signal: AbortSignal): Promise<{ answer: Answer; uncertain: boolean }> {
    if (delivery.uncertain) {
      const found = await this.#adapter.find(delivery.key, signal);
      if (found.kind !== 'absent') return { answer: found, uncertain: found.kind !== 'accepted' };
    }
    let idNumber: string;
    try {
      idNumber = await this.#host.accounts.idNumber(delivery.learner, 'registry');
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { answer: { kind: 'refused', code: 'no-id-number', reason: 'no ID number' }, uncertain: false };
    }
    const answer = await this.#adapter.submit(recordOf(delivery, idNumber), signal);
    return { answer, uncertain: answer.kind === 'unknown' };
  }

  /** Takes a number for this delivery. One that another award has already proves nothing: the registry is asked again. */
  async #ownNumber({ _id }: Delivery, answer: Answer): Promise<Answer> {
    if (answer.kind !== 'accepted') return answer;
    const { numbers } = this.#host.models;
    const mine = { _id: answer.number, delivery: _id };
    await numbers.updateOne({ _id: answer.number }, { $setOnInsert: mine }, { upsert: true });
    const holder = await numbers.findById(answer.number).lean();
    if (holder?.delivery === _id) return answer;
    this.#host.log.error({ enrolment: _id, other: holder?.delivery }, 'the registry gave the number of another award');
    return { kind: 'unknown', reason: 'number of another award' };
  }

  async #renew({ _id, claim }: Delivery): Promise<void> {
    const claimedUntil = new Date(Date.now() + claimMs);
    await this.#host.models.deliveries.updateOne({ _id, claim }, { $set: { claimedUntil } }).catch((error) => {
      this.#host.log.warn({ err: error, enrolment: _id }, 'a claim could not be renewed');
    });
  }

  /** Gives the claim back at once, so that a restarted process need not wait for its end. */
  async #release({ _id, claim }: Delivery): Promise<void> {
    await this.#host.models.deliveries.updateOne({ _id, claim }, { $set: { claimedUntil: new Date(0) } });
  }

  async #settle(delivery: Delivery, answer: Answer, uncertain: boolean): Promise<void> {
    const { _id, claim, attempts } = delivery;
    const at = new Date();
    const reason = 'reason' in answer ? answer.reason : undefined;
    const answers = [...delivery.answers, { at, kind: answer.kind, ...(reason && { reason }) }].slice(-keptAnswers);
    const outcome = this.#outcome(answer, attempts, at);
    const { modifiedCount } = await this.#host.models.deliveries.updateOne(
      { _id, claim, state: 'pending' },
      { $set: { answers, uncertain, claimedUntil: new Date(0), claim: '', ...outcome } },
    );
    if (modifiedCount === 0) return;
    this.#host.log.info({ enrolment: _id, attempt: attempts, answer: answer.kind, reason }, 'delivery attempted');
    if (answer.kind !== 'accepted' && answer.kind !== 'refused') return;
    const number = answer.kind === 'accepted' ? { number: answer.number } : {};
    this.#host.publish(`enrolment:${_id}`, 'registry', { state: answer.kind, ...number });
    if (answer.kind === 'accepted') this.#host.emit('registry.accepted', { enrolment: _id, number: answer.number });
  }

  #outcome(answer: Answer, attempts: number, at: Date) {
    switch (answer.kind) {
      case 'accepted':
        return { state: 'accepted', number: answer.number, acceptedAt: at } as const;
      case 'refused':
        return { state: 'refused', refusal: answer.reason } as const;
      default: {
        const own = backoff(attempts, this.#host.settings.retryMs, Math.random());
        const wait = answer.kind === 'later' ? Math.max(own, answer.afterMs ?? 0) : own;
        return { nextAt: new Date(at.getTime() + wait) };
      }
    }
  }
}

/** The items in random order (Fisher–Yates). */
function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}
