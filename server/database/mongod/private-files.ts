import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Only the owner enters the data folder, and only the owner reads and writes its files. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const PERMISSIONS = 0o777;

/**
 * Takes the data folder and its files from everybody but their owner. Where the system has no such modes nothing happens.
 * @returns one line for each that others could reach until now, or still can
 */
export function makePrivate(folder: string): string[] {
  if (process.platform === 'win32') return [];
  return [
    ...tighten(folder, FOLDER_MODE),
    ...readdirSync(folder).flatMap((name) => tighten(join(folder, name), FILE_MODE)),
  ];
}

function tighten(path: string, wanted: number): string[] {
  const stats = lstatSync(path);
  // What the engine did not put there, a link or a folder within, is not its own to change.
  if (wanted === FILE_MODE && !stats.isFile()) return [];
  const found = stats.mode & PERMISSIONS;
  if ((found & ~wanted) === 0) return [];
  const before = `${path} had mode ${found.toString(8).padStart(4, '0')}`;
  try {
    chmodSync(path, wanted);
  } catch (error) {
    return [`${before} and cannot be made private (${(error as NodeJS.ErrnoException).code})`];
  }
  const isPrivate = (lstatSync(path).mode & PERMISSIONS & ~wanted) === 0;
  return [isPrivate ? `${before}; now only its owner reads it` : `${before}, and its file system does not change that`];
}
