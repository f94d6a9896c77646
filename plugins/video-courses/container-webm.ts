import { type ByteSource, ContainerError, type VideoStream } from './container-source.ts';

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
  trackNumber: 0xd7,
  trackType: 0x83,
  codecId: 0x86,
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

/** Elements of a whole file, whatever level they lie on. */
const MAX_ELEMENTS = 2_000_000;
/** Segment, tracks, track, its number: nothing that is read lies deeper. */
const MAX_DEPTH = 4;
const PICTURE = 1;

/**
 * The length of the picture in seconds: as the segment's information says, where its clusters agree, else from its last one.
 * @throws ContainerError
 */
export async function readWebm(source: ByteSource): Promise<VideoStream> {
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
  #elements = 0;
  /** Nanoseconds in one tick. */
  #scale = 1_000_000;
  #duration = 0;
  /** Number, kind and codec of the track being read, and of the picture. */
  #track = { number: 0, type: 0, codec: '' };
  #picture: { number: number; codec: string } | undefined;
  /** Those of known size, which are passed over at first. */
  readonly #clusters: Element[] = [];
  #clusterTime = 0;
  /** When the last picture begins, in ticks. */
  #lastTime = 0;
  /** When the last block of any track begins. */
  #lastOfAny = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  async read(segment: Element): Promise<VideoStream> {
    const to = segment.to ?? this.#source.size;
    if (to > this.#source.size) throw new ContainerError('incomplete');
    await this.#walk(segment.from, to, 0);
    const picture = this.#picture;
    if (!picture) throw new ContainerError('no-picture');
    // From the end: what follows the last picture is sound alone.
    for (let n = this.#clusters.length - 1; n >= 0 && this.#lastTime === 0; n -= 1) {
      const { from, to = from } = this.#clusters[n] as Element;
      await this.#walk(from, to, 0);
    }
    const inSeconds = (ticks: number) => (ticks * this.#scale) / 1e9;
    const [promised, last, end] = [this.#duration, this.#lastTime, this.#lastOfAny].map(inSeconds) as [
      number,
      number,
      number,
    ];
    // The last picture begins a moment before it ends, and sound may go on a little longer.
    const isNear = (other: number) => Math.abs(other - last) <= Math.max(2, last / 100);
    if (promised > 0 && !isNear(promised)) throw new ContainerError('lengths-disagree');
    return { seconds: promised || (isNear(end) ? end : last), codec: picture.codec };
  }

  /** Passes over clusters of known size; those of unknown size are walked through, their blocks being on the way. */
  async #walk(from: number, to: number, depth: number): Promise<void> {
    if (depth > MAX_DEPTH) throw new ContainerError('incomplete');
    for (let at = from; at < to; ) {
      const found = await element(this.#source, at);
      if (!found) return;
      this.#elements += 1;
      if (this.#elements > MAX_ELEMENTS || (found.to !== undefined && found.to > to)) {
        throw new ContainerError('incomplete');
      }
      await this.#take(found, depth);
      at = found.to ?? found.from;
    }
  }

  async #take(found: Element, depth: number): Promise<void> {
    const { from, to = from } = found;
    const read = (length = to - from) => this.#source.read(from, Math.min(length, to - from));
    switch (found.id) {
      case id.info:
      case id.tracks:
      case id.blockGroup:
        await this.#walk(from, to, depth + 1);
        break;
      case id.track:
        this.#track = { number: 0, type: 0, codec: '' };
        await this.#walk(from, to, depth + 1);
        if (this.#track.type === PICTURE) this.#picture ??= this.#track;
        break;
      case id.timestampScale:
        this.#scale = unsigned(await read(8));
        break;
      case id.duration:
        this.#duration = float(await read(8));
        break;
      case id.trackNumber:
        this.#track.number = unsigned(await read(8));
        break;
      case id.trackType:
        this.#track.type = unsigned(await read(8));
        break;
      case id.codecId:
        this.#track.codec = (await read(32)).toString('latin1').replace(/\0+$/, '');
        break;
      case id.cluster:
        if (found.to !== undefined) this.#clusters.push(found);
        break;
      case id.timestamp:
        this.#clusterTime = unsigned(await read(8));
        break;
      case id.simpleBlock:
      case id.block:
        this.#block(await read(12));
        break;
    }
  }

  /** A block begins with its track as a variable number, then its time relative to the cluster. */
  #block(head: Buffer): void {
    const length = Math.clz32(head[0] ?? 0) - 23;
    const track = variableNumber(head.subarray(0, length));
    if (head.length < length + 2) return;
    const time = this.#clusterTime + head.readInt16BE(length);
    this.#lastOfAny = Math.max(this.#lastOfAny, time);
    if (!this.#picture || track === this.#picture.number) this.#lastTime = Math.max(this.#lastTime, time);
  }
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
