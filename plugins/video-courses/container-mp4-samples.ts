/** How long samples last: ISO/IEC 14496-12, 8.6.1 (tables) and 8.8 (fragments). */
import { type Box, boxes, child, descendant } from './container-mp4-boxes.ts';
import { type ByteSource, ContainerError } from './container-source.ts';

/** Entries of all tables that are read: a day of 50 pictures a second, each of its own length. */
const MAX_ENTRIES = 5_000_000;
/** Bytes of a table that are read at once. */
const CHUNK = 48 * 1024;

/** The codec's four letters, and the samples' lengths together. */
export async function readSampleTable(
  source: ByteSource,
  table: readonly Box[],
): Promise<{ ticks: number; codec: string }> {
  const description = child(table, 'stsd');
  const times = child(table, 'stts');
  const codec = description ? (await source.read(description.from, 16)).toString('latin1', 12, 16) : '';
  let ticks = 0;
  if (times) {
    const count = await countAt(source, times.from + 4);
    for await (const entry of entries(source, { from: times.from + 8, to: times.to }, count, 8)) {
      ticks += entry.readUInt32BE(0) * entry.readUInt32BE(4);
    }
  }
  return { ticks, codec };
}

/** Adds up the fragments of one track. */
export class Fragments {
  readonly #source: ByteSource;
  readonly #track: number;
  readonly #usual: number;
  #entries = 0;
  /** Where the last sample ends, in the track's own ticks. */
  ticks = 0;

  private constructor(source: ByteSource, track: number, usual: number) {
    this.#source = source;
    this.#track = track;
    this.#usual = usual;
  }

  /** @param moov the boxes within the movie, which say how long a sample usually lasts */
  static async open(source: ByteSource, moov: readonly Box[], track: number): Promise<Fragments> {
    for (const { from } of ((await descendant(source, moov, 'mvex')) ?? []).filter(({ type }) => type === 'trex')) {
      const content = await source.read(from, 16);
      if (content.length === 16 && content.readUInt32BE(4) === track) {
        return new Fragments(source, track, content.readUInt32BE(12));
      }
    }
    return new Fragments(source, track, 0);
  }

  async add(moof: Box): Promise<void> {
    for (const box of (await boxes(this.#source, moof.from, moof.to)).filter(({ type }) => type === 'traf')) {
      await this.#addTrack(await boxes(this.#source, box.from, box.to));
    }
  }

  async #addTrack(traf: readonly Box[]): Promise<void> {
    const header = child(traf, 'tfhd');
    if (!header) throw new ContainerError('incomplete');
    const { track, usual } = await this.#header(header);
    if (track !== this.#track) return;
    let at = (await this.#begin(traf)) ?? this.ticks;
    for (const run of traf.filter(({ type }) => type === 'trun')) at += await this.#run(run, usual);
    this.ticks = Math.max(this.ticks, at);
  }

  /** Base data offset, description and duration are there where their flags are set. */
  async #header({ from, to }: Box): Promise<{ track: number; usual: number }> {
    const content = await this.#source.read(from, Math.min(28, to - from));
    if (content.length < 8) throw new ContainerError('incomplete');
    const flags = content.readUInt32BE(0);
    const place = 8 + (flags & 0x1 ? 8 : 0) + (flags & 0x2 ? 4 : 0);
    const says = (flags & 0x8) !== 0 && content.length >= place + 4;
    return { track: content.readUInt32BE(4), usual: says ? content.readUInt32BE(place) : this.#usual };
  }

  /** When a fragment begins, where it says so (`tfdt`); else it follows on. */
  async #begin(traf: readonly Box[]): Promise<number | undefined> {
    const box = child(traf, 'tfdt');
    if (!box) return undefined;
    const content = await this.#source.read(box.from, 12);
    if (content[0] === 1 && content.length >= 12) return Number(content.readBigUInt64BE(4));
    return content.length >= 8 ? content.readUInt32BE(4) : undefined;
  }

  async #run({ from, to }: Box, usual: number): Promise<number> {
    const head = await this.#source.read(from, 8);
    if (head.length < 8) throw new ContainerError('incomplete');
    const flags = head.readUInt32BE(0);
    const count = head.readUInt32BE(4);
    if ((flags & 0x100) === 0) return count * usual;
    const start = from + 8 + (flags & 0x1 ? 4 : 0) + (flags & 0x4 ? 4 : 0);
    const length = [0x100, 0x200, 0x400, 0x800].reduce((sum, flag) => sum + (flags & flag ? 4 : 0), 0);
    this.#entries += count;
    if (this.#entries > MAX_ENTRIES) throw new ContainerError('incomplete');
    let ticks = 0;
    for await (const entry of entries(this.#source, { from: start, to }, count, length)) ticks += entry.readUInt32BE(0);
    return ticks;
  }
}

async function countAt(source: ByteSource, at: number): Promise<number> {
  const content = await source.read(at, 4);
  if (content.length < 4) throw new ContainerError('incomplete');
  return content.readUInt32BE(0);
}

/** The entries of a table, which lie in its box whole. @throws ContainerError where they do not, or are too many */
async function* entries(
  source: ByteSource,
  { from, to }: Pick<Box, 'from' | 'to'>,
  count: number,
  length: number,
): AsyncGenerator<Buffer> {
  if (count > MAX_ENTRIES || from + count * length > to) throw new ContainerError('incomplete');
  const atOnce = Math.floor(CHUNK / length);
  for (let n = 0; n < count; n += atOnce) {
    const wanted = Math.min(atOnce, count - n) * length;
    const chunk = await source.read(from + n * length, wanted);
    if (chunk.length < wanted) throw new ContainerError('incomplete');
    for (let at = 0; at < wanted; at += length) yield chunk.subarray(at, at + length);
  }
}
