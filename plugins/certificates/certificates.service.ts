import { randomBytes } from 'node:crypto';
import type { InferSchemaType } from 'mongoose';
import {
  beijingDay,
  errors,
  isSameName,
  normaliseName,
  type Paging,
  pageOf,
  unscoped,
  type Viewer,
  within,
} from '#platform';
import type { certificateSchema } from './certificate.model.ts';
import { certificateNumber } from './certificate-number.ts';
import type { CertificatesHost } from './settings.ts';

export type Certificate = InferSchemaType<typeof certificateSchema>;

/** Looking back further than the newest certificate covers registrations that were told in another order. */
const overlapMs = 86_400_000;

/** Issues, finds and revokes certificates. */
export class Certificates {
  readonly #host: CertificatesHost;

  constructor(host: CertificatesHost) {
    this.#host = host;
  }

  get #certificates() {
    return this.#host.models.certificates;
  }

  /** Issues the certificate of a qualified enrolment; a second time changes nothing. @throws core:not-found */
  async issue(enrolmentId: string, registryNumber?: string): Promise<void> {
    if (await this.#certificates.exists({ _id: enrolmentId })) return;
    const enrolment = await this.#host.enrolments.get(enrolmentId, unscoped({}));
    const programme = await this.#host.programmes.get(enrolment.programme);
    const [provider, organisation, user] = await Promise.all([
      this.#host.regions.organisation(programme.provider),
      this.#host.regions.organisation(enrolment.organisation),
      this.#host.accounts.get(enrolment.learner),
    ]);
    const issuedAt = new Date();
    const certificate = {
      _id: enrolmentId,
      learner: enrolment.learner,
      programme: programme._id,
      scopes: [...enrolment.scopes, `organisation:${programme.provider}`],
      number: await this.#nextNumber(issuedAt),
      code: randomBytes(16).toString('base64url'),
      name: user.name,
      idMasked: user.idMasked ?? '',
      title: programme.title,
      provider: provider.name,
      organisation: organisation.name,
      hours: programme.hours,
      score: enrolment.total,
      term: { from: programme.term.from, to: programme.term.to },
      qualifiedAt: enrolment.qualifiedAt ?? issuedAt,
      issuedAt,
      ...(registryNumber && { registryNumber }),
    };
    const { upsertedCount } = await this.#certificates.updateOne(
      { _id: enrolmentId },
      { $setOnInsert: certificate },
      { upsert: true },
    );
    if (upsertedCount === 0) return;
    this.#host.log.info({ enrolment: enrolmentId, number: certificate.number }, 'certificate issued');
    this.#host.publish(`enrolment:${enrolmentId}`, 'certificate', { number: certificate.number });
    this.#host.emit('certificate.issued', {
      enrolment: enrolmentId,
      learner: enrolment.learner,
      number: certificate.number,
    });
  }

  /** Issues what registrations since the newest certificate have no certificate yet, as after a crash. */
  async catchUp(): Promise<void> {
    const registry = this.#host.tryUse('registry');
    if (!registry) return;
    const newest = await this.#certificates.findOne().sort({ issuedAt: -1, _id: 1 }).select({ issuedAt: 1 }).lean();
    const since = new Date(newest ? newest.issuedAt.getTime() - overlapMs : 0);
    for await (const { enrolment, number } of registry.acceptedSince(since)) {
      await this.issue(enrolment, number).catch((error) =>
        this.#host.log.error({ err: error, enrolment }, 'certificate not issued'),
      );
    }
  }

  /** Any enrolment's certificate; the caller has checked who asks. */
  of(enrolment: string): Promise<Certificate | null> {
    return this.#certificates.findById(enrolment).lean();
  }

  /** The viewer's own, or one in their scope. @throws core:not-found */
  async get(viewer: Viewer, enrolment: string): Promise<Certificate> {
    const isOwn = { _id: enrolment, learner: viewer.id };
    const inScope = within(viewer, this.#host.rolesFor('view'), { _id: enrolment });
    const found = await this.#certificates.findOne({ $or: [isOwn, inScope] }).lean();
    if (!found) throw errors.notFound();
    return found;
  }

  ofLearner(viewer: Viewer): Promise<Certificate[]> {
    return this.#certificates.find({ learner: viewer.id }).sort({ issuedAt: -1, _id: 1 }).lean();
  }

  /** One page of the viewer's scope, the newest first; `text` narrows to a number or a name. */
  async list(viewer: Viewer, text: string, page: Paging): Promise<{ rows: Certificate[]; total: number }> {
    const wanted = text ? { $or: [{ number: text.toUpperCase() }, { name: normaliseName(text) }] } : {};
    const filter = within(viewer, this.#host.rolesFor('view'), wanted);
    const rows = this.#certificates
      .find(filter)
      .sort({ issuedAt: -1, _id: 1 })
      .skip(page.skip)
      .limit(page.limit)
      .lean();
    return pageOf(page, rows, () => this.#certificates.countDocuments(filter));
  }

  byCode(code: string): Promise<Certificate | null> {
    return this.#certificates.findOne({ code }).sort({ _id: 1 }).lean();
  }

  /** The certificate of this number if it is this person's. */
  async byNumber(number: string, name: string): Promise<Certificate | undefined> {
    const found = await this.#certificates.findOne({ number }).sort({ _id: 1 }).lean();
    return found && isSameName(found.name, name) ? found : undefined;
  }

  /** Declares a certificate void; it stays on record and its check page says so. @throws core:not-found */
  async revoke(viewer: Viewer, enrolment: string, reason: string): Promise<void> {
    const mayRevoke = within(viewer, this.#host.rolesFor('revoke'), { _id: enrolment });
    const revoked = { at: new Date(), by: viewer.id, reason };
    const { matchedCount } = await this.#certificates.updateOne(
      { $and: [mayRevoke, { revoked: null }] },
      { $set: { revoked } },
    );
    if (matchedCount === 0) throw errors.notFound();
    await this.#host.audit.record({
      actor: viewer.id,
      action: 'certificate.revoke',
      subject: enrolment,
      details: { reason },
    });
    this.#host.publish(`enrolment:${enrolment}`, 'certificate', { revoked: true });
  }

  checkUrl(code: string): string {
    return `${this.#host.publicUrl}/certificates/check/${code}`;
  }

  async #nextNumber(at: Date): Promise<string> {
    const { prefix } = this.#host.settings;
    const year = Number(beijingDay(at).slice(0, 4));
    const counter = await this.#host.models.counters
      .findOneAndUpdate({ _id: `${prefix}${year}` }, { $inc: { last: 1 } }, { upsert: true, returnDocument: 'after' })
      .lean();
    return certificateNumber(prefix, year, counter?.last ?? 1);
  }
}
