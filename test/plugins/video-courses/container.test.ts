import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { readContainer } from '../../../plugins/video-courses/container.ts';
import { type ByteSource, ContainerError } from '../../../plugins/video-courses/container-source.ts';
import { withFile } from '../../../plugins/video-courses/file-source.ts';
import { clip } from './video-support.ts';

const bytesOf = (buffer: Buffer): ByteSource => ({
  size: buffer.length,
  read: async (position, length) => buffer.subarray(position, position + length),
});

const problemOf = async (buffer: Buffer): Promise<string> => {
  try {
    return JSON.stringify(await readContainer(bytesOf(buffer)));
  } catch (error) {
    if (error instanceof ContainerError) return error.problem;
    throw error;
  }
};

function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

const ftyp = box('ftyp', Buffer.from('isom\0\0\0\0isom', 'latin1'));
const picture = box('trak', box('mdia', box('hdlr', Buffer.alloc(8), Buffer.from('vide'), Buffer.alloc(12))));
const sound = box('trak', box('mdia', box('hdlr', Buffer.alloc(8), Buffer.from('soun'), Buffer.alloc(12))));

function movieHeader(timescale: number, duration: number): Buffer {
  const content = Buffer.alloc(100);
  content.writeUInt32BE(timescale, 12);
  content.writeUInt32BE(duration, 16);
  return box('mvhd', content);
}

function longMovieHeader(timescale: number, duration: bigint): Buffer {
  const content = Buffer.alloc(112);
  content[0] = 1;
  content.writeUInt32BE(timescale, 20);
  content.writeBigUInt64BE(duration, 24);
  return box('mvhd', content);
}

describe('reading containers', () => {
  describe('MP4', () => {
    it('reads type and length of a real file', async () => {
      expect(await withFile(clip('mp4'), readContainer)).to.deep.equal({ type: 'video/mp4', seconds: 12 });
    });

    it('finds the movie box at the end, behind media of 64-bit size', async () => {
      const media = Buffer.alloc(16 + 50);
      media.writeUInt32BE(1, 0);
      media.write('mdat', 4, 'latin1');
      media.writeBigUInt64BE(BigInt(media.length), 8);
      const file = Buffer.concat([ftyp, media, box('moov', movieHeader(600, 4500), picture)]);
      expect(await problemOf(file)).to.equal('{"type":"video/mp4","seconds":7.5}');
    });

    it('reads 64-bit headers, and the length of fragmented files from their extends header', async () => {
      const long = Buffer.concat([ftyp, box('moov', longMovieHeader(1000, 90_500n), picture)]);
      expect(await problemOf(long)).to.equal('{"type":"video/mp4","seconds":90.5}');
      const extended = Buffer.alloc(8);
      extended.writeUInt32BE(30_000, 4);
      const fragmented = box('moov', movieHeader(1000, 0), picture, box('mvex', box('mehd', extended)));
      expect(await problemOf(Buffer.concat([ftyp, fragmented]))).to.equal('{"type":"video/mp4","seconds":30}');
    });

    it('refuses what is cut off, silent about its length, or without a picture', async () => {
      const whole = await readFile(clip('mp4'));
      expect(await problemOf(whole.subarray(0, whole.length / 2))).to.equal('incomplete');
      expect(await problemOf(ftyp)).to.equal('incomplete');
      expect(await problemOf(Buffer.concat([ftyp, box('moov', movieHeader(1000, 0), picture)]))).to.equal('no-length');
      expect(await problemOf(Buffer.concat([ftyp, box('moov', movieHeader(0, 5), picture)]))).to.equal('no-length');
      expect(await problemOf(Buffer.concat([ftyp, box('moov', movieHeader(1000, 5000), sound)]))).to.equal(
        'no-picture',
      );
      expect(await problemOf(Buffer.concat([ftyp, box('moov', movieHeader(1, 2 ** 31), picture)]))).to.equal(
        'no-length',
      );
    });
  });

  describe('WebM', () => {
    it('reads type and length of a real file', async () => {
      expect(await withFile(clip('webm'), readContainer)).to.deep.equal({ type: 'video/webm', seconds: 12.008 });
    });

    it('takes the length from the last cluster where the information names none', async () => {
      const whole = await readFile(clip('webm'));
      // The element of the duration becomes one that nobody knows.
      const at = whole.indexOf(Buffer.from([0x44, 0x89, 0x88]));
      expect(at).to.be.greaterThan(0);
      const unknown = Buffer.from(whole);
      unknown[at + 1] = 0x8a;
      const { seconds } = JSON.parse(await problemOf(unknown));
      expect(seconds).to.be.within(11.9, 12.01);
    });

    it('walks through clusters of unknown size, as browsers record them', async () => {
      const element = (id: number[], content: Buffer, size?: number[]) =>
        Buffer.concat([Buffer.from(id), Buffer.from(size ?? [0x80 | content.length]), content]);
      const unknownSize = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
      const header = element([0x1a, 0x45, 0xdf, 0xa3], element([0x42, 0x82], Buffer.from('webm')));
      const tracks = element([0x16, 0x54, 0xae, 0x6b], element([0xae], element([0x83], Buffer.from([1]))));
      const cluster = (time: number, block: number) =>
        element(
          [0x1f, 0x43, 0xb6, 0x75],
          Buffer.concat([
            element([0xe7], Buffer.from([time >> 8, time & 255])),
            element([0xa3], Buffer.from([0x81, block >> 8, block & 255, 0, 1, 2, 3])),
          ]),
          unknownSize,
        );
      const body = Buffer.concat([tracks, cluster(0, 900), cluster(1000, 450)]);
      const file = Buffer.concat([header, element([0x18, 0x53, 0x80, 0x67], body, unknownSize)]);
      expect(await problemOf(file)).to.equal('{"type":"video/webm","seconds":1.45}');
    });

    it('refuses what is cut off, and other Matroska files', async () => {
      const whole = await readFile(clip('webm'));
      expect(await problemOf(whole.subarray(0, whole.length / 2))).to.equal('incomplete');
      const at = whole.indexOf('webm');
      const other = Buffer.from(whole);
      other.write('mkvx', at, 'latin1');
      expect(await problemOf(other)).to.equal('not-a-video');
    });
  });

  it('refuses text, nothing at all and other formats, whatever they are called', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'xuefang-container-'));
    try {
      const named = join(folder, 'lesson.mp4');
      await writeFile(named, '这不是视频\n'.repeat(1000));
      const refused = await withFile(named, readContainer).catch((error) => error.problem);
      expect(refused).to.equal('not-a-video');
    } finally {
      await rm(folder, { recursive: true });
    }
    expect(await problemOf(Buffer.alloc(0))).to.equal('not-a-video');
    expect(await problemOf(Buffer.from('\x89PNG\r\n\x1a\n0000000000', 'latin1'))).to.equal('not-a-video');
  });

  it('answers for any damage, without throwing anything else or reading for ever', async () => {
    const files = await Promise.all([readFile(clip('mp4')), readFile(clip('webm'))]);
    const damage = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), damage, async (file, changes) => {
        const broken = Buffer.from(file);
        for (const [where, byte] of changes) broken[Math.floor(where * Math.min(4096, broken.length - 1))] = byte;
        await problemOf(broken);
      }),
      { numRuns: 300 },
    );
  });
});
