import { expect } from 'chai';
import { PlayedStretches } from '../../../plugins/video-courses/client/measure.ts';

describe('measuring what was played', () => {
  let played: PlayedStretches;
  beforeEach(() => {
    played = new PlayedStretches();
  });
  const advance = (...times: number[]) => {
    for (const time of times) played.advance(time);
  };

  it('joins measurements that follow each other, and goes on from there', () => {
    advance(0, 0.25, 0.5, 0.75);
    expect(played.take()).to.deep.equal([[0, 0.75]]);
    advance(1, 1.25);
    expect(played.take()).to.deep.equal([[0.75, 1.25]]);
  });

  it('does not fill jumps, neither forwards nor backwards', () => {
    advance(0, 0.5, 60, 60.5, 10, 10.5);
    expect(played.take()).to.deep.equal([
      [0, 0.5],
      [60, 60.5],
      [10, 10.5],
    ]);
  });

  it('ends a stretch where the media stands, and is silent about nothing', () => {
    advance(0, 0.5);
    played.close();
    advance(0.9, 1.2);
    expect(played.take()).to.deep.equal([
      [0, 0.5],
      [0.9, 1.2],
    ]);
    played.close();
    expect(played.take()).to.deep.equal([]);
  });

  it('rounds to milliseconds', () => {
    advance(0.12345, 0.98765);
    expect(played.take()).to.deep.equal([[0.123, 0.988]]);
  });
});
