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

const factsOf = async (buffer: Buffer): Promise<object> => readContainer(bytesOf(buffer));

function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

const ftyp = box('ftyp', Buffer.from('isom\0\0\0\0isom', 'latin1'));

const words = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [n, value] of values.entries()) bytes.writeUInt32BE(value, n * 4);
  return bytes;
};

/** A track with samples that last `seconds` together, 25 in a second. */
function track(kind: 'vide' | 'soun', seconds: number, { id = 1, codec = 'avc1' } = {}): Buffer {
  const samples = Math.round(seconds * 25);
  const table = box(
    'stbl',
    box('stsd', words(0, 1), box(codec, Buffer.alloc(8))),
    box('stts', words(0, samples > 0 ? 1 : 0, ...(samples > 0 ? [samples, 40] : []))),
  );
  const handler = box('hdlr', Buffer.alloc(8), Buffer.from(kind), Buffer.alloc(12));
  const media = box('mdia', box('mdhd', words(0, 0, 0, 1000, samples * 40, 0)), handler, box('minf', table));
  return box('trak', box('tkhd', words(0, 0, 0, id, 0, 0)), media);
}
const picture = (seconds: number, more = {}) => track('vide', seconds, more);

/** A fragment of 25 pictures that last 40 ms each, from a moment in seconds. */
const fragment = (from: number, id = 1) =>
  box(
    'moof',
    box('traf', box('tfhd', words(0x8, id, 40)), box('tfdt', words(0, from * 1000)), box('trun', words(0, 25))),
  );

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

/** A WebM whose information holds information, and so on. */
function nested(depth: number): Buffer {
  const unknownSize = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
  const header = Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0x87, 0x42, 0x82, 0x84, ...Buffer.from('webm')]);
  const level = Buffer.from([0x15, 0x49, 0xa9, 0x66]);
  const inside = Array.from({ length: depth }, (_, n) => {
    const size = Buffer.alloc(8);
    size.writeBigUInt64BE(BigInt((depth - n - 1) * 12));
    size[0] = 0x01;
    return Buffer.concat([level, size]);
  });
  return Buffer.concat([header, Buffer.from([0x18, 0x53, 0x80, 0x67, ...unknownSize]), ...inside]);
}

describe('reading containers', () => {
  describe('MP4', () => {
    it('reads type and length of a real file', async () => {
      expect(await withFile(clip('mp4'), readContainer)).to.deep.equal({
        type: 'video/mp4',
        seconds: 12,
        codec: 'h264',
      });
    });

    it('finds the movie box at the end, behind media of 64-bit size', async () => {
      const media = Buffer.alloc(16 + 50);
      media.writeUInt32BE(1, 0);
      media.write('mdat', 4, 'latin1');
      media.writeBigUInt64BE(BigInt(media.length), 8);
      const file = Buffer.concat([ftyp, media, box('moov', movieHeader(600, 4560), picture(7.6))]);
      expect(await factsOf(file)).to.include({ seconds: 7.6 });
    });

    it('reads 64-bit headers', async () => {
      const file = Buffer.concat([ftyp, box('moov', longMovieHeader(1000, 90_400n), picture(90.4))]);
      expect(await factsOf(file)).to.include({ seconds: 90.4 });
    });

    it('takes the length of the samples where the header says nothing', async () => {
      for (const header of [movieHeader(1000, 0), movieHeader(1000, 0xffff_ffff), longMovieHeader(0, 0n)]) {
        expect(await factsOf(Buffer.concat([ftyp, box('moov', header, picture(60))]))).to.include({ seconds: 60 });
      }
    });

    it('adds up the fragments of the picture, whatever the header says of the beginning', async () => {
      const fragments = [...Array(60).keys()].flatMap((second) => [fragment(second), fragment(second * 3, 2)]);
      for (const header of [movieHeader(1000, 0), movieHeader(1000, 2_000)]) {
        const movie = box('moov', header, picture(0), track('soun', 0, { id: 2 }));
        expect(await factsOf(Buffer.concat([ftyp, movie, ...fragments]))).to.include({ seconds: 60 });
      }
    });

    it('refuses a header that promises other than there is to play', async () => {
      const extended = box('mvex', box('mehd', words(0, 180_000)));
      const fragments = [...Array(60).keys()].map((second) => fragment(second));
      const cases = [
        Buffer.concat([ftyp, box('moov', movieHeader(1000, 180_000), picture(60))]),
        Buffer.concat([ftyp, box('moov', movieHeader(1000, 2_000), picture(60))]),
        Buffer.concat([ftyp, box('moov', movieHeader(1000, 180_000), picture(60), track('soun', 180))]),
        Buffer.concat([ftyp, box('moov', movieHeader(1000, 0), picture(0), extended), ...fragments]),
        Buffer.concat([ftyp, box('moov', movieHeader(1000, 180_000), picture(0)), ...fragments]),
      ];
      expect(await Promise.all(cases.map(problemOf))).to.deep.equal(Array(cases.length).fill('lengths-disagree'));
      const alike = Buffer.concat([ftyp, box('moov', movieHeader(1000, 61_500), picture(60), track('soun', 61.5))]);
      expect(await factsOf(alike)).to.include({ seconds: 60 });
    });

    it('names the codec of the picture', async () => {
      const of = (codec: string) =>
        factsOf(Buffer.concat([ftyp, box('moov', movieHeader(1000, 5000), picture(5, { codec }))]));
      for (const [name, codec] of Object.entries({
        avc1: 'h264',
        hvc1: 'h265',
        hev1: 'h265',
        av01: 'av1',
        mp4v: 'other',
      })) {
        expect(await of(name), name).to.include({ codec });
      }
    });

    it('refuses tables that claim more than they hold', async () => {
      const huge = (table: Buffer) => {
        const handler = box('hdlr', Buffer.alloc(8), Buffer.from('vide'), Buffer.alloc(12));
        const media = box('mdia', box('mdhd', words(0, 0, 0, 1000, 0, 0)), handler, box('minf', box('stbl', table)));
        return Buffer.concat([
          ftyp,
          box('moov', movieHeader(1, 60), box('trak', box('tkhd', words(0, 0, 0, 1)), media)),
        ]);
      };
      expect(await problemOf(huge(box('stts', words(0, 0xffff_ffff, 1, 1))))).to.equal('incomplete');
    });

    it('refuses what is cut off, silent about its length, or without a picture', async () => {
      const whole = await readFile(clip('mp4'));
      expect(await problemOf(whole.subarray(0, whole.length / 2))).to.equal('incomplete');
      expect(await problemOf(ftyp)).to.equal('incomplete');
      expect(await problemOf(Buffer.concat([ftyp, box('moov', movieHeader(1000, 0), picture(0))]))).to.equal(
        'no-length',
      );
      expect(await problemOf(Buffer.concat([ftyp, box('moov', movieHeader(0, 5), picture(0))]))).to.equal('no-length');
      expect(await problemOf(Buffer.concat([ftyp, box('moov', movieHeader(1000, 5000), track('soun', 5))]))).to.equal(
        'no-picture',
      );
      expect(await problemOf(Buffer.concat([ftyp, box('moov', movieHeader(1, 2 ** 31), picture(0))]))).to.equal(
        'no-length',
      );
    });
  });

  describe('WebM', () => {
    it('reads type and length of a real file', async () => {
      const { seconds, type, codec } = await withFile(clip('webm'), readContainer);
      expect({ seconds, type }).to.deep.equal({ type: 'video/webm', seconds: 12.008 });
      expect(codec).to.be.oneOf(['vp8', 'vp9']);
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
      const tracks = element(
        [0x16, 0x54, 0xae, 0x6b],
        element([0xae], Buffer.concat([element([0xd7], Buffer.from([1])), element([0x83], Buffer.from([1]))])),
      );
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
      expect(await factsOf(file)).to.include({ type: 'video/webm', seconds: 1.45 });
    });

    it('refuses elements nested thousands deep, and information that promises more than the clusters hold', async () => {
      const whole = await readFile(clip('webm'));
      const at = whole.indexOf(Buffer.from([0x44, 0x89, 0x88]));
      const longer = Buffer.from(whole);
      longer.writeDoubleBE(60_000, at + 3);
      expect(await problemOf(longer)).to.equal('lengths-disagree');
      expect(await problemOf(nested(10_000))).to.equal('incomplete');
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
