import { expect } from 'chai';
import { readCaptions } from '../../../plugins/video-courses/captions.ts';

describe('captions', () => {
  const cue = '00:01.000 --> 00:02.500\n老师们好。';

  it('are taken as files have them', () => {
    expect(readCaptions(`\ufeffWEBVTT - 第一讲\r\n\r\n${cue.replace('\n', '\r\n')}\r\n`)).to.equal(
      `WEBVTT - 第一讲\n\n${cue}\n`,
    );
    expect(readCaptions(`WEBVTT\n\n01:00:01.000 --> 01:00:02.500 align:start\n好`)).to.be.a('string');
  });

  for (const text of ['', 'WEBVTT', `WEBVTTX\n\n${cue}`, cue, `1\n${cue.replaceAll('.', ',')}`]) {
    it(`are not ${JSON.stringify(text)}`, () => expect(readCaptions(text)).to.equal(undefined));
  }
});
