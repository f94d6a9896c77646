import { expect } from 'chai';
import { Told } from '../../../server/realtime/told.ts';

describe('remembering when rooms were told something', () => {
  it('says whether a room was told at a moment or later', () => {
    let now = 1_000_000;
    const told = new Told(() => now);
    told.note('a');
    expect([told.since('a', now), told.since('a', now + 1), told.since('b', now)]).to.deep.equal([true, false, false]);
    now += 31_000;
    told.note('b');
    expect([told.since('a', 1_000_000), told.since('b', 1_000_001)]).to.deep.equal([true, true]);
    expect(told.since('a', 1_000_002)).to.equal(false);
  });

  it('takes what it cannot remember for told', () => {
    let now = 900_000;
    const told = new Told(() => now);
    now = 1_000_000;
    for (let round = 0; round < 4; round += 1, now += 40_000) told.note(`room ${round}`);
    expect(told.since('room 0', 999_000)).to.equal(true);
    expect(told.since('room 0', now - 1_000)).to.equal(false);
  });

  it('takes for told what may have been before it began, by a process that has ended', () => {
    const told = new Told(() => 1_000_000);
    expect([told.since('a', 999_999), told.since('a', 1_000_000)]).to.deep.equal([true, false]);
  });
});
