import { chmodSync, lstatSync, readdirSync, statSync } from 'node:fs';
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
  // A link or a folder within is none of the engine's.
  const files = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((file) => lstatSync(file).isFile());
  return [...tighten(folder, FOLDER_MODE), ...files.flatMap((file) => tighten(file, FILE_MODE))];
}

function tighten(path: string, wanted: number): string[] {
  const permissions = () => statSync(path).mode & PERMISSIONS;
  const found = permissions();
  if ((found & ~wanted) === 0) return [];
  const before = `${path} had mode ${found.toString(8).padStart(4, '0')}`;
  try {
    chmodSync(path, wanted);
  } catch (error) {
    return [`${before} and cannot be made private (${(error as NodeJS.ErrnoException).code})`];
  }
  return (permissions() & ~wanted) === 0
    ? [`${before}; now only its owner has access`]
    : [`${before}, and its file system does not change that`];
}
