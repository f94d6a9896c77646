import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What file systems answer that cannot sync a folder (some network ones), or a folder that this user may not open. */
const CANNOT_SYNC = ['EINVAL', 'ENOTSUP', 'EBADF', 'EACCES', 'EPERM'];

/**
 * Writes a small file so that it survives a power cut: afterwards it is there whole, or as it was before. Its content is synced
 * under a passing name, then gets the name, and the folder is synced.
 */
export function writeDurably(file: string, text: string, mode = 0o600): void {
  const passing = writePassing(file, text, mode);
  try {
    renameSync(passing, file);
  } catch (error) {
    rmSync(passing, { force: true });
    throw error;
  }
  syncFolder(dirname(file));
}

/** Like `writeDurably`, for a file that several processes may make at once: the first one's content stays. */
export function createDurably(file: string, text: string, mode = 0o600): void {
  const passing = writePassing(file, text, mode);
  try {
    linkSync(passing, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(passing, { force: true });
  }
  syncFolder(dirname(file));
}

/** Makes a folder and those above it where they are missing, so that they are still there after a power cut. */
export function makeFolderDurably(folder: string, mode = 0o777): void {
  const first = mkdirSync(folder, { recursive: true, mode });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    syncFolder(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}

/** Gives a file that was written before its final name, and resolves once content and name survive a power cut. */
export async function moveDurably(from: string, to: string): Promise<void> {
  const file = await open(from, 'r+');
  await file.sync().finally(() => file.close());
  await rename(from, to);
  syncFolder(dirname(to));
}

/** Makes the names in a folder durable, where the system can do that. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  try {
    syncPath(folder, 'r');
  } catch (error) {
    if (!CANNOT_SYNC.includes(String((error as NodeJS.ErrnoException).code))) throw error;
  }
}

function writePassing(file: string, text: string, mode: number): string {
  const passing = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(passing, text, { mode, flag: 'wx' });
    syncPath(passing, 'r+');
  } catch (error) {
    rmSync(passing, { force: true });
    throw error;
  }
  return passing;
}

function syncPath(path: string, flags: string): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
