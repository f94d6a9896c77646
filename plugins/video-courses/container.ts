import { readMp4 } from './container-mp4.ts';
import { type ByteSource, ContainerError } from './container-source.ts';
import { readWebm } from './container-webm.ts';

export interface VideoFacts {
  type: 'video/mp4' | 'video/webm';
  /** Length to the millisecond. */
  seconds: number;
}

/** Longer than any lesson: a length beyond it comes from a broken or forged header. */
const LONGEST_SECONDS = 24 * 3600;

/**
 * The type and length of a video, from its own structure and never from its name. Reads a handful of small blocks.
 * @throws ContainerError for anything but a whole MP4 or WebM with a picture and a length
 */
export async function readContainer(source: ByteSource): Promise<VideoFacts> {
  const head = await source.read(0, 12);
  const seconds = await secondsOf(head, source);
  const rounded = Math.round(seconds * 1000) / 1000;
  if (!(rounded > 0) || rounded > LONGEST_SECONDS) throw new ContainerError('no-length');
  return { type: isMp4(head) ? 'video/mp4' : 'video/webm', seconds: rounded };
}

function secondsOf(head: Buffer, source: ByteSource): Promise<number> {
  if (isMp4(head)) return readMp4(source);
  if (head.length >= 4 && head.readUInt32BE(0) === 0x1a45dfa3) return readWebm(source);
  throw new ContainerError('not-a-video');
}

/** ISO/IEC 14496-12: the file type box comes before everything else. */
function isMp4(head: Buffer): boolean {
  return head.length >= 12 && head.toString('latin1', 4, 8) === 'ftyp';
}
