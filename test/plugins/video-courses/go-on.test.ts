import { expect } from 'chai';
import { goOnFrom } from '../../../plugins/video-courses/client/go-on.ts';

describe('where playing goes on', () => {
  const standing = (covered: number[], played: number[] = []) => ({ covered, played });

  it('is the end of the last credited stretch, however far back, through what was played in vain', () => {
    expect(goOnFrom(420, standing([0, 300]), [0, 420])).to.equal(300);
    expect(goOnFrom(420, standing([0, 300], [300, 420]), [])).to.equal(300);
    expect(goOnFrom(1000, standing([0, 100, 200, 300], [300, 600]), [600, 1000])).to.equal(300);
    expect(goOnFrom(8, standing([]), [0, 8])).to.equal(0);
  });

  it('is where it stands inside what is credited, and at its end', () => {
    expect(goOnFrom(50, standing([0, 300]), [])).to.equal(50);
    expect(goOnFrom(300.2, standing([0, 300]), [0, 300.2])).to.equal(300.2);
  });

  it('is where a stretch began for somebody who jumped there', () => {
    expect(goOnFrom(155, standing([0, 100, 200, 300], [150, 154]), [150, 155])).to.equal(150);
    expect(goOnFrom(50, standing([]), [])).to.equal(50);
  });

  it('does not mind the seams that a browser rounds into', () => {
    expect(goOnFrom(420, standing([0, 299.8], [300, 360]), [360.1, 420])).to.equal(299.8);
  });
});
