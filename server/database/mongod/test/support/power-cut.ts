import type { Recording, Write } from './recording.ts';

const PAGE = 4096;
const SECTOR = 512;

/** What a cut leaves of the writes that no sync has made durable. */
export const REMAINS = ['nothing', 'all', 'pages', 'sectors', 'a prefix', 'a mixture'] as const;
export type Remains = (typeof REMAINS)[number];

/** A generator of numbers from 0 to 1 that gives the same ones again for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Piece {
  at: number;
  data: Buffer;
}

/** A write in pieces that a disk writes one by one, cut at multiples of `size`. */
function pieces({ at, data }: Piece, size: number): Piece[] {
  const found: Piece[] = [];
  for (let from = 0; from < data.length; ) {
    const to = Math.min(data.length, from + size - ((at + from) % size));
    found.push({ at: at + from, data: data.subarray(from, to) });
    from = to;
  }
  return found;
}

/**
 * The data file as a power cut at some moment leaves it on the disk.
 * @param base the file at the start of the recording
 * @param withSyncs false: as if no sync had been made, ever
 */
export function fileAfterCut(
  base: Buffer,
  { writes }: Recording,
  moment: number,
  remains: Remains,
  random: () => number,
  withSyncs = true,
): Buffer {
  const begun = writes.filter((write) => write.began < moment);
  const isDurable = (write: Write) => withSyncs && write.durable < moment;
  const pending = begun.filter((write) => !isDurable(write));
  let left = Math.floor(random() * (pending.length + 1));
  const remaining = (write: Write): Piece[] => {
    const some = (size: number) => pieces(write, size).filter(() => random() < 0.5);
    if (remains === 'all') return [write];
    if (remains === 'pages') return some(PAGE);
    if (remains === 'sectors') return some(SECTOR);
    if (remains === 'a mixture') return random() < 0.3 ? [write] : some(random() < 0.5 ? PAGE : SECTOR);
    if (remains === 'nothing' || left < 0) return [];
    const sectors = pieces(write, SECTOR);
    return left-- > 0 ? sectors : sectors.slice(0, Math.floor(random() * sectors.length));
  };
  const kept: Piece[] = begun.flatMap((write) => (isDurable(write) ? [write] : remaining(write)));
  const file = Buffer.alloc(kept.reduce((size, { at, data }) => Math.max(size, at + data.length), base.length));
  base.copy(file);
  for (const { at, data } of kept) data.copy(file, at);
  return file;
}
