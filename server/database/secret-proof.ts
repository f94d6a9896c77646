import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize } from 'bson';
import type { Db } from 'mongodb';
import { IdVault } from '../accounts/id-vault.ts';
import type { Config } from '../config.ts';
import { fingerprint, isSameSecret } from '../secrets.ts';

interface Proof {
  _id: 'secret';
  fingerprint: string;
}

const COLLECTION = 'secret_proofs';

/** The platform's secret and where it comes from, `SECRET` or a file's path. */
export type GivenSecret = Pick<Config, 'secret' | 'secretFrom'>;

/**
 * Writes the fingerprint of the secret into a database that has none; to be called at each start, before anything is sealed.
 * @throws Error when the database was written with another secret
 */
export async function proveSecret(db: Db, given: GivenSecret): Promise<void> {
  await refuseWrongSecret(db, given);
  const proofs = db.collection<Proof>(COLLECTION);
  const mine = { $setOnInsert: { fingerprint: proofOf(given) } };
  // Of two processes that insert it at once one is told that it is there already.
  await proofs.updateOne({ _id: 'secret' }, mine, { upsert: true }).catch((error) => {
    if (error.code !== 11000) throw error;
  });
  await refuseWrongSecret(db, given);
}

/**
 * Compares the secret with the database's fingerprint; where there is none yet, tries it on a sealed ID number.
 * @throws Error when it is not the one that the database was written with
 */
export async function refuseWrongSecret(db: Db, given: GivenSecret): Promise<void> {
  const proof = await db.collection<Proof>(COLLECTION).findOne({ _id: 'secret' });
  if (proof) return compare(proof, given);
  const sealed = await db.collection('users').findOne({ idNumber: { $type: 'string' } }, { sort: { _id: 1 } });
  if (sealed === null) return;
  try {
    new IdVault(given.secret).open(sealed.idNumber as string);
  } catch {
    throw wrongSecret(given);
  }
}

/**
 * Compares the secret with the fingerprint that a dump carries; a dump from before there were fingerprints has none.
 * @param folder the dump's folder of the database
 * @throws Error when the dump was written with another secret
 */
export async function refuseWrongSecretOfDump(folder: string, given: GivenSecret): Promise<void> {
  const file = join(folder, `${COLLECTION}.bson`);
  if (!existsSync(file)) return;
  const bytes = await readFile(file);
  if (bytes.length > 0) compare(deserialize(bytes) as Proof, given);
}

const proofOf = ({ secret }: GivenSecret): string => fingerprint(secret, 'secret of the platform');

function compare(proof: Proof, given: GivenSecret): void {
  if (!isSameSecret(proof.fingerprint, proofOf(given))) throw wrongSecret(given);
}

const wrongSecret = ({ secretFrom }: GivenSecret): Error =>
  new Error(
    [
      `${secretFrom} is not the secret that these data were written with: ID numbers could not be read with it.`,
      'Give the right one, as SECRET or as the file `secret` of DATA_DIR; an archive that `npm run db -- dump FILE.tar` wrote holds it.',
    ].join('\n'),
  );
