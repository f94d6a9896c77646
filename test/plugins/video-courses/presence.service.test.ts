import { expect } from 'chai';
import { openStudies, type Study } from './study.ts';
import { clip, type VideoPlatform } from './video-support.ts';

const DAY_MS = 86_400_000;
const RULES = { presence: { minSeconds: 10, maxSeconds: 10, answerSeconds: 30, extensions: 1 } };

describe('playing with presence checks', () => {
  let test: VideoPlatform;
  let study: () => Promise<Study>;

  before(async () => {
    ({ test, study } = await openStudies(RULES));
  });
  after(() => test.stop());

  it('asks, stops crediting until the answer, and goes on from there', async () => {
    const one = await study();
    await one.start();
    expect((await one.play(5)).state).to.equal('playing');
    const asked = await one.play(5);
    expect(asked.state).to.equal('check');
    expect(asked.presence).to.include({ secondsLeft: 30, extensionsLeft: 1 });
    const meanwhile = await one.play(5);
    expect(meanwhile.reasons[0]).to.include({ reason: 'presence-open' });
    expect(meanwhile.presence?.token).to.equal(asked.presence?.token);
    const { token } = one;
    expect(await one.services.playing.answer(one.viewer, { token, presence: 'guessed' })).to.deep.equal({
      answer: 'wrong',
    });
    const presence = asked.presence?.token ?? '';
    expect(await one.services.playing.answer(one.viewer, { token, presence })).to.deep.equal({ answer: 'answered' });
    expect(await one.services.playing.answer(one.viewer, { token, presence })).to.deep.equal({ answer: 'none' });
    one.at = 10;
    expect((await one.play(5)).standing?.credited).to.equal(15);
  });

  it('gives more time once, and lets a late answer resume without making up for what was missed', async () => {
    const one = await study();
    await one.start();
    await one.play(5);
    const { presence } = await one.play(5);
    const { token } = one;
    one.now += 20_000;
    expect((await one.services.playing.extend(one.viewer, { token })).presence).to.include({
      secondsLeft: 30,
      extensionsLeft: 0,
    });
    expect(await one.services.playing.extend(one.viewer, { token })).to.deep.equal({});
    one.now += 31_000;
    expect((await one.play(5)).reasons[0]).to.include({ reason: 'presence-missed' });
    const late = await one.services.playing.answer(one.viewer, { token, presence: presence?.token ?? '' });
    expect(late).to.deep.equal({ answer: 'late' });
    one.at = 10;
    expect((await one.play(5)).standing?.credited).to.equal(15);
    const { days } = await one.services.credit.days(
      { _id: one.enrolment, programme: test.programme },
      { skip: 0, limit: 1 },
    );
    expect(days[0]?.presence).to.include({ asked: 1, answered: 0, late: 1, missed: 1 });
  });

  it('writes down each check, also one asked before midnight, and keeps an instant answer as evidence', async () => {
    const one = await study();
    const { term } = await test.platform.rooms.programmes.get(test.programme);
    one.now = term.from.getTime() + 5 * DAY_MS - 12_000;
    await one.start();
    await one.play(5);
    const { presence } = await one.play(5);
    const askedAt = one.now;
    one.now += 20_000;
    await one.services.playing.answer(one.viewer, { token: one.token, presence: presence?.token ?? '' });
    one.at = 10;
    await one.play(5);
    const next = await one.play(5);
    one.now += 120;
    await one.services.playing.answer(one.viewer, { token: one.token, presence: next.presence?.token ?? '' });
    const { days } = await one.services.credit.days(
      { _id: one.enrolment, programme: test.programme },
      { skip: 0, limit: 2 },
    );
    expect(days.map((day) => day.presence)).to.deep.equal([
      { asked: 1, answered: 1, late: 0, missed: 0, checks: [{ at: one.now - 120, ms: 120, inTime: true }] },
      { asked: 1, answered: 1, late: 0, missed: 0, checks: [{ at: askedAt, ms: 20_000, inTime: true }] },
    ]);
    expect((await one.evidence())[0]).to.include({ kind: 'instant-answers', count: 1, ms: 120 });
  });

  /** Somebody who was asked and has not answered. */
  const asked = async () => {
    const one = await study();
    await one.start();
    await one.play(5);
    const { presence } = await one.play(5);
    return { one, presence: presence?.token ?? '' };
  };
  const credited = async ({ enrolment, services }: Study) => {
    const { days } = await services.credit.days({ _id: enrolment, programme: test.programme }, { skip: 0, limit: 5 });
    return days;
  };

  it('keeps a check open for the person over sessions, lessons, devices and server processes', async () => {
    const { one, presence } = await asked();
    const other = one.process();
    const again = (await one.start({ takeover: true }, other)) as { presence?: { token: string } };
    expect(again.presence).to.deep.equal({ token: presence, secondsLeft: 30, extensionsLeft: 1 });
    expect((await one.play(5, {}, other)).reasons[0]).to.include({ reason: 'presence-open', seconds: 5 });
    one.lesson = test.lessons[0];
    one.at = 0;
    const elsewhere = (await one.start({ takeover: true })) as { presence?: { token: string } };
    expect(elsewhere.presence).to.include({ token: presence });
    expect((await one.play(5)).reasons[0]).to.include({ reason: 'presence-open', seconds: 5 });
    one.now += 86_400_000;
    await one.start({}, other);
    expect((await one.play(5, {}, other)).reasons[0]).to.include({ reason: 'presence-missed', seconds: 5 });
    const { token } = one;
    expect(await other.playing.answer(one.viewer, { token, presence })).to.deep.equal({ answer: 'late' });
    one.at = 0;
    expect((await one.play(5, {}, other)).standing?.credited).to.equal(5);
    expect((await credited(one)).map((day) => [day.credited, day.presence.asked, day.presence.late])).to.deep.equal([
      [5, 0, 0],
      [10, 1, 1],
    ]);
  });

  it('asks at the start where it was due when the place before went away', async () => {
    const one = await study();
    await one.start();
    await one.play(5);
    one.now += 5_000;
    const { enrolment, lesson, token } = one;
    const beats = [{ seq: 2, ranges: [[5, 10]] as [number, number][], rate: 1 }];
    await one.services.playing.report(one.viewer, { enrolment, lesson, token, leaving: true, beats }, '10.0.0.1');
    const reply = (await one.start()) as { presence?: object };
    expect(reply.presence).to.include({ secondsLeft: 30 });
    one.at = 10;
    expect((await one.play(5)).reasons[0]).to.include({ reason: 'presence-open' });
    expect(await one.value()).to.equal(10);
  });

  it('is asked by what another place had kept, and earns nothing from then on', async () => {
    const one = await study();
    await one.start({ sentAt: one.now });
    const { enrolment, lesson, token, now } = one;
    one.now += 9_000;
    await one.start({ takeover: true });
    const beats = [1, 2].map((n) => ({
      seq: n,
      ranges: [[(n - 1) * 4.5, n * 4.5]] as [number, number][],
      rate: 1,
      sentAt: now + n * 4_500,
    }));
    one.now += 2_000;
    await one.services.playing.report(one.viewer, { enrolment, lesson, token, beats }, '10.0.0.1');
    one.at = 9;
    const reply = await one.play(5);
    expect(reply.state).to.equal('check');
    expect(reply.reasons).to.deep.equal([{ reason: 'presence-open', seconds: 3, from: 11, to: 14 }]);
    expect(await one.value()).to.equal(11);
  });

  it('is written down where it was asked, whatever programme it is answered in', async () => {
    const { one, presence } = await asked();
    const { programmes, accounts, progress } = test.platform.rooms;
    const { title, provider, region, regions, hours, stages, term, scheme } = await programmes.get(test.programme);
    const made = await programmes.create({ title, provider, region, regions, hours, stages, term, scheme } as never);
    await programmes.open(made._id);
    const enrolment = await progress.enrol(made._id, await accounts.get(one.viewer.id));
    const service = test.host('video-courses').tryUse('video-courses')!;
    const course = await service.createCourse({ programme: made._id, title: { zh: '别处' }, order: 1 });
    const first = one.enrolment;
    one.enrolment = enrolment._id;
    one.lesson = await service.addLesson({ course, title: { zh: '别处' }, file: clip('mp4'), order: 1 });
    one.at = 0;
    await one.start({ takeover: true });
    expect((await one.play(5)).reasons[0]).to.include({ reason: 'presence-open' });
    const answer = { token: one.token, presence, shownMs: 4_000 };
    expect(await one.services.playing.answer(one.viewer, answer)).to.deep.equal({ answer: 'answered' });
    one.at = 0;
    expect((await one.play(5)).standing?.credited).to.equal(5);
    one.enrolment = first;
    expect((await credited(one))[0]?.presence).to.deep.include({ asked: 1, answered: 1 });
  });

  it('keeps it as evidence that nobody answered, once the person comes back or goes on', async () => {
    const { one } = await asked();
    one.now += 629_000;
    await one.play(1);
    expect(await one.evidence()).to.deep.equal([]);
    one.now += 1;
    const askedAt = one.now - 630_001;
    await one.start({ takeover: true });
    await one.start({ takeover: true });
    await one.play(5);
    const found = await one.evidence();
    expect(found).to.have.length(1);
    expect(found[0]).to.include({ kind: 'unanswered-checks', count: 1, first: askedAt, last: askedAt });
  });

  it('counts an answer that waited for the network from when it was given', async () => {
    const one = await study();
    await one.start({ sentAt: one.now });
    await one.play(5, { sentAt: one.now + 5_000 });
    const { presence } = await one.play(5, { sentAt: one.now + 5_000 });
    const given = one.now + 3_000;
    one.now = given + 20_000;
    const answer = { token: one.token, presence: presence?.token ?? '', shownMs: 3_000 };
    const sent = { ...answer, answeredAt: given, sentAt: one.now };
    expect(await one.services.playing.answer(one.viewer, sent)).to.deep.equal({ answer: 'answered' });
    const { enrolment, lesson, token } = one;
    const beats = [1, 2, 3, 4].map((n) => ({
      seq: 2 + n,
      ranges: [[5 + n * 5, 10 + n * 5]] as [number, number][],
      rate: 1,
      sentAt: given + n * 5_000,
    }));
    const reply = await one.services.playing.report(one.viewer, { enrolment, lesson, token, beats }, '10.0.0.1');
    expect(reply.reasons).to.deep.equal([]);
    expect(await one.value()).to.equal(30);
  });
});
