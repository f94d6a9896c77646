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
    const { actor = null, subject = null } = entry;
    const about = [...new Set([actor, subject])].filter((id) => id !== null);
    const whole = { ...entry, actor, subject, about };
    await this.#entries.create([whole], session && { session });
  }

  /** The newest entries first, of an action, and about or by somebody or something of `about`, where these are given. */
  async search(
    { action, about }: { action?: string | undefined; about?: string[] | undefined },
    page: { skip: number; limit: number },
  ) {
    const filter = { ...(action && { action }), ...(about && { about: trusted({ $in: about }) }) };
    const rows = this.#entries.find(filter).sort({ at: -1, _id: -1 }).skip(page.skip).limit(page.limit).lean();
    return pageOf(page, rows, () => this.#entries.countDocuments(filter));
  }
}
