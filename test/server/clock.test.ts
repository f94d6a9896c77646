import { expect } from 'chai';
import { steadyClock } from '../../server/clock.ts';

describe('the clock that time is paid for by', () => {
  /** A machine whose clock can be set. */
  const machine = () => {
    const state = { wall: 1_000_000_000_000, monotonic: 5_000.25 };
    return {
      state,
      pass(ms: number) {
        state.wall += ms;
        state.monotonic += ms;
      },
      now: steadyClock(
        () => state.wall,
        () => state.monotonic,
      ),
    };
  };

  it('runs on through small corrections, in whole milliseconds, and never back', () => {
    const { state, pass, now } = machine();
    const begun = now();
    expect(begun).to.equal(1_000_000_000_000);
    for (const step of [-20_000, 20_000, 5_000, -40_000]) {
      state.wall += step;
      pass(5_000);
    }
    expect(now() - begun).to.equal(20_000);
    pass(0.7);
    expect(Number.isInteger(now())).to.equal(true);
  });

  it('follows a clock that was set, and a machine that slept', () => {
    const { state, pass, now } = machine();
    state.wall += 3_600_000;
    expect(now()).to.equal(state.wall);
    pass(1_000);
    expect(now()).to.equal(state.wall);
    state.wall -= 86_400_000;
    expect(now()).to.equal(state.wall);
  });

  it('is the time of day by default', () => {
    expect(steadyClock()()).to.be.closeTo(Date.now(), 50);
  });
});
