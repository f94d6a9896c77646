import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { syncFolder, syncPath } from './sync.ts';

/** Name of the data file in its folder. */
export const DATA_FILE = 'engine.mdb';

export interface DataFile {
  root: RootDatabase<Buffer, Buffer>;
  data: Database<Buffer, Buffer>;
}

/**
 * Without lmdb's overlapping syncs a commit shows itself to readers after its sync, not before: nothing can be read that a
 * power cut would take back. It costs no speed, as the store begins a group only when the one before is synced.
 */
const settings = {
  encoding: 'binary',
  keyEncoding: 'binary',
  maxDbs: 2,
  maxReaders: 1024,
  overlappingSync: false,
} as const;

/** Opens the data file of a folder, which is made where it is missing. All that can be read of it is on disk. */
export function openDataFile(folder: string): DataFile {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, DATA_FILE);
  if (existsSync(file)) restoreLastSync(file);
  else create(file);
  const opened = openFile(file);
  // A process that was killed may have left its last commit where readers find it, but the disk not yet.
  syncPath(file);
  return opened;
}

function openFile(path: string): DataFile {
  const root = open<Buffer, Buffer>({ path, ...settings });
  return { root, data: root.openDB('data', settings) };
}

/** Makes a file under another name first, so that a cut leaves a whole one or none, and syncs the folders that lead to it. */
function create(file: string): void {
  const fresh = `${file}.new`;
  for (const path of [fresh, `${fresh}-lock`]) rmSync(path, { force: true });
  const { root } = openFile(fresh);
  void root.close();
  syncPath(fresh);
  renameSync(fresh, file);
  rmSync(`${fresh}-lock`, { force: true });
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    syncFolder(folder);
    if (folder === dirname(folder)) return;
  }
}

/**
 * Earlier versions of the engine wrote with overlapping syncs: their last commit may not be whole on disk. lmdb goes back to
 * the last synced one when it opens such a file in that mode with `safeRestore`, and leaves any other as it is.
 */
function restoreLastSync(path: string): void {
  if (process.platform === 'win32') return; // lmdb never overlaps syncs there.
  const root = open({ path, ...settings, overlappingSync: true, safeRestore: true } as Parameters<typeof open>[0]);
  void root.close();
}
