import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Pack, pack } from 'tar-stream';
import { moveDurably } from '../durable-files.ts';

/** Where the parts of a backup lie in its archive. */
export const parts = { dump: 'dump', files: 'files', secret: 'secret' } as const;

/** The last entry, in the format of `sha256sum`: an archive without it did not come to its end. */
const SUMS = 'SHA256SUMS';
/** Bytes of the list of sums at most. */
const LARGEST_SUMS = 256 * 1024 * 1024;
const names = /^(secret|(dump|files)(\/[^/\0\n]+)+)$/;

/**
 * Writes folders and the secret into one tar, readable by its owner only, with a checksum for each entry.
 * @param from the dumped databases, and the uploaded files, of which there may be none
 * @returns how many uploaded files it holds
 */
export async function writeArchive(
  file: string,
  from: { dump: string; files: string; secret: Buffer },
): Promise<number> {
  const writing = `${file}.partial`;
  await rm(writing, { force: true });
  const archive = pack();
  const written = pipeline(archive, createWriteStream(writing, { mode: 0o600, flags: 'wx' }));
  const filled = (async () => {
    const sums: string[] = [];
    const add = async (name: string, path: string) => {
      const sum = await addFile(archive, name, path);
      if (sum !== undefined) sums.push(`${sum}  ${name}\n`);
      return sum !== undefined;
    };
    for await (const path of filesIn(from.dump)) await add(`${parts.dump}/${path}`, join(from.dump, path));
    let files = 0;
    for await (const path of filesIn(from.files)) {
      if (await add(`${parts.files}/${path}`, join(from.files, path))) files++;
    }
    archive.entry({ name: parts.secret, mode: 0o600 }, from.secret);
    sums.push(`${createHash('sha256').update(from.secret).digest('hex')}  ${parts.secret}\n`);
    archive.entry({ name: SUMS, mode: 0o600 }, sums.join(''));
    archive.finalize();
    return files;
  })();
  try {
    const [files] = await Promise.all([
      filled.catch((error) => {
        archive.destroy(error);
        throw error;
      }),
      written,
    ]);
    await moveDurably(writing, file);
    return files;
  } catch (error) {
    await rm(writing, { force: true });
    throw error;
  }
}

/** Adds a file with the size that it has now. @returns its SHA-256, or undefined where somebody deleted it meanwhile */
async function addFile(archive: Pack, name: string, path: string): Promise<string | undefined> {
  const file = await open(path).catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  const { size, mtime } = await file.stat();
  const content: AsyncIterable<Buffer> =
    size === 0 ? Readable.from([]) : file.createReadStream({ start: 0, end: size - 1, autoClose: false });
  try {
    return await copy(content, archive.entry({ name, size, mtime, mode: 0o600 }));
  } finally {
    await file.close();
  }
}

/**
 * Unpacks such an archive into a new folder and checks every entry.
 * @throws Error when it is cut off, altered, or no archive of `writeArchive`; the folder is gone then
 */
export async function readArchive(file: string, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const entries = extract();
    const read = pipeline(createReadStream(file), entries);
    const [found] = await Promise.all([unpack(entries, folder), read]);
    if (found.listed === undefined) throw new Error('its list of checksums is missing');
    const listed = new Map(
      found.listed
        .split('\n')
        .filter(Boolean)
        .map((line): [string, string] => [line.slice(66), line.slice(0, 64)]),
    );
    for (const [name, sum] of listed) if (found.sums.get(name) !== sum) throw new Error(`${name} is not what it was`);
    for (const name of found.sums.keys()) if (!listed.has(name)) throw new Error(`${name} does not belong to it`);
    if (!listed.has(parts.secret)) throw new Error('it has no secret');
  } catch (error) {
    await rm(folder, { recursive: true });
    throw new Error(
      `${file} is not a whole archive of \`dump\`, and nothing was restored: ${(error as Error).message}`,
    );
  }
}

async function unpack(
  entries: ReturnType<typeof extract>,
  folder: string,
): Promise<{ sums: Map<string, string>; listed: string | undefined }> {
  const sums = new Map<string, string>();
  let listed: string | undefined;
  for await (const entry of entries) {
    const { name, type, size = 0 } = entry.header;
    if (name === SUMS && size <= LARGEST_SUMS) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      listed = Buffer.concat(chunks).toString('utf8');
      continue;
    }
    const isOwn = type === 'file' && names.test(name) && !name.split('/').some((part) => part === '..' || part === '.');
    if (!isOwn || sums.has(name)) throw new Error(`${name} does not belong to it`);
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    const stored = createWriteStream(path, { mode: 0o600, flags: 'wx', flush: true });
    sums.set(name, await copy(entry as AsyncIterable<Buffer>, stored));
  }
  return { sums, listed };
}

/** Copies a stream. @returns the SHA-256 of what it held */
async function copy(from: AsyncIterable<Buffer>, to: NodeJS.WritableStream): Promise<string> {
  const hash = createHash('sha256');
  const hashed = async function* () {
    for await (const chunk of from) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(hashed, to);
  return hash.digest('hex');
}

/** Paths of the files below a folder, with `/` between their parts; none where there is no such folder. */
async function* filesIn(folder: string, below = ''): AsyncGenerator<string> {
  const found = await readdir(join(folder, below), { withFileTypes: true }).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const entry of found) {
    const path = below ? `${below}/${entry.name}` : entry.name;
    if (entry.isDirectory()) yield* filesIn(folder, path);
    else if (entry.isFile()) yield path;
    else throw new Error(`${join(folder, path)} is neither a file nor a folder, and cannot be backed up`);
  }
}
