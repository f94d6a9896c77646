import { expect } from 'chai';
import { openStudies, type Study } from './study.ts';
import type { VideoPlatform } from './video-support.ts';

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

  it('does not let somebody escape a check by starting again', async () => {
    const one = await study();
    await one.start();
    await one.play(5);
    await one.play(5);
    await one.start({ takeover: true });
    expect((await one.play(1)).state).to.equal('check');
  });
});
