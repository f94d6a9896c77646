import { open } from 'node:fs/promises';
import type { ByteSource } from './container-source.ts';

/** Larger than most headers, so that neighbouring ones come with one read. */
const BLOCK = 64 * 1024;

/** Hands a file to `use` as a byte source that keeps its last block, and closes it afterwards. */
export async function withFile<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    let block = Buffer.alloc(0);
    let start = 0;
    const read = async (position: number, length: number): Promise<Buffer> => {
      if (position < start || position + length > start + block.length) {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(BLOCK, length)), 0, undefined, position);
        block = buffer.subarray(0, bytesRead);
        start = position;
      }
      return block.subarray(position - start, position - start + length);
    };
    return await use({ size, read });
  } finally {
    await handle.close();
  }
}
