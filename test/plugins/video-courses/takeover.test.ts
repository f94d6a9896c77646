import { expect } from 'chai';
import { never, openStudies, type Study } from './study.ts';
import type { VideoPlatform } from './video-support.ts';

describe('playing at one place at a time', () => {
  let test: VideoPlatform;
  let long: string;
  let study: () => Promise<Study>;

  before(async () => {
    ({ test, long, study } = await openStudies(never));
  });
  after(() => test.stop());

  it('lets one place play at a time: the second asks, takes over, and the first is told', async () => {
    const one = await study();
    const { session } = (await one.start()) as { session: string };
    const first = one.token;
    await one.play(5);
    const { enrolment: there } = one;
    expect(await one.start()).to.deep.equal({
      state: 'elsewhere',
      lesson: long,
      title: '长课',
      session,
      enrolment: there,
    });
    expect((await one.start({ takeover: true })).state).to.equal('playing');
    const { enrolment } = one;
    const late = {
      enrolment,
      lesson: long,
      token: first,
      beats: [{ seq: 2, ranges: [[5, 10]] as [number, number][], rate: 1 }],
    };
    one.now += 5_000;
    expect(await one.services.playing.report(one.viewer, late, '10.0.0.1')).to.include({ state: 'taken-over' });
    await one.play(5);
    expect(await one.value()).to.equal(10);
  });

  it('goes on without asking after a reload, after leaving, and when the other place has been silent', async () => {
    const one = await study();
    await one.start();
    expect((await one.start({ resume: one.token })).state).to.equal('playing');
    const { enrolment, token } = one;
    const left = await one.services.playing.report(
      one.viewer,
      {
        enrolment,
        lesson: long,
        token,
        leaving: true,
        beats: [],
      },
      '10.0.0.1',
    );
    expect(left.state).to.equal('ended');
    expect((await one.start()).state).to.equal('playing');
    one.now += 600_000;
    expect((await one.start()).state).to.equal('playing');
  });

  it('earns once where two server processes serve one person', async () => {
    const one = await study();
    const other = one.process();
    await one.start();
    await one.play(5);
    one.now += 5_000;
    const { enrolment, token } = one;
    const same = {
      enrolment,
      lesson: long,
      token,
      beats: [{ seq: 2, ranges: [[5, 10]] as [number, number][], rate: 1 }],
    };
    expect(await other.playing.report(one.viewer, same, '10.0.0.1')).to.deep.include({ seq: 2, refused: [] });
    // This process still remembers the session as it was before; the stored revision tells.
    expect(await one.services.playing.report(one.viewer, same, '10.0.0.1')).to.deep.include({
      seq: 2,
      refused: ['sequence'],
    });
    expect(await one.value()).to.equal(10);
    await one.start({ takeover: true }, other);
    one.now += 5_000;
    const stale = await one.services.playing.report(
      one.viewer,
      {
        ...same,
        beats: [{ seq: 3, ranges: [[10, 15]], rate: 1 }],
      },
      '10.0.0.1',
    );
    expect(stale.state).to.equal('taken-over');
    one.at = 10;
    await one.play(5, {}, other);
    expect(await one.value()).to.equal(15);
  });

  it('credits what a place played before another took over, and says of the rest where it went', async () => {
    const one = await study();
    await one.start({ sentAt: one.now });
    await one.play(5, { sentAt: one.now + 5_000 });
    const first = { token: one.token, enrolment: one.enrolment, lesson: long };
    const kept = [1, 2, 3, 4].map((n) => ({
      seq: 1 + n,
      ranges: [[n * 5, n * 5 + 5]] as [number, number][],
      rate: 1,
      sentAt: one.now + n * 5_000,
    }));
    one.now += 10_000;
    await one.start({ takeover: true });
    one.now += 10_000;
    const late = await one.services.playing.report(one.viewer, { ...first, beats: kept }, '10.0.0.2');
    expect(late).to.deep.include({ state: 'taken-over', seq: 5, refused: [] });
    expect(late.reasons).to.deep.equal([
      { reason: 'token', seconds: 5, from: 15, to: 20 },
      { reason: 'token', seconds: 5, from: 20, to: 25 },
    ]);
    expect(await one.value()).to.equal(15);
    const again = await one.services.playing.report(one.viewer, { ...first, beats: kept }, '10.0.0.2');
    expect(again.refused).to.deep.equal(['sequence']);
    one.at = 15;
    expect((await one.play(5)).standing?.credited).to.equal(20);
    expect(await one.firstLoss()).to.deep.include({
      reason: 'token',
      seconds: 10,
      stretches: [15_000, 25_000],
    });
  });

  it('asks only while reports come: a playback that is silent for longer than a gap is over, its kept beats are not', async () => {
    const one = await study();
    await one.start({ sentAt: one.now });
    await one.play(5, { sentAt: one.now + 5_000 });
    const { token, now } = one;
    one.now += 14_000;
    expect((await one.start()).state).to.equal('elsewhere');
    one.now += 1_000;
    expect((await one.start()).state).to.equal('playing');
    const { enrolment } = one;
    const kept = [1, 2, 3].map((n) => ({
      seq: 1 + n,
      ranges: [[n * 5, n * 5 + 5]] as [number, number][],
      rate: 1,
      sentAt: now + n * 5_000,
    }));
    const late = { enrolment, lesson: long, token, beats: kept };
    expect(await one.services.playing.report(one.viewer, late, '10.0.0.1')).to.deep.include({ reasons: [] });
    expect(await one.value()).to.equal(20);
  });
});
