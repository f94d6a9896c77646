import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Makes the content of a file durable. */
export function syncPath(path: string, flags = 'r+'): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes the names in a folder durable, where the system can do that. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  try {
    syncPath(path, 'r');
  } catch (error) {
    // Some network file systems have no sync of folders, and folders further up may not be readable.
    if (!['EINVAL', 'ENOTSUP', 'EBADF', 'EACCES', 'EPERM'].includes(String((error as NodeJS.ErrnoException).code)))
      throw error;
  }
}
