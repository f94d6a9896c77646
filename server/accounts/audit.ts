import { type ClientSession, type InferSchemaType, type Model, trusted } from 'mongoose';
import { pageOf } from '../page-of.ts';
import type { auditSchema } from './user.model.ts';

export type AuditEntry = InferSchemaType<typeof auditSchema>;

interface NewEntry {
  /** Who did it; absent for the platform itself. */
  actor?: string | undefined;
  /** `<noun>.<verb>` */
  action: string;
  subject?: string | undefined;
  /** Plain values; never secrets or ID numbers. */
  details?: Record<string, unknown>;
}

/** The log of acts that somebody may have to answer for. Entries are only ever added. */
export class Audit {
  readonly #entries: Model<AuditEntry>;

  constructor(entries: Model<AuditEntry>) {
    this.#entries = entries;
  }

  /** With a session the entry becomes durable together with what it tells of. */
  async record(entry: NewEntry, session?: ClientSession): Promise<void> {
    const whole = { ...entry, actor: entry.actor ?? null, subject: entry.subject ?? null };
    await this.#entries.create([whole], session && { session });
  }

  /** The newest entries first, of an action, and about or by somebody or something of `about`, where these are given. */
  async search(
    { action, about }: { action?: string | undefined; about?: string[] | undefined },
    page: { skip: number; limit: number },
  ) {
    const ids = about && trusted({ $in: about });
    const filter = { ...(action && { action }), ...(ids && { $or: [{ subject: ids }, { actor: ids }] }) };
    const rows = this.#entries.find(filter).sort({ at: -1 }).skip(page.skip).limit(page.limit).lean();
    return pageOf(page, rows, () => this.#entries.countDocuments(filter));
  }
}
