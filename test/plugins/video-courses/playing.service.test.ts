import { expect } from 'chai';
import { errors } from '../../../server/errors.ts';
import { never, openStudies, type Study } from './study.ts';
import type { VideoPlatform } from './video-support.ts';

const DAY_MS = 86_400_000;

describe('playing, as the service credits it', () => {
  let test: VideoPlatform;
  let long: string;
  let study: () => Promise<Study>;

  before(async () => {
    ({ test, long, study } = await openStudies(never));
  });
  after(() => test.stop());

  it('gives an honest player every second, in the enrolment as in the watch record', async () => {
    const one = await study();
    await one.start();
    one.now += 180;
    for (const jitter of [0, 0.31, -0.17, 0.05, -0.2, 0.4, 0, -0.3, 0.12]) await one.play(5 + jitter);
    const { standing } = await one.report([]);
    expect(standing?.credited).to.equal(Math.floor(one.at));
    expect(await one.value()).to.equal(Math.floor(one.at));
    const watch = await one.stored('video_courses_watch', `${one.enrolment}|${long}`);
    expect(watch?.covered).to.deep.equal([0, Math.round(one.at * 1000)]);
    const day = await one.stored(
      'video_courses_days',
      `${one.enrolment}|${standing && new Date(one.now + 8 * 3_600_000).toISOString().slice(0, 10)}`,
    );
    expect(day?.credited).to.equal(Math.floor(one.at));
  });

  it('keeps the lesson and the day in the session for a dozen beats, and shows them nevertheless', async () => {
    const one = await study();
    await one.start();
    for (let beat = 1; beat <= 5; beat += 1) await one.play(5);
    const watched = async () => (await one.stored('video_courses_watch', `${one.enrolment}|${long}`))?.covered;
    expect(await watched()).to.deep.equal([0, 5_000]);
    const owner = { _id: one.enrolment, programme: test.programme };
    const shown = async () => {
      const { credited, courses } = await one.services.learning.of(owner);
      const lesson = courses[0]?.lessons.find(({ lesson }) => lesson.id === long);
      const { days } = await one.services.credit.days(owner, { skip: 0, limit: 5 });
      return [credited, lesson?.position, days[0]?.credited];
    };
    expect(await shown()).to.deep.equal([25, 0, 25]);
    expect(await one.play(5, {}, one.process())).to.deep.include({ seq: 6, reasons: [] });
    await one.play(5);
    one.lesson = test.lessons[0];
    await one.start({ takeover: true });
    expect(await watched()).to.deep.equal([0, 35_000]);
    expect(await shown()).to.deep.equal([35, 0, 35]);
    one.lesson = long;
    await one.start({ takeover: true });
    for (let beat = 1; beat <= 3; beat += 1) await one.play(5);
    expect(await watched()).to.deep.equal([0, 35_000]);
    one.now += 86_400_000;
    await one.report([[one.at, one.at + 5]]);
    expect(await watched()).to.deep.equal([0, 55_000]);
    const { days } = await one.services.credit.days(owner, { skip: 0, limit: 5 });
    expect(days.map(({ credited }) => credited)).to.deep.equal([5, 50]);
  });

  it('credits beats of a break once they arrive, by their own times and within what passed', async () => {
    const one = await study();
    await one.start({ sentAt: one.now });
    await one.play(5, { sentAt: one.now + 5_000 });
    const kept = [1, 2, 3, 4].map((n) => ({
      seq: 1 + n,
      ranges: [[n * 5, n * 5 + 5]] as [number, number][],
      rate: 1,
      sentAt: one.now + n * 5_000,
    }));
    one.now += 20_000;
    const { enrolment, lesson, token } = one;
    const reply = await one.services.playing.report(one.viewer, { enrolment, lesson, token, beats: kept }, '10.0.0.1');
    expect(reply).to.deep.include({ state: 'playing', seq: 5, reasons: [] });
    expect(await one.value()).to.equal(25);
    const again = await one.services.playing.report(one.viewer, { enrolment, lesson, token, beats: kept }, '10.0.0.1');
    expect(again.refused).to.deep.equal(['sequence']);
    expect(await one.value()).to.equal(25);
  });

  it('gives nothing for time that did not pass, and writes down why', async () => {
    const one = await study();
    await one.start();
    one.now += 5_000;
    const { reasons } = await one.report([[0, 60]]);
    expect(reasons).to.deep.equal([{ reason: 'too-fast', seconds: 55, from: 5, to: 60 }]);
    expect(await one.value()).to.equal(5);
    expect(await one.firstLoss()).to.deep.include({
      reason: 'too-fast',
      seconds: 55,
      stretches: [5000, 60_000],
    });
  });

  it('keeps it as evidence when two addresses play the same time, and not when a phone changes its network', async () => {
    const one = await study();
    await one.start();
    await one.play(5);
    one.address = '10.0.0.9';
    await one.play(5);
    one.address = '10.0.0.1';
    one.now -= 5_000;
    await one.play(5);
    const found = await one.evidence();
    expect(found).to.have.length(1);
    expect(found[0]).to.deep.include({ kind: 'two-addresses', count: 1, ms: 5000, programme: test.programme });
    expect(JSON.stringify(await one.stored('video_courses_sessions', one.viewer.id))).not.to.include('10.0.0');
  });

  it('keeps it as evidence when somebody plays round the clock', async () => {
    const one = await study();
    const { term } = await test.platform.rooms.programmes.get(test.programme);
    one.now = term.from.getTime() + 5 * DAY_MS;
    await one.start();
    for (let hour = 0; hour < 19; hour += 1) {
      await one.play(2);
      one.now += 3_598_000;
    }
    expect(await one.evidence()).to.deep.equal([]);
    await one.play(2);
    expect((await one.evidence())[0]).to.include({ kind: 'round-the-clock', count: 20 });
  });

  it('keeps it as evidence when media is credited that nobody asked for, whatever sessions it takes, and not otherwise', async () => {
    const one = await study();
    await one.start();
    for (let n = 0; n < 4; n += 1) await one.play(14);
    expect(await one.evidence()).to.deep.equal([]);
    await one.start({ takeover: true });
    for (let n = 0; n < 3; n += 1) await one.play(14);
    const found = await one.evidence();
    expect(found).to.have.length(1);
    expect(found[0]).to.include({ kind: 'unrequested-media', count: 1, ms: 70_000 });
    const honest = await study();
    await honest.services.requests.note(honest.viewer.id, long, honest.now);
    await honest.start();
    for (let n = 0; n < 7; n += 1) await honest.play(14);
    expect(await honest.evidence()).to.deep.equal([]);
    expect((await honest.stored('video_courses_sessions', honest.viewer.id))?.unrequested).to.equal(-1);
  });

  it('credits what was kept from before a sign-out when it arrives, and nothing from after it', async () => {
    const one = await study();
    await one.start({ sentAt: one.now });
    await one.play(5, { sentAt: one.now + 5_000 });
    const { enrolment, lesson, token, now } = one;
    const kept = [1, 2, 3, 4].map((n) => ({
      seq: 1 + n,
      ranges: [[n * 5, n * 5 + 5]] as [number, number][],
      rate: 1,
      sentAt: now + n * 5_000,
    }));
    one.now += 12_000;
    await one.services.playing.end(one.viewer.id, () => true);
    one.now += 8_000;
    const report = { enrolment, lesson, token, beats: kept };
    const reply = await one.process().playing.report(one.viewer, report, '10.0.0.1');
    expect(reply).to.deep.include({ state: 'ended', seq: 5, refused: [] });
    expect(reply.reasons.every(({ reason }) => reason === 'token')).to.equal(true);
    expect(await one.value()).to.equal(17);
    expect((await one.services.playing.report(one.viewer, report, '10.0.0.1')).refused).to.deep.equal(['token']);
    expect(await one.value()).to.equal(17);
  });

  it('knows nothing of an enrolment of somebody else, nor of a lesson that is not playing', async () => {
    const [one, another] = [await study(), await study()];
    await one.start();
    await another.start();
    const beats = [{ seq: 1, ranges: [[0, 5]] as [number, number][], rate: 1 }];
    one.now += 5_000;
    const forged = { enrolment: another.enrolment, lesson: long, token: one.token, beats };
    const error = await one.services.playing.report(one.viewer, forged, '10.0.0.1').catch((thrown) => thrown);
    expect(error.code).to.equal(errors.notFound().code);
    const stolen = { enrolment: one.enrolment, lesson: long, token: another.token, beats };
    expect(await one.services.playing.report(one.viewer, stolen, '10.0.0.1')).to.include({ state: 'taken-over' });
    const elsewhere = { enrolment: one.enrolment, lesson: test.lessons[0], token: one.token, beats };
    expect(await one.services.playing.report(one.viewer, elsewhere, '10.0.0.1')).to.include({ state: 'taken-over' });
    expect([await one.value(), await another.value()]).to.deep.equal([0, 0]);
    expect([...one.services.playing.counters.refused]).to.deep.equal([
      ['not-enrolled', 1],
      ['token', 2],
    ]);
  });

  it('survives numbers that are none', async () => {
    const one = await study();
    await one.start();
    one.now += 5_000;
    for (const bad of [
      [-5, 5],
      [5, 1],
      [0, 1e308],
      [Number.NaN, 5],
    ] as [number, number][]) {
      expect((await one.report([bad])).refused).to.deep.equal(['malformed']);
    }
    expect(await one.value()).to.equal(0);
    one.seq = 0;
    expect((await one.report([[0, 5]])).refused).to.deep.equal([]);
  });

  it('credits nothing after the term', async () => {
    const one = await study();
    await one.start();
    await one.play(5);
    one.now += 200 * DAY_MS;
    expect(await one.play(5)).to.deep.include({ state: 'outside-term', refused: ['outside-term'] });
    expect(await one.value()).to.equal(5);
    const { days } = await one.services.credit.days(
      { _id: one.enrolment, programme: test.programme },
      { skip: 0, limit: 1 },
    );
    expect(days[0]?.credited).to.equal(0);
    expect(days[0]?.lessons[0]?.lost[0]).to.deep.include({
      reason: 'outside-term',
      seconds: 5,
      stretches: [5000, 10_000],
    });
  });
});

describe('playing with a daily limit', () => {
  let test: VideoPlatform;
  let study: () => Promise<Study>;

  before(async () => {
    ({ test, study } = await openStudies({ ...never, dailyCapSeconds: 60 }));
  });
  after(() => test.stop());

  it('stores what is above the limit, and credits it when it is watched on another day', async () => {
    const one = await study();
    const { term } = await test.platform.rooms.programmes.get(test.programme);
    one.now = term.from.getTime() + 10 * 3_600_000;
    await one.start();
    for (let n = 0; n < 12; n += 1) await one.play(5);
    const { reasons, standing } = await one.play(5);
    expect(reasons).to.deep.equal([{ reason: 'daily-cap', seconds: 5, from: 60, to: 65 }]);
    expect(standing).to.deep.include({ credited: 60, dayCredited: 60, played: [60, 65] });
    one.now += DAY_MS;
    one.at = 60;
    await one.start({ takeover: true });
    const next = await one.play(5);
    expect(next.standing).to.deep.include({ credited: 65, dayCredited: 5 });
  });
});
