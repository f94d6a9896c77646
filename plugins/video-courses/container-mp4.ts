import { type Box, boxes, child, descendant } from './container-mp4-boxes.ts';
import { Fragments, readSampleTable } from './container-mp4-samples.ts';
import { type ByteSource, ContainerError, type VideoStream } from './container-source.ts';

/** What a picture's track says of itself. */
interface PictureTrack {
  id: number;
  timescale: number;
  codec: string;
  /** Length of the samples that its table lists, in seconds; none in a fragmented file. */
  seconds: number;
}

/**
 * The length of the picture in seconds, from its samples; the movie box may come first or last.
 * @throws ContainerError, also where the header promises more, or other, than there is to play
 */
export async function readMp4(source: ByteSource): Promise<VideoStream> {
  const top = await boxes(source, 0, source.size);
  const moov = top.find((box) => box.type === 'moov');
  if (!moov) throw new ContainerError('incomplete');
  const inside = await boxes(source, moov.from, moov.to);
  const track = await pictureTrack(source, inside);
  if (!track) throw new ContainerError('no-picture');
  const header = child(inside, 'mvhd');
  if (!header) throw new ContainerError('incomplete');
  const promised = await promisedLength(source, header, inside);
  const moofs = top.filter((box) => box.type === 'moof');
  const fragments = await Fragments.open(source, inside, track.id);
  for (const moof of moofs) await fragments.add(moof);
  const seconds = Math.max(track.seconds, fragments.ticks / (track.timescale || Number.NaN) || 0);
  // The header of a fragmented file often tells of its beginning alone.
  if (disagree(promised, seconds) && !(moofs.length > 0 && promised < seconds)) {
    throw new ContainerError('lengths-disagree');
  }
  return { seconds, codec: track.codec };
}

/** Sound may go on a moment longer than the picture; a header that says nothing promises nothing. */
function disagree(promised: number, seconds: number): boolean {
  return promised > 0 && seconds > 0 && Math.abs(promised - seconds) > Math.max(2, seconds / 100);
}

async function pictureTrack(source: ByteSource, moov: readonly Box[]): Promise<PictureTrack | undefined> {
  for (const box of moov.filter(({ type }) => type === 'trak')) {
    const track = await boxes(source, box.from, box.to);
    const media = await descendant(source, track, 'mdia');
    const handler = media && child(media, 'hdlr');
    if (!handler) continue;
    const name = await source.read(handler.from, 12);
    if (name.toString('latin1', 8, 12) === 'vide') return readTrack(source, track, media);
  }
  return undefined;
}

async function readTrack(source: ByteSource, track: readonly Box[], media: readonly Box[]): Promise<PictureTrack> {
  const [header, mediaHeader] = [child(track, 'tkhd'), child(media, 'mdhd')];
  if (!header || !mediaHeader) throw new ContainerError('incomplete');
  const table = await descendant(source, media, 'minf', 'stbl');
  if (!table) throw new ContainerError('incomplete');
  const { timescale } = await timeHeader(source, mediaHeader);
  const { ticks, codec } = await readSampleTable(source, table);
  const head = await source.read(header.from, 24);
  const id = head.length === 24 ? head.readUInt32BE(head[0] === 1 ? 20 : 12) : 0;
  return { id, timescale, codec, seconds: ticks / (timescale || Number.NaN) || 0 };
}

/** What the movie's header says, or the movie extends header of a fragmented file; 0 where both say nothing. */
async function promisedLength(source: ByteSource, header: Box, moov: readonly Box[]): Promise<number> {
  const { timescale, duration } = await timeHeader(source, header);
  if (duration > 0) return duration / (timescale || Number.NaN) || 0;
  const extended = await descendant(source, moov, 'mvex');
  const box = extended && child(extended, 'mehd');
  if (!box) return 0;
  const content = await source.read(box.from, 12);
  if (content[0] === 1 && content.length >= 12) return Number(content.readBigUInt64BE(4)) / timescale || 0;
  return content.length >= 8 ? content.readUInt32BE(4) / timescale || 0 : 0;
}

/** `mvhd` and `mdhd` begin alike; a duration of all ones is unknown. */
async function timeHeader(source: ByteSource, box: Box): Promise<{ timescale: number; duration: number }> {
  const content = await source.read(box.from, 32);
  const isLong = content[0] === 1;
  if (content.length < (isLong ? 32 : 20)) throw new ContainerError('incomplete');
  const duration = isLong ? content.readBigUInt64BE(24) : BigInt(content.readUInt32BE(16));
  const unknown = isLong ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
  return { timescale: content.readUInt32BE(isLong ? 20 : 12), duration: duration === unknown ? 0 : Number(duration) };
}
