import { closeSync, fsyncSync, openSync, rmSync, type StatsFs, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Free bytes below which nothing is written any more: more than one message, with its indexes, can take. */
const RESERVE = 128 * 1024 * 1024;

/** Bytes written to find out whether a file system that reports nothing free takes any more. */
const TRIAL = 1024 * 1024;

/** What the system says of a file system, in blocks of `bsize` bytes; `bavail` without what only root may use. */
export type FileSystem = Pick<StatsFs, 'blocks' | 'bfree' | 'bavail' | 'bsize'>;

/** Whether the disk has room for another group: before it is full nothing is written, as a failing write ends the process. */
export class DiskSpace {
  private readonly folder: string;
  private readonly report: () => FileSystem;
  /** The file system takes writes although it reports that nothing is free. */
  private reportsNothing = false;

  constructor(folder: string, report: () => FileSystem = () => statfsSync(folder)) {
    this.folder = folder;
    this.report = report;
  }

  /**
   * Some file systems (in memory, FUSE, over a network) report no blocks at all, and some none that are free: whether those
   * are full is tried. On such a one nothing is refused; the process ends when it is full.
   */
  hasReserve(): boolean {
    if (this.reportsNothing) return true;
    const { blocks, bfree, bavail, bsize } = this.report();
    if (bavail * bsize >= RESERVE) return true;
    this.reportsNothing = blocks === 0 || (bfree === 0 && this.takesWrites() && this.report().bfree === 0);
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
