import { constants } from 'node:fs';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolderDurably, writeDurably } from '../durable-files.ts';

/** Which server wrote a data folder. */
export type EngineKind = 'mongod' | 'built-in';

const MARKER = 'ENGINE';

/** The file in which a running embedded server says where it listens, with its password. */
export const addressFile = (dataDir: string): string => join(dataDir, 'db.address');

/**
 * The folder of the embedded database, created on first use.
 * @throws Error when it cannot be written, or the other kind of server wrote it, with the way to move the data
 */
export async function claimDataFolder(dataDir: string, kind: EngineKind): Promise<string> {
  const folder = join(dataDir, 'db');
  try {
    makeFolderDurably(folder, 0o700);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new Error(`${folder} cannot be written (${(error as NodeJS.ErrnoException).code}): the database needs it`);
  }
  const marker = join(dataDir, `db.${MARKER}`);
  const written = await readFile(marker, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (written?.trim() === kind) return folder;
  const isEmpty = (await readdir(folder)).every((file) => file === 'mongod.lock');
  if (written !== undefined && !isEmpty) throw new Error(refusal(folder, written.trim(), kind));
  writeDurably(marker, `${kind}\n`, 0o644);
  return folder;
}

function refusal(folder: string, written: string, kind: EngineKind): string {
  const [had, has] = [written, kind].map((each) => (each === 'mongod' ? 'a real mongod' : 'the built-in engine'));
  return [
    `${folder} was written by ${had}, which this start does not use (it would use ${has}).`,
    'To move the data: start it once more with the server that wrote it and run `npm run db -- dump FILE.tar`,',
    'then start with an empty data folder and run `npm run db -- restore FILE.tar`.',
  ].join('\n');
}
