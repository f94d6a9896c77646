import { type InferSchemaType, trusted } from 'mongoose';
import { type Enrolment, errors, type Paging, unscoped, type Viewer, within } from '#platform';
import type { deliverySchema } from './delivery.model.ts';
import { recordKey } from './record.ts';
import type { RegistryHost } from './settings.ts';

export type Delivery = InferSchemaType<typeof deliverySchema>;
export type DeliveryState = Delivery['state'];

/** Where an enrolment stands at the registry. */
export interface RegistryState {
  state: 'none' | DeliveryState;
  number?: string;
  at?: Date;
  /** When it was put in the outbox. */
  submittedAt?: Date;
  reason?: string;
}

/** Deliveries that one press retries. */
const MAX_RETRIED = 2_000;

/** The outbox as people and other plugins see it. */
export class Deliveries {
  readonly #host: RegistryHost;

  constructor(host: RegistryHost) {
    this.#host = host;
  }

  get #deliveries() {
    return this.#host.models.deliveries;
  }

  /** Puts a qualified enrolment into the outbox; a second time changes nothing. @throws core:not-found */
  async create(enrolmentId: string): Promise<void> {
    if (await this.#deliveries.exists({ _id: enrolmentId })) return;
    const enrolment = await this.#host.enrolments.get(enrolmentId, unscoped({}));
    const delivery = { _id: enrolmentId, ...(await this.#content(enrolment)) };
    await this.#deliveries.updateOne({ _id: enrolmentId }, { $setOnInsert: delivery }, { upsert: true });
  }

  async stateOf(enrolment: string): Promise<RegistryState> {
    const delivery = await this.#deliveries.findById(enrolment).lean();
    if (!delivery) return { state: 'none' };
    const { state, number, acceptedAt, refusal, createdAt } = delivery;
    return {
      state,
      at: acceptedAt ?? createdAt,
      submittedAt: createdAt,
      ...(number && { number }),
      ...(state === 'refused' && refusal && { reason: refusal }),
    };
  }

  /** Everything that the registry accepted from a moment on, oldest first. */
  async *acceptedSince(at: Date): AsyncGenerator<{ enrolment: string; number: string }> {
    const found = this.#deliveries.find({ acceptedAt: trusted({ $gte: at }) }).sort({ acceptedAt: 1, _id: 1 });
    for await (const { _id, number } of found.select({ number: 1 }).lean().cursor({ batchSize: 500 })) {
      if (number) yield { enrolment: _id, number };
    }
  }

  /** One page of the viewer's scope, the newest first, and how many there are in each state. */
  async list(viewer: Viewer, state: DeliveryState | undefined, page: Paging) {
    const roles = this.#host.rolesFor('view');
    const filter = within(viewer, roles, state ? { state } : {});
    const [rows, counts] = await Promise.all([
      this.#deliveries.find(filter).sort({ createdAt: -1, _id: 1 }).skip(page.skip).limit(page.limit).lean(),
      this.counts(viewer),
    ]);
    const total = state ? counts[state] : counts.pending + counts.accepted + counts.refused;
    return { rows, total, counts };
  }

  /** How many there are in each state, in the viewer's scope or, without a viewer, at all. */
  async counts(viewer?: Viewer): Promise<Record<DeliveryState, number>> {
    const roles = this.#host.rolesFor('view');
    const count = (state: DeliveryState) =>
      this.#deliveries.countDocuments(viewer ? within(viewer, roles, { state }) : unscoped({ state }));
    const [pending, accepted, refused] = await Promise.all([count('pending'), count('accepted'), count('refused')]);
    return { pending, accepted, refused };
  }

  /** Whether deliveries wait for a person (`refused`) or for long (`waiting` since). */
  async health(): Promise<{ pending: number; refused: number; oldest: Date | undefined }> {
    const waiting = this.#deliveries
      .findOne({ state: 'pending' })
      .sort({ createdAt: 1, _id: -1 })
      .select({ createdAt: 1 })
      .lean();
    const [{ pending, refused }, oldest] = await Promise.all([this.counts(), waiting]);
    return { pending, refused, oldest: oldest?.createdAt };
  }

  /** @throws core:not-found outside the viewer's scope */
  async get(viewer: Viewer, enrolment: string): Promise<Delivery> {
    const filter = within(viewer, this.#host.rolesFor('view'), { _id: enrolment });
    const delivery = await this.#deliveries.findOne(filter).lean();
    if (!delivery) throw errors.notFound();
    return delivery;
  }

  /**
   * Another attempt now. A refused record is read anew, so that what was corrected meanwhile is sent; a pending one is
   * only sent sooner.
   * @throws core:not-found outside the viewer's scope
   */
  async retry(viewer: Viewer, id: string): Promise<void> {
    const mayRetry = within(viewer, this.#host.rolesFor('retry'), { _id: id });
    const delivery = await this.#deliveries.findOne(mayRetry).lean();
    if (!delivery) throw errors.notFound();
    const again = { nextAt: new Date() };
    if (delivery.state === 'refused') {
      const enrolment = await this.#host.enrolments.get(id, unscoped({}));
      const content = await this.#content(enrolment);
      const answers = [...delivery.answers, { at: new Date(), kind: 'retry', reason: viewer.name }];
      const fresh = { ...content, ...again, answers, state: 'pending' as const, attempts: 0 };
      await this.#deliveries.updateOne({ _id: id, state: 'refused' }, { $set: fresh, $unset: { refusal: 1 } });
    } else {
      await this.#deliveries.updateOne({ _id: id, state: 'pending' }, { $set: again });
    }
    await this.#host.audit.record({ actor: viewer.id, action: 'delivery.retry', subject: id });
  }

  /** Another attempt at everything that was refused, in the viewer's scope; resolves with how many there are. */
  async retryRefused(viewer: Viewer): Promise<number> {
    const mayRetry = within(viewer, this.#host.rolesFor('retry'), { state: 'refused' as const });
    const refused = this.#deliveries.find(mayRetry).sort({ createdAt: -1, _id: 1 }).limit(MAX_RETRIED);
    const ids = (await refused.select({ _id: 1 }).lean()).map(({ _id }) => _id);
    for (const id of ids) await this.retry(viewer, id);
    return ids.length;
  }

  async #content(enrolment: Enrolment) {
    const programme = await this.#host.programmes.get(enrolment.programme);
    const [provider, user] = await Promise.all([
      this.#host.regions.organisation(programme.provider),
      this.#host.accounts.get(enrolment.learner),
    ]);
    return {
      key: recordKey(enrolment._id),
      learner: enrolment.learner,
      programme: programme._id,
      scopes: [...enrolment.scopes, `organisation:${programme.provider}`],
      name: user.name,
      idMasked: user.idMasked ?? '',
      programmeTitle: programme.title.zh,
      provider: provider.name.zh,
      hours: programme.hours,
      score: enrolment.total,
      qualifiedAt: enrolment.qualifiedAt ?? new Date(),
    };
  }
}
