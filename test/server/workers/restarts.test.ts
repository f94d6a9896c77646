import { expect } from 'chai';
import { afterEnd, type Fate, unharmed } from '../../../server/workers/restarts.ts';

const minute = 60_000;

/** What follows each of a worker's ends, given how long it served before. */
function pauses(served: (number | undefined)[]): (number | undefined)[] {
  let fate: Fate = unharmed;
  return served.map((servedMs) => {
    const next = afterEnd(fate, servedMs);
    fate = next.fate;
    return next.pauseMs;
  });
}

describe('the restart of a worker', () => {
  it('waits longer from time to time, at most half a minute', () => {
    expect(pauses(Array(9).fill(1_000))).to.deep.equal([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('forgets after a minute of service', () => {
    expect(pauses([1_000, 1_000, minute, 1_000])).to.deep.equal([250, 500, 250, 500]);
  });

  it('is given up when the worker ends five times in a row while starting', () => {
    const never = undefined;
    expect(pauses([never, never, never, never, never])).to.deep.equal([250, 500, 1_000, 2_000, undefined]);
    expect(pauses([never, never, never, never, 10, never]).at(-1)).to.equal(8_000);
  });
});
