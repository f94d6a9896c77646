import { type ByteSource, ContainerError } from './container-source.ts';

/** A box of ISO/IEC 14496-12: its type, and where its content lies. */
interface Box {
  type: string;
  from: number;
  to: number;
}

/** Boxes on one level at most, so that a file of empty boxes cannot keep the reader busy. */
const MOST_BOXES = 100_000;

/** The length in seconds; the movie box may come first or last. @throws ContainerError */
export async function readMp4(source: ByteSource): Promise<number> {
  const top = await boxes(source, 0, source.size);
  const moov = top.find((box) => box.type === 'moov');
  if (!moov) throw new ContainerError('incomplete');
  const inside = await boxes(source, moov.from, moov.to);
  if (!(await hasPicture(source, inside))) throw new ContainerError('no-picture');
  const header = inside.find((box) => box.type === 'mvhd');
  if (!header) throw new ContainerError('incomplete');
  const { timescale, duration } = await movieHeader(source, header);
  return (duration || (await fragmentsLength(source, inside))) / (timescale || Number.NaN);
}

async function boxes(source: ByteSource, from: number, to: number): Promise<Box[]> {
  const found: Box[] = [];
  for (let at = from; at + 8 <= to; ) {
    const head = await source.read(at, 16);
    if (head.length < 8 || found.length >= MOST_BOXES) throw new ContainerError('incomplete');
    const { size, header } = sizeOf(head, to - at);
    if (size < header || at + size > to) throw new ContainerError('incomplete');
    found.push({ type: head.toString('latin1', 4, 8), from: at + header, to: at + size });
    at += size;
  }
  return found;
}

/** A size of 1 is followed by 64 bits, a size of 0 means up to the end. */
function sizeOf(head: Buffer, left: number): { size: number; header: number } {
  const size = head.readUInt32BE(0);
  if (size === 0) return { size: left, header: 8 };
  if (size !== 1) return { size, header: 8 };
  if (head.length < 16) throw new ContainerError('incomplete');
  return { size: Number(head.readBigUInt64BE(8)), header: 16 };
}

async function hasPicture(source: ByteSource, moov: Box[]): Promise<boolean> {
  for (const track of moov.filter((box) => box.type === 'trak')) {
    const media = (await boxes(source, track.from, track.to)).find((box) => box.type === 'mdia');
    if (!media) continue;
    const handler = (await boxes(source, media.from, media.to)).find((box) => box.type === 'hdlr');
    if (!handler) continue;
    const content = await source.read(handler.from, 12);
    if (content.toString('latin1', 8, 12) === 'vide') return true;
  }
  return false;
}

async function movieHeader(source: ByteSource, box: Box): Promise<{ timescale: number; duration: number }> {
  const content = await source.read(box.from, 32);
  const version = content[0];
  if (content.length < (version === 1 ? 32 : 20)) throw new ContainerError('incomplete');
  return version === 1
    ? { timescale: content.readUInt32BE(20), duration: Number(content.readBigUInt64BE(24)) }
    : { timescale: content.readUInt32BE(12), duration: content.readUInt32BE(16) };
}

/** A fragmented file says its length in the movie extends header, or nowhere. */
async function fragmentsLength(source: ByteSource, moov: Box[]): Promise<number> {
  const extended = moov.find((box) => box.type === 'mvex');
  if (!extended) return 0;
  const header = (await boxes(source, extended.from, extended.to)).find((box) => box.type === 'mehd');
  if (!header) return 0;
  const content = await source.read(header.from, 12);
  if (content[0] === 1 && content.length >= 12) return Number(content.readBigUInt64BE(4));
  return content.length >= 8 ? content.readUInt32BE(4) : 0;
}
