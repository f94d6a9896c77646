/** Looks into arrived videos, and makes them ready to begin at once; runs in a thread of the core's `IsolatedWork`, whose limits end what costs too much. */
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { readContainer, type VideoFacts } from './container.ts';
import { movieInFront, type Part } from './container-mp4-front.ts';
import { type ByteSource, ContainerError, type ContainerProblem } from './container-source.ts';
import { withFile } from './file-source.ts';

export type ContainerAnswer = { facts: VideoFacts } | { problem: ContainerProblem };

/** Larger files stay as they are: to copy them would take the time that looking may. */
const LARGEST_MOVED = 1024 * 1024 * 1024;

/** What `IsolatedWork` calls. Moves the movie box of a good MP4 to the front on the way. */
export async function work(path: string): Promise<ContainerAnswer> {
  try {
    const { facts, parts } = await withFile(path, look);
    if (parts) await rewrite(path, parts);
    return { facts };
  } catch (error) {
    if (error instanceof ContainerError) return { problem: error.problem };
    throw error;
  }
}

async function look(source: ByteSource): Promise<{ facts: VideoFacts; parts: Part[] | undefined }> {
  const facts = await readContainer(source);
  const moves = facts.type === 'video/mp4' && source.size <= LARGEST_MOVED;
  return { facts, parts: moves ? await movieInFront(source) : undefined };
}

/** Writes a file anew beside itself, and puts that in its place once it is whole. */
async function rewrite(path: string, parts: readonly Part[]): Promise<void> {
  const anew = `${path}-front`;
  try {
    const handle = await open(anew, 'wx');
    try {
      for (const part of parts) {
        const chunks = 'bytes' in part ? [part.bytes] : createReadStream(path, { start: part.from, end: part.to - 1 });
        for await (const chunk of chunks) await handle.writeFile(chunk);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(anew, path);
  } catch (error) {
    await rm(anew, { force: true });
    throw error;
  }
}
