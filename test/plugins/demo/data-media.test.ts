import { readFileSync, statSync } from 'node:fs';
import { expect } from 'chai';
import { captionsOf } from '../../../plugins/demo/data/captions.ts';
import { media } from '../../../plugins/demo/media/index.ts';
import { readCaptions } from '../../../plugins/video-courses/captions.ts';

const folder = new URL('../../../plugins/demo/media/', import.meta.url);
const clips = new URL('../../support/media/', import.meta.url);

/** From the movie header box (ISO/IEC 14496-12, 8.2.2), version 0. */
function mp4Seconds(file: Buffer): number {
  const box = file.indexOf('mvhd') + 4;
  return file.readUInt32BE(box + 16) / file.readUInt32BE(box + 12);
}

/** From the Duration element (RFC 9559, 5.1.2.10), with the default timestamp scale of 1 ms. */
function webmSeconds(file: Buffer): number {
  const element = file.indexOf(Buffer.from([0x44, 0x89, 0x88]));
  return file.readDoubleBE(element + 3) / 1000;
}

const secondsOf = (file: Buffer, type: string) => (type === 'video/mp4' ? mp4Seconds(file) : webmSeconds(file));

describe('demo: lesson videos', () => {
  for (const one of media) {
    it(`${one.file} has captions from its first chapter to its end`, () => {
      const captions = captionsOf(one);
      expect(readCaptions(captions)).to.equal(captions);
      const times = [...captions.matchAll(/(\d\d):(\d\d\.\d{3})/g)].map(
        ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds),
      );
      expect(times).to.deep.equal([...times].sort((a, b) => a - b));
      expect(times[0]).to.be.at.least(one.chapters[0].at);
      expect(times.at(-1)).to.be.at.most(one.seconds);
    });
  }

  for (const { file, type, seconds, bytes, chapters } of media) {
    it(`${file} is as index.ts says`, () => {
      const content = readFileSync(new URL(file, folder));
      expect(content.length).to.equal(bytes);
      expect(Math.floor(secondsOf(content, type))).to.equal(seconds);
      for (const { at } of chapters) expect(at).to.be.within(0, seconds - 1);
      // The index stands before the pictures, so that playback starts at once.
      if (type === 'video/mp4') expect(content.indexOf('moov')).to.be.below(content.indexOf('mdat'));
      else expect(content.subarray(0, 4).toString('hex')).to.equal('1a45dfa3');
    });
  }

  it('are small, five of minutes and one of less than a minute', () => {
    expect(media.every(({ bytes }) => bytes < 1_200_000)).to.equal(true);
    expect(media.reduce((sum, { bytes }) => sum + bytes, 0)).to.be.below(6_000_000);
    expect(media.filter(({ seconds }) => seconds >= 90 && seconds <= 240)).to.have.length(5);
    expect(media.filter(({ seconds }) => seconds < 60)).to.have.length(1);
  });

  for (const type of ['mp4', 'webm']) {
    it(`the ${type} test clip lasts twelve seconds`, () => {
      const clip = new URL(`clip-12s.${type}`, clips);
      expect(statSync(clip).size).to.be.below(120_000);
      expect(Math.floor(secondsOf(readFileSync(clip), `video/${type}`))).to.equal(12);
    });
  }
});
