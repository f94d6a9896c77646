import { readMp4 } from './container-mp4.ts';
import { type ByteSource, ContainerError, type VideoStream } from './container-source.ts';
import { readWebm } from './container-webm.ts';

export interface VideoFacts {
  type: 'video/mp4' | 'video/webm';
  /** Length to the millisecond. */
  seconds: number;
  /** `h265` where many browsers play the sound alone. */
  codec: 'h264' | 'h265' | 'vp8' | 'vp9' | 'av1' | 'other';
}

/** Longer than any lesson: a length beyond it comes from a broken or forged header. */
const LONGEST_SECONDS = 24 * 3600;

/** Names of codecs in MP4 (MP4RA) and WebM (Matroska codec registry). */
const codecs: readonly [RegExp, VideoFacts['codec']][] = [
  [/^(avc[1-4]|V_MPEG4\/ISO\/AVC)/, 'h264'],
  [/^(hvc1|hev1|dvh1|dvhe|V_MPEGH)/, 'h265'],
  [/^(vp08|V_VP8)/, 'vp8'],
  [/^(vp09|V_VP9)/, 'vp9'],
  [/^(av01|V_AV1)/, 'av1'],
];

/**
 * The type, codec and length of a video, from its own structure and never from its name. Reads headers and tables only.
 * @throws ContainerError for anything but a whole MP4 or WebM with a picture and a length
 */
export async function readContainer(source: ByteSource): Promise<VideoFacts> {
  const head = await source.read(0, 12);
  const { seconds, codec } = await streamOf(head, source);
  const rounded = Math.round(seconds * 1000) / 1000;
  if (!(rounded > 0) || rounded > LONGEST_SECONDS) throw new ContainerError('no-length');
  const [, known = 'other' as const] = codecs.find(([name]) => name.test(codec)) ?? [];
  return { type: isMp4(head) ? 'video/mp4' : 'video/webm', seconds: rounded, codec: known };
}

function streamOf(head: Buffer, source: ByteSource): Promise<VideoStream> {
  if (isMp4(head)) return readMp4(source);
  if (head.length >= 4 && head.readUInt32BE(0) === 0x1a45dfa3) return readWebm(source);
  throw new ContainerError('not-a-video');
}

/** ISO/IEC 14496-12: the file type box comes before everything else. */
function isMp4(head: Buffer): boolean {
  return head.length >= 12 && head.toString('latin1', 4, 8) === 'ftyp';
}
