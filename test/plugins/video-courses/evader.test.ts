import { expect } from 'chai';
import fc from 'fast-check';
import { openStudies, type Study } from './study.ts';
import type { VideoPlatform } from './video-support.ts';

const RULES = {
  presence: { minSeconds: 40, maxSeconds: 60, answerSeconds: 20, extensions: 1 },
  leaseSeconds: 60,
  gapSeconds: 15,
  beatSeconds: 5,
};
/**
 * Seconds that can be credited before a check is asked, however somebody goes about it: playing until it is due, one lease
 * that was kept from the server then, one more of the place that was taken over, and a beat's carry.
 */
const MOST_UNASKED = RULES.presence.maxSeconds + 2 * RULES.leaseSeconds + RULES.beatSeconds;
const LESSON_SECONDS = 20_000;
/** Schedules tried; more by hand with SCHEDULES=500. */
const numRuns = Number(process.env.SCHEDULES ?? 15);

const wait = fc.record({
  act: fc.constant('wait' as const),
  ms: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.constantFrom(5_000, 15_000, 59_000, 61_000, 130_000, 1_300_000)),
});
const start = fc.record({
  act: fc.constant('start' as const),
  takeover: fc.boolean(),
  lesson: fc.nat(1),
  named: fc.boolean(),
  on: fc.nat(1),
});
const report = fc.record({
  act: fc.constant('report' as const),
  /** Which of its sessions' tokens it uses: 0 for the newest. */
  session: fc.constantFrom(0, 0, 0, 1, 1, 2),
  beats: fc.integer({ min: 1, max: 16 }),
  clock: fc.constantFrom('none', 'true', 'late', 'broken'),
  leaving: fc.constantFrom(false, false, false, true),
  on: fc.nat(1),
});
const other = fc.record({ act: fc.constantFrom('extend' as const, 'guess' as const, 'sign-out' as const) });
const schedule = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: wait },
    { weight: 3, arbitrary: start },
    { weight: 5, arbitrary: report },
    { weight: 1, arbitrary: other },
  ),
  { minLength: 10, maxLength: 70 },
);
type Step = typeof schedule extends fc.Arbitrary<(infer S)[]> ? S : never;

/** Plays on two server processes and earns what it can, but never answers a presence check. */
class Evader {
  readonly #study: Study;
  readonly #lessons: string[];
  readonly #processes: Study['services'][];
  readonly #sessions: { token: string; lesson: string; seq: number }[] = [];
  readonly #at = new Map<string, number>();
  /** The player's clock at the last beat. */
  #clock = 0;
  asked = false;

  /** @param behindMs by how much the second process's clock lies behind */
  constructor(study: Study, lessons: string[], behindMs: number) {
    this.#study = study;
    this.#lessons = lessons;
    this.#processes = [study.process(), study.process(() => study.now - behindMs)];
  }

  async do(step: Step): Promise<void> {
    const { viewer } = this.#study;
    const { playing } = this.#processes['on' in step ? step.on : 0]!;
    const { token = '' } = this.#sessions[0] ?? {};
    if (step.act === 'wait') this.#study.now += step.ms;
    else if (step.act === 'start') await this.#start(step);
    else if (step.act === 'report') await this.#report(step);
    else if (step.act === 'extend') await playing.extend(viewer, { token });
    else if (step.act === 'guess') await playing.answer(viewer, { token, presence: 'guess', shownMs: 1 });
    else await playing.end(viewer.id, () => true);
  }

  async #start({ takeover, lesson: which, named, on }: Step & { act: 'start' }): Promise<void> {
    const lesson = this.#lessons[which]!;
    const wish = { lesson, takeover, ...(named && { sentAt: this.#study.now }) };
    const { playing } = this.#processes[on]!;
    const reply = await playing.start(this.#study.viewer, wish, { language: 'en', session: '' });
    if (reply.state !== 'playing') return;
    this.asked ||= reply.presence !== undefined;
    this.#clock = this.#study.now;
    this.#sessions.unshift({ token: reply.token, lesson, seq: 0 });
  }

  async #report({ session: which, beats: count, clock, leaving, on }: Step & { act: 'report' }): Promise<void> {
    const session = this.#sessions[which];
    if (!session) return;
    const { token, lesson } = session;
    const { viewer, enrolment, now } = this.#study;
    const from = this.#at.get(lesson) ?? 0;
    const ms = clock === 'late' ? (now - this.#clock) / count : 5_000;
    const beats = Array.from({ length: count }, (_, n) => ({
      seq: session.seq + n + 1,
      ranges: [[from + n * 5, from + n * 5 + 5]] as [number, number][],
      rate: 1,
      ...(clock === 'none' ? {} : { sentAt: clock === 'broken' ? n % 2 : this.#clock + ms * (n + 1) }),
    }));
    const body = { enrolment, lesson, token, leaving, beats };
    const { playing } = this.#processes[on]!;
    const reply = await playing.report(viewer, body, '10.0.0.1');
    this.asked ||= reply.presence !== undefined;
    this.#clock += ms * count;
    session.seq = Math.max(session.seq, reply.seq);
    const end = reply.standing?.covered.at(-1);
    if (end !== undefined) this.#at.set(lesson, end);
  }
}

describe('somebody who never answers a presence check', function () {
  this.timeout(numRuns * 8_000);
  let test: VideoPlatform;
  let long: string;
  let study: () => Promise<Study>;

  before(async () => {
    ({ test, long, study } = await openStudies(RULES, LESSON_SECONDS));
  });
  after(() => test.stop());

  const earned = async (one: Study): Promise<number> => {
    const values = ((await one.stored('enrolments', one.enrolment))?.values ?? {}) as Record<string, { value: number }>;
    return Object.values(values).reduce((sum, { value }) => sum + value, 0);
  };
  const openCheck = async (one: Study): Promise<{ askedAt?: number }> =>
    (await one.stored('video_courses_sessions', one.viewer.id))?.playing?.presence ?? {};

  it('earns nothing past it, whatever is sent in whatever order to whichever server process', async () => {
    let asked = 0;
    await fc.assert(
      fc.asyncProperty(schedule, fc.constantFrom(0, 0, 3_000, 3_600_000), async (steps, behindMs) => {
        const one = await study();
        const begun = one.now;
        const evader = new Evader(one, [long, test.lessons[0]], behindMs);
        for (const step of steps) await evader.do(step);
        const { askedAt } = await openCheck(one);
        if (askedAt === undefined) {
          expect(await earned(one)).to.be.at.most(MOST_UNASKED);
          return;
        }
        // Beats from before the question, still under way, are all that can follow; it may have been asked by the clock behind.
        const paid = (askedAt - begun + behindMs) / 1000;
        expect(await earned(one)).to.be.at.most(Math.min(paid, MOST_UNASKED));
        asked += 1;
        // And no more for whoever goes on for hours.
        for (let n = 0; n < 6; n += 1) {
          await evader.do({ act: 'start', takeover: true, lesson: n % 2, named: n % 3 > 0, on: 0 });
          one.now += 55_000;
          await evader.do({
            act: 'report',
            session: n % 2 === 0 ? 0 : 1,
            beats: 11,
            clock: 'late',
            leaving: false,
            on: 0,
          });
        }
        expect(evader.asked).to.equal(true);
        expect(await earned(one)).to.be.at.most(Math.min(paid, MOST_UNASKED));
        expect((await one.evidence()).map(({ kind }) => kind)).to.include('unanswered-checks');
      }),
      { numRuns },
    );
    expect(asked, 'runs in which a check was asked').to.be.above(0);
  });
});
