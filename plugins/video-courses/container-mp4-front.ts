import { type Box, boxes, descendant } from './container-mp4-boxes.ts';
import { type ByteSource, ContainerError } from './container-source.ts';

/** A stretch of the file as it is, or bytes in its place. */
export type Part = { from: number; to: number } | { bytes: Buffer };

/** Larger than the tables of any lesson. */
const LARGEST_MOVIE = 32 * 1024 * 1024;
/** What may stand at the top of a plain file; anything else may point at places that would move. */
const PLAIN = new Set(['ftyp', 'free', 'skip', 'wide', 'mdat', 'moov', 'udta', 'uuid', 'pdin']);
/** Boxes within a movie that hold places in the file in ways that are not mended here. */
const POINTS_ELSEWHERE = ['saio', 'iloc', 'mvex', 'cmov', 'rmra'];

/**
 * The file with its movie box before the media, so that a player begins with what it reads first ("fast start"): tables of
 * places (`stco`, `co64`) move with what they point at. ISO/IEC 14496-12.
 * @returns undefined where it is so already, has fragments, or where it is not sure that all would stay as it is
 */
export async function movieInFront(source: ByteSource): Promise<Part[] | undefined> {
  const top = await topBoxes(source);
  const moov = top.find(({ type }) => type === 'moov');
  const media = top.find(({ type }) => type === 'mdat');
  if (!moov || !media || moov.start < media.start || top.some(({ type }) => !PLAIN.has(type))) return undefined;
  if (top.filter(({ type }) => type === 'moov').length > 1 || moov.to - moov.start > LARGEST_MOVIE) return undefined;
  const bytes = Buffer.from(await source.read(moov.start, moov.to - moov.start));
  if (bytes.length < moov.to - moov.start) return undefined;
  const medias = top.filter(({ type }) => type === 'mdat');
  const shift = (place: number): number | undefined => {
    if (!medias.some(({ from, to }) => from <= place && place < to)) return undefined;
    return place < moov.start ? place + bytes.length : place;
  };
  if (!(await movePlaces(bytes, shift))) return undefined;
  return [
    { from: 0, to: media.start },
    { bytes },
    { from: media.start, to: moov.start },
    { from: moov.to, to: source.size },
  ].filter((part) => 'bytes' in part || part.from < part.to);
}

interface TopBox extends Box {
  /** Where its head begins: each follows the one before. */
  start: number;
}

async function topBoxes(source: ByteSource): Promise<TopBox[]> {
  let start = 0;
  return (await boxes(source, 0, source.size)).map((box) => {
    const placed = { ...box, start };
    start = box.to;
    return placed;
  });
}

/** Moves every place in the tables of a movie. @returns false where one cannot be moved for sure */
async function movePlaces(movie: Buffer, shift: (place: number) => number | undefined): Promise<boolean> {
  const within: ByteSource = { size: movie.length, read: async (at, length) => movie.subarray(at, at + length) };
  if (POINTS_ELSEWHERE.some((type) => movie.includes(type, 0, 'latin1'))) return false;
  const [moov] = await boxes(within, 0, movie.length);
  if (!moov) return false;
  let tables = 0;
  for (const track of await boxes(within, moov.from, moov.to)) {
    if (track.type !== 'trak') continue;
    const inside = await boxes(within, track.from, track.to);
    for (const table of (await descendant(within, inside, 'mdia', 'minf', 'stbl')) ?? []) {
      if (table.type !== 'stco' && table.type !== 'co64') continue;
      if (!moveTable(movie, table, shift)) return false;
      tables += 1;
    }
  }
  return tables > 0;
}

function moveTable(movie: Buffer, { type, from, to }: Box, shift: (place: number) => number | undefined): boolean {
  const width = type === 'stco' ? 4 : 8;
  if (to - from < 8) throw new ContainerError('incomplete');
  const count = movie.readUInt32BE(from + 4);
  if (from + 8 + count * width > to) throw new ContainerError('incomplete');
  for (let at = from + 8; at < from + 8 + count * width; at += width) {
    const place = shift(width === 4 ? movie.readUInt32BE(at) : Number(movie.readBigUInt64BE(at)));
    if (place === undefined || (width === 4 && place > 0xffff_ffff)) return false;
    if (width === 4) movie.writeUInt32BE(place, at);
    else movie.writeBigUInt64BE(BigInt(place), at);
  }
  return true;
}
