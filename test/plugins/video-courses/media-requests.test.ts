import { expect } from 'chai';
import { isTimeToLook } from '../../../plugins/video-courses/media-requests.ts';

describe('looking whether credited media was asked for', () => {
  it('happens after a minute and at each doubling, not with every beat', () => {
    const looks: number[] = [];
    for (let at = 5; at <= 1000; at += 5) if (isTimeToLook(at - 5, at)) looks.push(at);
    expect(looks).to.deep.equal([60, 120, 240, 480, 960]);
  });

  it('never happens once somebody was seen to ask', () => {
    expect([isTimeToLook(-1, -1), isTimeToLook(60, -1)]).to.deep.equal([false, false]);
  });
});
