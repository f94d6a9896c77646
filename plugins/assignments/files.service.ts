import { createReadStream, type ReadStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { makeFolderDurably, moveDurably } from '#platform';
import type { StoredFile } from './submission.model.ts';
import { type ReceivedFile, readUpload, type Upload, type UploadLimits } from './upload.ts';

/** Files of one submission, and bytes of one file. */
export const uploadLimits: UploadLimits = { files: 5, fileSize: 20 * 2 ** 20, fieldSize: 256 * 1024 };

/** What was received and never kept is removed after this time, in milliseconds. */
const staleMs = 24 * 3_600_000;

/** The files of submissions in the plugin's folder: `incoming` while they arrive, `kept` afterwards. */
export class Files {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads a form into `upload`, see upload.ts. */
  receive(request: IncomingMessage, upload: Upload): Promise<void> {
    return readUpload(request, this.#incoming, uploadLimits, upload);
  }

  /** Moves received files to where they stay. */
  async keep(files: readonly ReceivedFile[]): Promise<StoredFile[]> {
    makeFolderDurably(this.#kept);
    await Promise.all(files.map(({ id, path }) => moveDurably(path, this.#path(id))));
    return files.map(({ id, name, type, size }) => ({ id, name, type, size }));
  }

  read(file: StoredFile): ReadStream {
    return createReadStream(this.#path(file.id));
  }

  async remove(files: readonly { id: string }[]): Promise<void> {
    await Promise.all(files.map(({ id }) => rm(this.#path(id), { force: true })));
  }

  /** Removes what a crash or a lost connection left half received. */
  async tidy(now = Date.now()): Promise<void> {
    await mkdir(this.#incoming, { recursive: true });
    for (const name of await readdir(this.#incoming)) {
      const path = join(this.#incoming, name);
      if (now - (await stat(path)).mtimeMs > staleMs) await rm(path, { force: true });
    }
  }

  get #incoming(): string {
    return join(this.#folder, 'incoming');
  }

  get #kept(): string {
    return join(this.#folder, 'kept');
  }

  /** Ids are made here, never taken from a request: no path can be made of one. */
  #path(id: string): string {
    return join(this.#kept, id);
  }
}
