import type { InferSchemaType, Model } from 'mongoose';
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

  async record(entry: NewEntry): Promise<void> {
    await this.#entries.create({ ...entry, actor: entry.actor ?? null, subject: entry.subject ?? null });
  }

  /** The newest entries first; `text` narrows to an action's prefix or an exact subject or actor. */
  async search(text: string | undefined, page: { skip: number; limit: number }) {
    const filter = text ? { $or: [{ action: text }, { subject: text }, { actor: text }] } : {};
    const rows = this.#entries.find(filter).sort({ at: -1 }).skip(page.skip).limit(page.limit).lean();
    return pageOf(page, rows, () => this.#entries.countDocuments(filter));
  }
}
