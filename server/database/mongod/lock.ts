import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** How long a starter waits for the holder of a folder to end, in milliseconds. */
const PATIENCE = 10_000;
const POLL = 50;
/** After so many milliseconds a lock that says nothing is what a crash has left of one. */
const MAX_WRITING = 2_000;

/** Stands for a holder that has not written its number yet. */
const UNKNOWN = 0;

/**
 * Makes this process the only one on a data folder. Waits a while for a predecessor that is still ending.
 * @returns what gives the folder free again
 * @throws Error naming the process that holds the folder, or saying that the folder cannot be written
 */
export async function lockFolder(path: string, patience = PATIENCE): Promise<() => void> {
  const file = join(path, 'mongod.lock');
  const deadline = Date.now() + patience;
  for (;;) {
    const holder = inWritable(path, () => tryLock(file));
    if (holder === undefined) return () => rmSync(file, { force: true });
    if (Date.now() > deadline) {
      const who = holder === UNKNOWN ? 'another process' : `process ${holder}`;
      throw new Error(`DBPathInUse: ${path} is in use by ${who}; two servers must not share a data folder`);
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
  if (create(file)) return undefined;
  const holder = holderOf(file);
  if (holder !== undefined) return holder;
  // One at a time removes what a dead process left: a second one could remove the lock that the first has just taken.
  const guard = `${file}.takeover`;
  if (!create(guard)) {
    if (isOld(guard)) rmSync(guard, { force: true });
    return UNKNOWN;
  }
  try {
    if (holderOf(file) === undefined) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
  return create(file) ? undefined : UNKNOWN;
}

/** Makes a lock of this process; false where there is one. */
function create(file: string): boolean {
  try {
    const descriptor = openSync(file, 'wx', 0o600);
    writeSync(descriptor, [process.pid, startOf(process.pid), bootId()].join('\n'));
    closeSync(descriptor);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** The living process whose lock this is; undefined for a stale one, or none. */
function holderOf(file: string): number | undefined {
  const text = read(file);
  if (text === undefined) return undefined;
  const [pid = '', start = '', boot = ''] = text.split('\n');
  if (!Number(pid)) return isOld(file) ? undefined : UNKNOWN;
  return isAlive(Number(pid), start, boot) ? Number(pid) : undefined;
}

/** Whether a process still runs, and its number was not given to another since. */
function isAlive(pid: number, start: string, boot: string): boolean {
  if (boot !== '' && boot !== bootId()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // A process of another user is alive too.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // Other systems than Linux tell nothing of it.
  return start === '' ? pid !== process.pid : startOf(pid) === start;
}

/** When a process began, in the kernel's own unit; empty where the system does not tell. */
function startOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`) ?? '';
  // The second field, the program's name in parentheses, may contain spaces; the 22nd is the start.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

const bootId = (): string => read('/proc/sys/kernel/random/boot_id')?.trim() ?? '';

function isOld(file: string): boolean {
  try {
    return Date.now() - statSync(file).mtimeMs > MAX_WRITING;
  } catch {
    return false;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
