import { type ByteSource, ContainerError } from './container-source.ts';

/** Element ids of Matroska (RFC 9559) that the reader looks at. */
const id = {
  header: 0x1a45dfa3,
  docType: 0x4282,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  tracks: 0x1654ae6b,
  track: 0xae,
  trackType: 0x83,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
} as const;

interface Element {
  id: number;
  from: number;
  /** Undefined where the size is unknown, as live recorders write it. */
  to: number | undefined;
}

const MOST_ELEMENTS = 2_000_000;
const PICTURE = 1;

/** The length in seconds: from the segment's information, else from its last cluster. @throws ContainerError */
export async function readWebm(source: ByteSource): Promise<number> {
  const header = await element(source, 0);
  if (header?.to === undefined) throw new ContainerError('not-a-video');
  if ((await docType(source, header.from, header.to)) !== 'webm') throw new ContainerError('not-a-video');
  const segment = await element(source, header.to);
  if (segment?.id !== id.segment) throw new ContainerError('incomplete');
  return new SegmentReader(source).read(segment);
}

async function docType(source: ByteSource, from: number, to: number): Promise<string> {
  for (let at = from; at < to; ) {
    const inner = await element(source, at);
    if (inner?.to === undefined) break;
    if (inner.id === id.docType) {
      return (await source.read(inner.from, Math.min(16, inner.to - inner.from)))
        .toString('latin1')
        .replace(/\0+$/, '');
    }
    at = inner.to;
  }
  return '';
}

class SegmentReader {
  readonly #source: ByteSource;
  /** Nanoseconds in one tick. */
  #scale = 1_000_000;
  #duration = 0;
  #hasPicture = false;
  #lastCluster: Element | undefined;
  #clusterTime = 0;
  #lastTime = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  async read(segment: Element): Promise<number> {
    const end = segment.to ?? this.#source.size;
    if (end > this.#source.size) throw new ContainerError('incomplete');
    await this.#walk(segment.from, end);
    if (!this.#hasPicture) throw new ContainerError('no-picture');
    if (this.#duration > 0) return (this.#duration * this.#scale) / 1e9;
    if (this.#lastCluster?.to !== undefined) await this.#walk(this.#lastCluster.from, this.#lastCluster.to);
    return (this.#lastTime * this.#scale) / 1e9;
  }

  /** Passes over clusters of known size; those of unknown size are walked through, their blocks being on the way. */
  async #walk(from: number, to: number): Promise<void> {
    let count = 0;
    for (let at = from; at < to; ) {
      const found = await element(this.#source, at);
      if (!found) return;
      if (++count > MOST_ELEMENTS || (found.to !== undefined && found.to > to)) throw new ContainerError('incomplete');
      await this.#take(found);
      at = found.to ?? found.from;
    }
  }

  async #take(found: Element): Promise<void> {
    const { from, to = from } = found;
    const read = (length = to - from) => this.#source.read(from, Math.min(length, to - from));
    switch (found.id) {
      case id.info:
      case id.tracks:
      case id.track:
      case id.blockGroup:
        await this.#walk(from, to);
        break;
      case id.timestampScale:
        this.#scale = unsigned(await read(8));
        break;
      case id.duration:
        this.#duration = float(await read(8));
        break;
      case id.trackType:
        this.#hasPicture ||= unsigned(await read(8)) === PICTURE;
        break;
      case id.cluster:
        this.#lastCluster = found;
        break;
      case id.timestamp:
        this.#clusterTime = unsigned(await read(8));
        this.#lastTime = Math.max(this.#lastTime, this.#clusterTime);
        break;
      case id.simpleBlock:
      case id.block:
        this.#lastTime = Math.max(this.#lastTime, this.#clusterTime + blockTime(await read(12)));
        break;
    }
  }
}

/** A block begins with its track as a variable number, then its time relative to the cluster. */
function blockTime(head: Buffer): number {
  const length = Math.clz32(head[0] ?? 0) - 23;
  return head.length >= length + 2 ? head.readInt16BE(length) : 0;
}

/** The element at a position, or undefined at the end of the file. @throws ContainerError where none can begin */
async function element(source: ByteSource, at: number): Promise<Element | undefined> {
  const head = await source.read(at, 12);
  if (head.length < 2) return undefined;
  const idLength = Math.clz32(head[0] ?? 0) - 23;
  if (idLength > 4 || head.length <= idLength) throw new ContainerError('incomplete');
  const sizeLength = Math.clz32(head[idLength] ?? 0) - 23;
  if (sizeLength > 8 || head.length < idLength + sizeLength) throw new ContainerError('incomplete');
  const from = at + idLength + sizeLength;
  const size = variableNumber(head.subarray(idLength, idLength + sizeLength));
  return { id: head.readUIntBE(0, idLength), from, to: size === undefined ? undefined : from + size };
}

/** The value without its length marker; undefined where all bits are set, which means unknown. */
function variableNumber(bytes: Buffer): number | undefined {
  let value = (bytes[0] ?? 0) & (0xff >> bytes.length);
  let full = value === 0xff >> bytes.length;
  for (const byte of bytes.subarray(1)) {
    value = value * 256 + byte;
    full &&= byte === 0xff;
  }
  return full ? undefined : value;
}

function unsigned(bytes: Buffer): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

function float(bytes: Buffer): number {
  if (bytes.length === 4) return bytes.readFloatBE(0);
  return bytes.length === 8 ? bytes.readDoubleBE(0) : 0;
}
