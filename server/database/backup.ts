import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Db } from 'mongodb';
import type { Config } from '../config.ts';
import { createDurably, makeFolderDurably } from '../durable-files.ts';
import { parts, readArchive, writeArchive } from './archive.ts';
import { dump, restore } from './dump.ts';
import { refuseWrongSecret, refuseWrongSecretOfDump } from './secret-proof.ts';

type Given = Pick<Config, 'dataDir' | 'secret' | 'secretFrom'>;

/** What a backup holds. */
interface Backed {
  collections: number;
  documents: number;
  files: number;
}

/**
 * Writes the database as it is at one moment, then the uploaded files and the secret into one archive: every file that the
 * database knew at that moment is there, unless it was deleted since.
 * @throws Error when the archive is there already, the secret is not the database's, or there is nothing to write
 */
export async function backUp(database: Db, archive: string, given: Given): Promise<Backed> {
  const file = resolve(archive);
  if (existsSync(file)) throw new Error(`${file} is there already; give another name`);
  await refuseWrongSecret(database, given);
  makeFolderDurably(dirname(file));
  const folder = await mkdtemp(`${file}.`);
  try {
    const { collections, documents } = await dump(database, folder);
    const from = { dump: folder, files: join(given.dataDir, 'files'), secret: given.secret };
    return { collections, documents, files: await writeArchive(file, from) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An archive that is unpacked beside the data that it is to become. */
export class UnpackedBackup {
  readonly #folder: string;
  readonly #dataDir: string;

  private constructor(folder: string, dataDir: string) {
    this.#folder = folder;
    this.#dataDir = dataDir;
  }

  /**
   * Unpacks an archive into the data folder, and puts its secret there where none is given.
   * @param secret `SECRET`, if it is set
   * @throws Error when the archive is not whole, or the data folder has uploaded files already
   */
  static async of(archive: string, dataDir: string, secret: string | undefined): Promise<UnpackedBackup> {
    const files = join(dataDir, parts.files);
    if ((await contents(files)).length > 0) throw new Error(`${files} has files already; restore into an empty folder`);
    makeFolderDurably(dataDir, 0o700);
    const folder = join(dataDir, 'restore.partial');
    await readArchive(archive, folder);
    if (!secret) createDurably(join(dataDir, 'secret'), await readFile(join(folder, parts.secret), 'utf8'));
    return new UnpackedBackup(folder, dataDir);
  }

  /**
   * Puts database and files in place.
   * @throws Error when the secret is not the one that the data were written with, or the database has documents
   */
  async restore(database: Db, given: Given): Promise<Backed> {
    const dumped = join(this.#folder, parts.dump);
    const [name] = await contents(dumped);
    if (name === undefined) throw new Error('the archive holds no database');
    await refuseWrongSecretOfDump(join(dumped, name), given);
    // The archive's database becomes the one that MONGODB_URI names.
    if (name !== database.databaseName) await rename(join(dumped, name), join(dumped, database.databaseName));
    const restored = await restore(database, dumped);
    const files = join(this.#folder, parts.files);
    const found = await readdir(files, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const each of await contents(files)) {
      makeFolderDurably(join(this.#dataDir, parts.files));
      await rename(join(files, each), join(this.#dataDir, parts.files, each));
    }
    return { ...restored, files: found.filter((each) => each.isFile()).length };
  }

  /** Removes what was unpacked and not put in place. */
  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function contents(folder: string): Promise<string[]> {
  return existsSync(folder) ? readdir(folder) : [];
}
