import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { movieInFront } from '../../../plugins/video-courses/container-mp4-front.ts';
import { work } from '../../../plugins/video-courses/container-worker.ts';
import { clip } from './video-support.ts';

const sourceOf = (buffer: Buffer) => ({
  size: buffer.length,
  read: async (at: number, length: number) => buffer.subarray(at, at + length),
});

/** Whether a program of FFmpeg is here to say what a decoder makes of the file. */
const present = (() => {
  try {
    execFileSync('ffmpeg', ['-version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
const ffmpeg = (...args: string[]) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...args]).toString();
/** The hash of every decoded frame. */
const frames = (path: string) => ffmpeg('-i', path, '-f', 'framemd5', '-').replace(/^#.*\n/gm, '');

/** The top boxes of a file, by type. */
function order(file: Buffer): string[] {
  const types: string[] = [];
  for (let at = 0; at + 8 <= file.length; at += file.readUInt32BE(at) || file.length) {
    types.push(file.toString('latin1', at + 4, at + 8));
  }
  return types;
}

function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}
const words = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [n, value] of values.entries()) bytes.writeUInt32BE(value, n * 4);
  return bytes;
};
const ftyp = box('ftyp', Buffer.from('isom\0\0\0\0isom', 'latin1'));
const movie = (table: Buffer, ...more: Buffer[]) =>
  box('moov', box('trak', box('mdia', box('minf', box('stbl', table))), ...more));
const media = box('mdat', Buffer.from('0123456789'));
const at = ftyp.length + 8;

async function rewritten(file: Buffer): Promise<Buffer | undefined> {
  const parts = await movieInFront(sourceOf(file));
  return (
    parts && Buffer.concat(parts.map((part) => ('bytes' in part ? part.bytes : file.subarray(part.from, part.to))))
  );
}

describe('moving the movie box to the front', () => {
  it('moves 32-bit and 64-bit places with what they point at, also behind the movie', async () => {
    const long = (...places: number[]) => Buffer.concat(places.map((place) => words(0, place)));
    for (const [type, table] of [
      ['stco', (...places: number[]) => words(0, places.length, ...places)],
      ['co64', (...places: number[]) => Buffer.concat([words(0, places.length), long(...places)])],
    ] as const) {
      const size = movie(box(type, table(0, 0))).length;
      const behind = ftyp.length + media.length + size + 8;
      const file = Buffer.concat([ftyp, media, movie(box(type, table(at + 3, behind + 4))), media]);
      const moved = (await rewritten(file))!;
      expect(order(moved)).to.deep.equal(['ftyp', 'moov', 'mdat', 'mdat']);
      expect(moved.indexOf(movie(box(type, table(at + 3 + size, behind + 4)))), type).to.equal(ftyp.length);
      expect(moved.toString('latin1', at + 3 + size, at + 4 + size)).to.equal('3');
      expect(moved.length).to.equal(file.length);
    }
  });

  it('leaves alone what is in front, in fragments, or not sure to stay as it is', async () => {
    const table = box('stco', words(0, 1, at));
    const files = {
      front: [ftyp, movie(table), media],
      fragments: [ftyp, media, movie(table), box('moof')],
      extends: [ftyp, media, box('moov', box('mvex'), box('trak'))],
      outside: [ftyp, media, movie(box('stco', words(0, 1, 4)))],
      auxiliary: [ftyp, media, movie(table, box('saio', words(0, 0)))],
      unknown: [ftyp, box('meta'), media, movie(table)],
      twice: [ftyp, media, movie(table), movie(table)],
      none: [ftyp, media, box('moov', box('trak'))],
    };
    for (const [name, parts] of Object.entries(files)) {
      expect(await movieInFront(sourceOf(Buffer.concat(parts))), name).to.equal(undefined);
    }
  });

  it('leaves every frame of a real file as it was, in the file itself', async function () {
    if (!present) this.skip();
    const folder = await mkdtemp(join(tmpdir(), 'xuefang-front-'));
    try {
      const [back, path] = [join(folder, 'back.mp4'), join(folder, 'lesson.mp4')];
      ffmpeg('-i', clip('mp4'), '-c', 'copy', back);
      expect(order(await readFile(back)).at(-1)).to.equal('moov');
      await copyFile(back, path);
      expect(await work(path)).to.deep.include({ facts: { type: 'video/mp4', seconds: 12, codec: 'h264' } });
      const moved = await readFile(path);
      expect(order(moved).indexOf('moov')).to.be.below(order(moved).indexOf('mdat'));
      expect(frames(path)).to.equal(frames(back));
      await work(path);
      expect(await readFile(path)).to.deep.equal(moved);
      await writeFile(path, '这不是视频');
      expect(await work(path)).to.deep.equal({ problem: 'not-a-video' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
