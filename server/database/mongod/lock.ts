import { closeSync, mkdirSync, openSync, readFileSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const PATIENCE = 10_000;
const POLL = 50;

/**
 * Makes this process the only one on a data folder. Waits a while for a predecessor that is still ending.
 * @returns what gives the folder free again
 * @throws Error naming the process that holds the folder, or saying that the folder cannot be written
 */
export async function lockFolder(path: string): Promise<() => void> {
  const file = join(path, 'mongod.lock');
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const holder = inWritable(path, () => tryLock(file));
    if (holder === undefined) return () => rmSync(file, { force: true });
    if (Date.now() > deadline) {
      throw new Error(`DBPathInUse: ${path} is in use by process ${holder}; two servers must not share a data folder`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
}

function inWritable<T>(path: string, work: () => T): T {
  try {
    mkdirSync(path, { recursive: true });
    return work();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EROFS', 'EACCES', 'EPERM', 'ENOSPC'].includes(code)) throw error;
    const reason = code === 'ENOSPC' ? 'the disk is full' : 'it must be writable by this user';
    throw new Error(`DBPathNotWritable: cannot write to ${path} (${code}): ${reason}`);
  }
}

/** Takes the lock, or returns the process that has it. */
function tryLock(file: string): number | undefined {
  try {
    const descriptor = openSync(file, 'wx');
    writeSync(descriptor, `${process.pid}\n`);
    closeSync(descriptor);
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const holder = readHolder(file);
  if (holder === undefined) return tryLock(file);
  if (isServer(holder)) return holder;
  try {
    unlinkSync(file);
  } catch {
    // Another starter was faster; the next attempt shows who has it.
  }
  return tryLock(file);
}

function readHolder(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    return undefined;
  }
}

/** Whether a process lives and is a server like this one, not a later user of a number left in a stale file. */
function isServer(pid: number): boolean {
  if (pid === 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('mongod');
  } catch {
    return process.platform !== 'linux';
  }
}
