import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { media } from '../../../plugins/demo/media/index.ts';
import type { VideoHost } from '../../../plugins/video-courses/plugin.ts';
import { createServices } from '../../../plugins/video-courses/services.ts';
import { errors } from '../../../server/errors.ts';
import type { Viewer } from '../../../server/plugins/contract.ts';
import { startVideoPlatform, type VideoPlatform } from './video-support.ts';

const DAY_MS = 86_400_000;
const never = { presence: { minSeconds: 86_400, maxSeconds: 86_400 } };

/** A learner with a clock of their own, who plays a long lesson through the service of one server process. */
class Study {
  readonly test: VideoPlatform;
  readonly viewer: Viewer;
  readonly enrolment: string;
  lesson: string;
  services: ReturnType<typeof createServices>;
  now = Date.now();
  token = '';
  seq = 0;
  at = 0;
  address = '10.0.0.1';

  constructor(test: VideoPlatform, learner: { id: string; name: string; enrolment: { _id: string } }, lesson: string) {
    this.test = test;
    this.enrolment = learner.enrolment._id;
    this.lesson = lesson;
    this.viewer = { id: learner.id, name: learner.name, language: undefined, organisation: undefined, grants: [] };
    this.services = this.process();
  }

  /** The services as another server process would have them. */
  process() {
    return createServices(this.test.host('video-courses') as unknown as VideoHost, () => this.now);
  }

  async start(more: object = {}, services = this.services) {
    const reply = await services.playing.start(
      this.viewer,
      { lesson: this.lesson, ...more },
      { language: 'en', session: '' },
    );
    if (reply.state === 'playing') {
      this.token = reply.token;
      this.seq = 0;
    }
    return reply;
  }

  /** Time passes, and media plays from where it stood. */
  async play(seconds: number, more: object = {}, services = this.services) {
    this.now += Math.round(seconds * 1000);
    const from = this.at;
    this.at += seconds;
    return this.report([[from, this.at]], more, services);
  }

  report(ranges: [number, number][], more: object = {}, services = this.services) {
    this.seq += 1;
    const { enrolment, lesson, token, seq } = this;
    const beats = [{ seq, ranges, rate: 1, ...more }];
    return services.playing.report(this.viewer, { enrolment, lesson, token, beats }, this.address);
  }

  async stored(collection: string, id: string) {
    return this.test.platform.rooms.connection.collection(collection).findOne({ _id: id as never });
  }

  evidence() {
    const { connection } = this.test.platform.rooms;
    return connection.collection('video_courses_anomalies').find({ enrolment: this.enrolment }).toArray();
  }

  async value(): Promise<number> {
    const enrolment = await this.stored('enrolments', this.enrolment);
    return enrolment?.values[`video-courses/lesson/${this.lesson}`]?.value ?? 0;
  }
}

describe('playing, as the service credits it', () => {
  let test: VideoPlatform;
  let long: string;

  const open = async (settings: object) => {
    test = await startVideoPlatform(settings as Record<string, unknown>);
    const file = fileURLToPath(new URL(`../../../plugins/demo/media/${media[0].file}`, import.meta.url));
    const service = test.host('video-courses').tryUse('video-courses')!;
    long = await service.addLesson({ course: test.course, title: { zh: '长课' }, file, order: 3 });
  };
  const study = async () => new Study(test, await test.learner(), long);

  describe('without presence checks', () => {
    before(() => open(never));
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
      const reply = await one.services.playing.report(
        one.viewer,
        { enrolment, lesson, token, beats: kept },
        '10.0.0.1',
      );
      expect(reply).to.deep.include({ state: 'playing', seq: 5, reasons: [] });
      expect(await one.value()).to.equal(25);
      const again = await one.services.playing.report(
        one.viewer,
        { enrolment, lesson, token, beats: kept },
        '10.0.0.1',
      );
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
      const { days } = await one.services.credit.days(
        { _id: one.enrolment, programme: test.programme },
        { skip: 0, limit: 5 },
      );
      expect(days[0]?.lessons[0]?.lost[0]).to.deep.include({
        reason: 'too-fast',
        seconds: 55,
        stretches: [5000, 60_000],
      });
    });

    it('lets one place play at a time: the second asks, takes over, and the first is told', async () => {
      const one = await study();
      await one.start();
      const first = one.token;
      await one.play(5);
      expect(await one.start()).to.deep.equal({ state: 'elsewhere', lesson: long, title: '长课' });
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
      const { days } = await one.services.credit.days(
        { _id: one.enrolment, programme: test.programme },
        { skip: 0, limit: 1 },
      );
      expect(days[0]?.lessons[0]?.lost[0]).to.deep.include({
        reason: 'token',
        seconds: 10,
        stretches: [15_000, 25_000],
      });
    });

    it('does not let a second place start unasked while the first may come back with beats that it kept', async () => {
      const one = await study();
      await one.start();
      await one.play(5);
      one.now += 590_000;
      expect((await one.start()).state).to.equal('elsewhere');
      one.now += 10_000;
      expect((await one.start()).state).to.equal('playing');
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

  describe('with a daily limit', () => {
    before(() => open({ ...never, dailyCapSeconds: 60 }));
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

  describe('with presence checks', () => {
    before(() => open({ presence: { minSeconds: 10, maxSeconds: 10, answerSeconds: 30, extensions: 1 } }));
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
});
