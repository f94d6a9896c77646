import { closeSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Free bytes below which nothing is written any more: more than one message, with its indexes, can take. */
const RESERVE = 128 * 1024 * 1024;

/** Bytes written to find out whether a file system that reports nothing free takes any more. */
const TRIAL = 1024 * 1024;

/** Whether the disk has room for another group: before it is full nothing is written, as a failing write ends the process. */
export class DiskSpace {
  private readonly folder: string;
  /** The file system takes writes although it reports that nothing is free. */
  private reportsNothing = false;

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Some file systems in memory, FUSE and network file systems report no blocks at all, or none free: the first do not
   * count, and whether the second are full is tried once.
   */
  hasReserve(): boolean {
    if (this.reportsNothing) return true;
    const { blocks, bfree, bavail, bsize } = statfsSync(this.folder);
    if (bavail * bsize >= RESERVE) return true;
    this.reportsNothing = blocks === 0 || (bfree === 0 && this.takesWrites());
    return this.reportsNothing;
  }

  private takesWrites(): boolean {
    const file = join(this.folder, 'engine.trial');
    try {
      const descriptor = openSync(file, 'w', 0o600);
      try {
        if (writeSync(descriptor, Buffer.alloc(TRIAL)) < TRIAL) return false;
        fsyncSync(descriptor);
        return true;
      } finally {
        closeSync(descriptor);
      }
    } catch {
      return false;
    } finally {
      remove(file);
    }
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // What cannot be removed could not be written either.
  }
}
