import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The file that says that a data folder is a demonstration's, and may be deleted. */
const MARKER = 'demo.json';

interface Marker {
  createdAt: string;
  /** Shared by the platform and the registry beside it. */
  registryKey: string;
  /** False while the first start is under way: what it leaves behind when it is killed is thrown away. */
  seeded: boolean;
}

export interface DemoFolder {
  path: string;
  marker: Marker;
  /** What had to be done to the folder, if anything. */
  note?: string;
  /** Notes that everything is in place. */
  seeded(): void;
}

/** A folder that cannot be used, with the reason for the person at the terminal. */
export class FolderRefused extends Error {}

/**
 * The demonstration's data folder, made where it is absent, emptied where `reset` says so or a first start was cut off.
 * @throws FolderRefused for a folder with something else in it
 */
export function openDemoFolder(path: string, options: { reset: boolean }): DemoFolder {
  const file = join(path, MARKER);
  const found = existsSync(path) ? readdirSync(path) : [];
  if (found.length > 0 && !found.includes(MARKER)) {
    throw new FolderRefused(
      `${path} holds something that is not a demonstration's (no ${MARKER} in it); nothing was touched. Name another folder with --data.`,
    );
  }
  let marker = found.length > 0 ? readMarker(file) : undefined;
  let note: string | undefined;
  if (marker && (options.reset || !marker.seeded)) {
    note = options.reset ? 'deleted the old demonstration' : 'threw away what an interrupted first start had left';
    empty(path);
    marker = undefined;
  }
  mkdirSync(path, { recursive: true });
  const kept = marker ?? {
    createdAt: new Date().toISOString(),
    registryKey: randomBytes(24).toString('base64url'),
    seeded: false,
  };
  const write = () => writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
  write();
  return {
    path,
    marker: kept,
    ...(note !== undefined && { note }),
    seeded() {
      kept.seeded = true;
      write();
    },
  };
}

/** The marker goes last, so that a folder half deleted is still known as a demonstration's. */
function empty(path: string): void {
  for (const name of readdirSync(path)) if (name !== MARKER) rmSync(join(path, name), { recursive: true, force: true });
  rmSync(join(path, MARKER), { force: true });
}

/** A marker cut off by a crash counts as that of a start that was interrupted. */
function readMarker(file: string): Marker {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Marker;
  } catch {
    return { createdAt: '', registryKey: '', seeded: false };
  }
}
