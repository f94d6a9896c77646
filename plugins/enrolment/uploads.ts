import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import { errors, type Host } from '#platform';
import type { CoreHost } from './access.ts';
import type { models } from './batch.model.ts';
import type { RosterSheet } from './roster-sheet.ts';

/** A sheet of 5,000,000 characters, the most that is read, packs into less. */
const MAX_SEALED = 12 * 2 ** 20;

/** Keeps what was uploaded, sealed, as long as its batch. */
export function createUploads({
  models: { uploads },
  accounts,
}: CoreHost & { models: Host<never, typeof models>['models'] }) {
  return {
    /** @throws core:too-large for rows that do not fit into a document */
    async keep(batch: string, sheet: RosterSheet, expiresAt: Date): Promise<void> {
      const packed = await promisify(deflate)(JSON.stringify(sheet));
      const sealed = accounts.seal(packed.toString('base64'));
      if (sealed.length > MAX_SEALED) throw errors.tooLarge('12 MB');
      await uploads.create({ _id: batch, expiresAt, sealed });
    },

    /** @throws core:not-found where it has expired */
    async read(batch: string): Promise<RosterSheet> {
      const found = await uploads.findById(batch).lean();
      if (!found) throw errors.notFound();
      const packed = Buffer.from(accounts.unseal(found.sealed), 'base64');
      return JSON.parse((await promisify(inflate)(packed)).toString());
    },
  };
}
