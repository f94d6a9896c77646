import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../storage/sync.ts';

/** The one user there is, in the database `admin`: whoever knows the password may do everything. */
export const USER = 'root';

/** Name of the file in the data folder that holds the password. */
const PASSWORD_FILE = 'password';

const PASSWORD_BYTES = 32;

/**
 * The password of a data folder; made from 256 random bits and written down, for its owner alone, when there is none yet.
 * @throws Error when the file holds nothing that can be a password
 */
export async function passwordOf(folder: string): Promise<string> {
  return (await readPassword(folder)) ?? createPassword(folder);
}

/**
 * The password that a data folder has already.
 * @throws Error when the file holds nothing that can be a password, or this user may not read it
 */
export async function readPassword(folder: string): Promise<string | undefined> {
  const file = join(folder, PASSWORD_FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const password = text.trim();
  // Others than these would have to be prepared by SASLprep (RFC 4013).
  if (!/^[!-~]+$/.test(password))
    throw new Error(`${file} must hold one line of printable ASCII; delete it to get a new password`);
  return password;
}

/** Appears whole or not at all, also when the power goes. */
async function createPassword(folder: string): Promise<string> {
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const draft = join(folder, `${PASSWORD_FILE}.new`);
  await rm(draft, { force: true });
  const handle = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await handle.writeFile(`${password}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, join(folder, PASSWORD_FILE));
  syncFolder(folder);
  return password;
}
