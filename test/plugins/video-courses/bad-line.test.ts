import { expect } from 'chai';
import fc from 'fast-check';
import { goOnFrom } from '../../../plugins/video-courses/client/go-on.ts';
import type { Report, ReportReply, Standing } from '../../../plugins/video-courses/playing.messages.ts';
import { addRange, lengthOf, subtract } from '../../../plugins/video-courses/ranges.ts';
import { openStudies, type Study } from './study.ts';
import type { VideoPlatform } from './video-support.ts';

const BEAT_MS = 5_000;
const RULES = {
  presence: { minSeconds: 30, maxSeconds: 60, answerSeconds: 20, extensions: 1 },
  leaseSeconds: 120,
  gapSeconds: 15,
  beatSeconds: BEAT_MS / 1000,
};
/** How long the player waits for an answer (client/channel.ts). */
const PATIENCE_MS = 8_000;
/** Lines tried; more by hand with SCHEDULES=500. */
const numRuns = Number(process.env.SCHEDULES ?? 15);

/** What becomes of one message; a late one arrives after others, and its answer finds nobody waiting. */
const fate = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ kind: 'arrives' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'lost' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'answer lost' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('late' as const), ms: fc.integer({ min: 9_000, max: 40_000 }) }),
  },
  /** Nothing goes through from now on for a while. */
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('cut' as const), ms: fc.integer({ min: 5_000, max: 300_000 }) }),
  },
);
const line = fc.record({
  fates: fc.array(fate, { minLength: 20, maxLength: 60 }),
  jitter: fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 8, maxLength: 8 }),
  /** How long the person takes to answer each check, ms. */
  answers: fc.array(fc.integer({ min: 400, max: 19_000 }), { minLength: 5, maxLength: 5 }),
});
type Line = typeof line extends fc.Arbitrary<infer T> ? T : never;
type Fate = Line['fates'][number];

type Beat = Report['beats'][number];

/** A person who plays in order and answers every check in time, through a player as client/ is one. */
class Honest {
  readonly #study: Study;
  readonly #line: Line;
  #token = '';
  #standing: Standing | undefined;
  #kept: Beat[] = [];
  #seq = 0;
  #waitsUntil = 0;
  #cutUntil = 0;
  #late: { at: number; send(): Promise<unknown> }[] = [];
  #check: { token: string; shownAt: number } | undefined;
  #answer: { presence: string; shownMs: number; answeredAt: number } | undefined;
  #played: number[] = [];
  position = 0;
  breaks = 0;
  checks = 0;
  /** The longest time between two answers from the server, ms. */
  silence = 0;
  #heardAt = 0;

  constructor(study: Study, line: Line) {
    this.#study = study;
    this.#line = line;
  }

  async play(): Promise<void> {
    const reply = await this.#study.start({ sentAt: this.#study.now });
    if (reply.state !== 'playing') throw new Error(reply.state);
    this.#token = reply.token;
    this.#heardAt = this.#study.now;
    const { fates, jitter } = this.#line;
    for (const [n, fate] of fates.entries()) await this.#interval(BEAT_MS + jitter[n % jitter.length]!, fate);
    while (this.#kept.length > 0 || this.#answer || this.#check || this.#late.length > 0)
      await this.#interval(BEAT_MS, { kind: 'arrives' });
  }

  async #interval(ms: number, fate: Fate): Promise<void> {
    const until = this.#study.now + ms;
    if (this.#check) await this.#answerCheck(until, fate);
    const offline = this.#study.now - (this.#kept[0]?.sentAt ?? this.#study.now);
    const plays = !this.#check && offline <= RULES.leaseSeconds * 1000;
    const passed = until - this.#study.now;
    this.#study.now = until;
    if (plays && passed > 0) this.#beat(passed);
    await this.#arriveLate();
    await this.#flush(fate);
  }

  #beat(ms: number): void {
    const from = Math.round(this.position * 1000) / 1000;
    this.position = Math.round(from * 1000 + ms) / 1000;
    this.#played = addRange(this.#played, Math.round(from * 1000), Math.round(this.position * 1000));
    this.#seq += 1;
    this.#kept.push({ seq: this.#seq, ranges: [[from, this.position]], rate: 1, sentAt: this.#study.now });
  }

  async #answerCheck(until: number, fate: Fate): Promise<void> {
    const { token, shownAt } = this.#check!;
    const answeredAt = shownAt + this.#line.answers[this.checks % this.#line.answers.length]!;
    if (answeredAt > until) return;
    this.#study.now = Math.max(this.#study.now, answeredAt);
    this.#check = undefined;
    this.#answer = { presence: token, shownMs: answeredAt - shownAt, answeredAt: this.#study.now };
    const goesOn = goOnFrom(
      this.position,
      this.#standing!,
      this.#played.map((edge) => edge / 1000),
    );
    this.position = goesOn;
    this.checks += 1;
    await this.#flush(fate);
  }

  async #flush(fate: Fate): Promise<void> {
    const { now } = this.#study;
    if (fate.kind === 'cut') this.#cutUntil = Math.max(this.#cutUntil, now + fate.ms);
    if (now < this.#waitsUntil || (this.#kept.length === 0 && !this.#answer)) return;
    const asked = this.#answer;
    if (asked) {
      if ((await this.#send(fate, () => this.#deliverAnswer(asked))) === undefined) return;
      this.#answer = undefined;
    }
    const beats = [...this.#kept];
    const reply = await this.#send(fate, () => this.#deliver(beats));
    if (!reply) return;
    this.silence = Math.max(this.silence, this.#study.now - this.#heardAt);
    this.#heardAt = this.#study.now;
    this.#kept = this.#kept.filter((beat) => !beats.includes(beat));
    this.#standing = reply.standing ?? this.#standing;
    if (reply.presence) this.#check = { token: reply.presence.token, shownAt: this.#study.now };
  }

  /** @returns the answer, where it arrives */
  async #send<T>(fate: Fate, deliver: () => Promise<T>): Promise<T | undefined> {
    const { now } = this.#study;
    if (now >= this.#cutUntil && fate.kind === 'arrives') return deliver();
    this.breaks += 1;
    this.#waitsUntil = now + PATIENCE_MS;
    if (now < this.#cutUntil) return undefined;
    if (fate.kind === 'answer lost') await deliver();
    else if (fate.kind === 'late') this.#late.push({ at: now + fate.ms, send: deliver });
    return undefined;
  }

  async #arriveLate(): Promise<void> {
    const due = this.#late.filter(({ at }) => at <= this.#study.now);
    this.#late = this.#late.filter((one) => !due.includes(one));
    for (const { send } of due) await send();
  }

  #deliver(beats: Beat[]): Promise<ReportReply> {
    const { viewer, enrolment, lesson, services } = this.#study;
    const report = { enrolment, lesson, token: this.#token, position: this.position, beats };
    return services.playing.report(viewer, report, '10.0.0.1');
  }

  #deliverAnswer(answer: { presence: string; shownMs: number; answeredAt: number }) {
    const { viewer, services, now } = this.#study;
    return services.playing.answer(viewer, { token: this.#token, ...answer, sentAt: now });
  }
}

describe('an honest player on a bad line', function () {
  this.timeout(numRuns * 8_000);
  let test: VideoPlatform;
  let long: string;
  let study: () => Promise<Study>;

  before(async () => {
    ({ test, long, study } = await openStudies(RULES, 20_000));
  });
  after(() => test.stop());

  it('loses at most one interval for each break, and answers in time what it was shown late', async () => {
    let checks = 0;
    await fc.assert(
      fc.asyncProperty(line, async (one) => {
        const person = await study();
        const honest = new Honest(person, one);
        await honest.play();
        const watch = await person.services.learning.lesson(
          person.enrolment,
          (await person.services.catalogue.lesson(long)).lesson,
          person.now,
        );
        const covered = watch.segments
          .filter(({ kind }) => kind === 'credited')
          .reduce<number[]>((all, { from, to }) => addRange(all, Math.round(from * 1000), Math.round(to * 1000)), []);
        const lost = lengthOf(subtract([0, Math.round(honest.position * 1000)], covered));
        expect(lost, 'ms of what was played').to.be.at.most(honest.breaks * BEAT_MS);
        expect(covered.at(-1) ?? 0, 'where it goes on').to.be.at.least(honest.position * 1000 - BEAT_MS);
        const { days } = await person.services.credit.days(
          { _id: person.enrolment, programme: test.programme },
          { skip: 0, limit: 2 },
        );
        const { asked, answered, late } = days.reduce(
          (sum, { presence }) => ({
            asked: sum.asked + presence.asked,
            answered: sum.answered + presence.answered,
            late: sum.late + presence.late,
          }),
          { asked: 0, answered: 0, late: 0 },
        );
        expect({ asked, answered: answered + late }).to.deep.equal({ asked: honest.checks, answered: honest.checks });
        // The server believes for a lease that a question was shown only now.
        if (honest.silence < RULES.leaseSeconds * 1000) {
          expect(late).to.equal(0);
          const found = (await person.evidence()).filter(({ kind }) => kind !== 'unrequested-media');
          expect(found).to.deep.equal([]);
        }
        checks += honest.checks;
      }),
      { numRuns },
    );
    expect(checks, 'checks in all').to.be.above(numRuns / 2);
  });
});
