import { createWriteStream } from 'node:fs';
import { copyFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError, CostsTooMuch, IsolatedWork, makeFolderDurably, moveDurably, newId } from '#platform';
import type { ContainerAnswer } from './container-worker.ts';
import type { StoredLesson } from './course.model.ts';

export type Media = NonNullable<StoredLesson['media']>;

const endings = { 'video/mp4': '.mp4', 'video/webm': '.webm' } as const;
/** Remains of uploads that a crash cut off are removed once they are this old: another process may still be writing. */
const ABANDONED_MS = 24 * 3_600_000;
/** A video of three hours is looked through in a second, one of many small fragments in ten. */
const COST = { milliseconds: 60_000, heapMegabytes: 128 };

/** The plugin's video files: they arrive beside the others under a passing name, and get their own once they are good. */
export class MediaStore {
  readonly #folder: string;
  readonly #arriving: string;
  readonly #look = new IsolatedWork<string, ContainerAnswer>(new URL('./container-worker.ts', import.meta.url), COST);

  constructor(folder: string) {
    this.#folder = folder;
    this.#arriving = join(folder, 'arriving');
    makeFolderDurably(this.#arriving);
  }

  /** Where new files arrive. */
  get folder(): string {
    return this.#folder;
  }

  /** Writes a stream to disk. @returns its passing path */
  async receive(stream: Readable): Promise<string> {
    const path = join(this.#arriving, newId());
    try {
      await pipeline(stream, createWriteStream(path, { flags: 'wx' }));
    } catch (error) {
      await this.discard(path);
      throw error;
    }
    return path;
  }

  /** @returns the passing path of a copy */
  async copy(file: string): Promise<string> {
    const path = join(this.#arriving, newId());
    await copyFile(file, path);
    return path;
  }

  /** Looks what an arrived file is and gives it its name; otherwise removes it. @throws video-courses:not-a-video … */
  async accept(path: string): Promise<Media> {
    try {
      const answer = await this.#look.run(path).catch((error): ContainerAnswer => {
        if (error instanceof CostsTooMuch) return { problem: 'too-costly' };
        throw error;
      });
      if ('problem' in answer) throw new AppError(`video-courses:${answer.problem}`, 422);
      const { type, seconds, codec } = answer.facts;
      const { size } = await stat(path);
      const file = newId() + endings[type];
      await moveDurably(path, join(this.#folder, file));
      return { file, type, bytes: size, seconds, codec };
    } catch (error) {
      await this.discard(path);
      throw error;
    }
  }

  /** Ends the threads in which files are looked into. */
  stop(): Promise<void> {
    return this.#look.stop();
  }

  async discard(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  async remove(file: string): Promise<void> {
    await rm(join(this.#folder, file), { force: true });
  }

  /** Removes what uploads left behind when the process was killed. */
  async clean(now: number): Promise<void> {
    for (const name of await readdir(this.#arriving)) {
      const path = join(this.#arriving, name);
      const { mtimeMs } = await stat(path);
      if (now - mtimeMs > ABANDONED_MS) await this.discard(path);
    }
  }
}
