import { expect } from 'chai';
import { answerPresence, askPresence } from '../../../plugins/video-courses/presence.ts';
import { credit, emptyRecord, isComplete } from '../../../plugins/video-courses/watch-time.ts';
import { LESSON, Learner, NOON, RULES, TERM } from './watch-support.ts';

describe('watch-time', () => {
  it('credits what was played, at the seams of fractional beats too', () => {
    const learner = new Learner();
    expect(learner.beat(5, [[0, 4.7]])).to.include({ credited: 4, dayCredited: 4 });
    expect(learner.beat(10, [[4.7, 9.6]])).to.include({ credited: 5, dayCredited: 9 });
    expect(learner.record).to.deep.equal({ covered: [0, 9600], played: [], furthest: 9600 });
  });

  it('gives nothing for the same seconds again', () => {
    const learner = new Learner();
    learner.beat(5, [[0, 5]]);
    const again = learner.beat(10, [[0, 5]]);
    expect(again.credited).to.equal(0);
    expect(again.uncredited).to.deep.equal([{ reason: 'already-credited', seconds: 5, from: 0, to: 5 }]);
  });

  it('lets what was seen before run at twice the speed, and pays the new part after it', () => {
    const learner = new Learner();
    for (let at = 5; at <= 20; at += 5) learner.beat(at, [[at - 5, at]]);
    expect(
      learner.beat(
        32,
        [
          [0, 20],
          [20, 22],
        ],
        { rate: 2 },
      ).credited,
    ).to.equal(2);
  });

  it('credits at the allowed speed only', () => {
    const learner = new Learner();
    const result = learner.beat(5, [[0, 10]], { rate: 2 });
    expect(result.credited).to.equal(5);
    expect(result.uncredited).to.deep.equal([{ reason: 'too-fast', seconds: 5, from: 5, to: 10 }]);
    expect(result.record.played).to.deep.equal([5000, 10_000]);
    const faster = new Learner({ rules: { ...RULES, speed: 1.5 } });
    expect(faster.beat(5, [[0, 10]], { rate: 2 }).credited).to.equal(7);
  });

  it('evens out jitter up to one beat interval and no more', () => {
    const learner = new Learner();
    expect(learner.beat(9, [[0, 5]]).credited).to.equal(5);
    expect(learner.beat(10, [[5, 10]]).credited).to.equal(5);
    expect(learner.session.carryMs).to.equal(0);
    learner.beat(24, [[10, 11]]);
    expect(learner.session.carryMs).to.equal(5000);
    expect(learner.beat(25, [[11, 20]]).credited).to.equal(6);
  });

  it('forgets the unused time when the player stops on purpose', () => {
    const learner = new Learner();
    learner.beat(9, [[0, 5]], { final: true });
    expect(learner.session.carryMs).to.equal(0);
  });

  it('refuses to skip ahead on the first viewing, unless the programme allows it', () => {
    const learner = new Learner();
    learner.beat(5, [[0, 5]]);
    const skipped = learner.beat(10, [[1000, 1005]]);
    expect(skipped.uncredited).to.deep.equal([{ reason: 'seek-ahead', seconds: 5, from: 1000, to: 1005 }]);
    expect(skipped.record).to.deep.equal({ covered: [0, 5000], played: [1_000_000, 1_005_000], furthest: 5000 });
    const free = new Learner({ rules: { ...RULES, seekLock: false } });
    expect(free.beat(5, [[1000, 1005]]).credited).to.equal(5);
  });

  it('lets seeking back be, and forward again to where one was', () => {
    const learner = new Learner();
    for (let at = 5; at <= 30; at += 5) learner.beat(at, [[at - 5, at]]);
    expect(
      learner.beat(35, [
        [0, 2],
        [30, 33],
      ]).credited,
    ).to.equal(3);
  });

  it('does not take a lost beat for skipping', () => {
    const learner = new Learner();
    learner.beat(5, [[0, 5]]);
    expect(learner.beat(15, [[10, 15]], { seq: 3 }).credited).to.equal(5);
    expect(learner.record.covered).to.deep.equal([0, 5000, 10_000, 15_000]);
  });

  it('does not take a break longer than the lease for skipping either', () => {
    const learner = new Learner();
    learner.beat(5, [[0, 5]]);
    expect(learner.beat(905, [[900, 905]], { seq: 181 }).credited).to.equal(5);
  });

  it('explains by a gap no more than the time that passed', () => {
    const { credited, uncredited } = new Learner().beat(600, [
      [0, 400],
      [400, 800],
    ]);
    expect(credited).to.equal(15);
    expect(uncredited).to.deep.equal([
      { reason: 'gap', seconds: 585, from: 15, to: 600 },
      { reason: 'too-fast', seconds: 200, from: 600, to: 800 },
    ]);
  });

  it('does not let free jumps move the seek lock', () => {
    const learner = new Learner();
    learner.beat(0, [[2, 2.5]]);
    learner.beat(0, [[2, 2.5]]);
    expect(learner.record.furthest).to.equal(0);
  });

  it('credits nothing for sound without a picture, and carries none of its time over', () => {
    const learner = new Learner();
    const result = learner.beat(5, [[0, 5]], { picture: false });
    expect(result.uncredited).to.deep.equal([{ reason: 'no-picture', seconds: 5, from: 0, to: 5 }]);
    expect(learner.record).to.deep.equal({ covered: [], played: [], furthest: 0 });
    expect(learner.beat(6, [[0, 5]]).credited).to.equal(1);
    expect(learner.beat(11, [[1, 6]], { picture: true }).credited).to.equal(5);
  });

  it('ends at the lesson', () => {
    const learner = new Learner({ lesson: { id: LESSON.id, seconds: 7.5 } });
    const result = learner.beat(10, [[0, 9]]);
    expect(result.credited).to.equal(7);
    expect(result.uncredited).to.deep.equal([{ reason: 'beyond-length', seconds: 1.5, from: 7.5, to: 9 }]);
    expect(isComplete(result.record, 7.5, 90)).to.equal(true);
  });

  it('is complete at the wanted coverage, holes or not', () => {
    const record = (covered: number[]) => ({ ...emptyRecord(), covered });
    expect(isComplete(record([0, 40_000, 50_000, 100_000]), 100, 90)).to.equal(true);
    expect(isComplete(record([0, 39_999, 50_000, 100_000]), 100, 90)).to.equal(false);
    expect(isComplete(emptyRecord(), 0, 90)).to.equal(false);
  });

  it('closes the interval after a silence, crediting the beat that ends it', () => {
    const learner = new Learner();
    learner.beat(5, [[0, 5]]);
    expect(learner.beat(300, [[5, 10]]).credited).to.equal(5);
    const claimed = learner.beat(600, [[10, 310]]);
    expect(claimed.credited).to.equal(20);
    expect(claimed.uncredited).to.deep.equal([{ reason: 'gap', seconds: 280, from: 30, to: 310 }]);
  });

  it('credits kept beats by their own times, as far as the lease goes', () => {
    const learner = new Learner({}, 0);
    for (let at = 5; at <= 700; at += 5) learner.beat(700, [[at - 5, at]], { sentAt: at * 1000 });
    expect(learner.credited).to.equal(600);
    expect(learner.beat(705, [[700, 705]], { sentAt: 705_000 }).credited).to.equal(5);
    expect(learner.record).to.deep.equal({
      covered: [0, 600_000, 700_000, 705_000],
      played: [600_000, 700_000],
      furthest: 705_000,
    });
  });

  it('says "gap" for kept beats beyond the lease, and gives no second lease for them', () => {
    const learner = new Learner({}, 0);
    const results = Array.from({ length: 140 }, (_, n) =>
      learner.beat(700, [[n * 5, n * 5 + 5]], { sentAt: (n + 1) * 5000 }),
    );
    expect(results.at(-1)!.uncredited).to.deep.equal([{ reason: 'gap', seconds: 5, from: 695, to: 700 }]);
    expect(learner.beat(701, [[700, 720]], { sentAt: 701_000 }).credited).to.equal(1);
  });

  it('does not let time spent pausing be used to play faster later', () => {
    const learner = new Learner({}, 0);
    learner.beat(5, [[0, 5]], { sentAt: 5000 });
    learner.beat(405, [[5, 10]], { sentAt: 405_000 });
    let credited = 0;
    for (let at = 410; at <= 430; at += 5) {
      const from = 10 + (at - 410) * 2;
      credited += learner.beat(at, [[from, from + 10]], { rate: 2, sentAt: at * 1000 }).credited;
    }
    expect(credited).to.equal(30);
  });

  it('takes nothing from a player clock that jumps', () => {
    for (const clocks of [
      [5000, -1e9, -1e9 + 5000],
      [5000, 1e12, 1e12 + 5000],
      [1e308, -1e308, 0],
    ]) {
      const learner = new Learner({}, 0);
      clocks.forEach((sentAt, n) => {
        learner.beat((n + 1) * 5, [[n * 5, n * 5 + 5]], { sentAt });
      });
      expect(learner.credited).to.be.within(5, 15);
    }
  });

  it('takes a server clock that was set back as a new start, and a small step as none', () => {
    const learner = new Learner();
    learner.beat(5, [[0, 5]]);
    expect(learner.beat(-3600, [[5, 10]]).credited).to.equal(0);
    expect(learner.beat(-3595, [[5, 10]]).credited).to.equal(5);
    expect(learner.beat(-3596, [[10, 15]]).credited).to.equal(0);
    expect(learner.beat(-3590, [[10, 15]]).credited).to.equal(5);
  });

  it('pays for no time twice where the server clock is set back and then forward again', () => {
    for (const back of [16, 60, 3600]) {
      const learner = new Learner({ rules: { ...RULES, seekLock: false } });
      const greedy = (after: number) => learner.beat(after, [[learner.credited, learner.credited + 60]]);
      greedy(5);
      greedy(10 - back);
      greedy(15 - back);
      greedy(20);
      expect(learner.credited, `seconds in 20, set back ${back}`).to.be.at.most(20);
      expect(learner.credited).to.be.at.least(15);
    }
  });

  it('pays for no time twice where two servers whose clocks disagree take turns', () => {
    const learner = new Learner({ rules: { ...RULES, seekLock: false } });
    for (let at = 5; at <= 100; at += 5)
      learner.beat(at - (at % 10 ? 0 : 3600), [[learner.credited, learner.credited + 60]]);
    expect(learner.credited).to.be.within(40, 100);
  });

  it('asks as soon as it would have where the server clock is set back', () => {
    const learner = new Learner();
    const { askAt } = learner.session.presence;
    learner.beat(5, [[0, 5]]);
    learner.beat(10 - 3600, [[5, 10]]);
    expect(learner.session.presence.askAt).to.equal(askAt - 3_595_000);
    learner.beat(15, [[5, 10]]);
    expect(learner.session.presence.askAt).to.equal(askAt);
  });

  it('stores what is above the daily cap without crediting it', () => {
    const learner = new Learner();
    learner.dayCredited = RULES.dailyCapSeconds - 3;
    const result = learner.beat(5, [[0, 5]]);
    expect(result).to.include({ credited: 3, dayCredited: RULES.dailyCapSeconds });
    expect(result.uncredited).to.deep.equal([{ reason: 'daily-cap', seconds: 2, from: 3, to: 5 }]);
    expect(result.record).to.deep.equal({ covered: [0, 3000], played: [3000, 5000], furthest: 5000 });
    learner.dayCredited = 0;
    expect(learner.beat(10, [[3, 5]]).credited).to.equal(2);
    expect(learner.record.played).to.deep.equal([]);
  });

  it('credits nothing for time outside the term', () => {
    const before = new Learner({ term: { from: NOON + 10_000, to: TERM.to } });
    expect(before.beat(5, [[0, 5]]).rejected).to.equal('outside-term');
    expect(before.beat(12, [[0, 5]]).credited).to.equal(2);
    const after = new Learner({ term: { from: TERM.from, to: NOON + 3000 } });
    const result = after.beat(5, [[0, 5]]);
    expect(result.credited).to.equal(3);
    expect(result.uncredited).to.deep.equal([{ reason: 'outside-term', seconds: 2, from: 3, to: 5 }]);
    expect(after.beat(10, [[3, 8]]).credited).to.equal(0);
    expect(after.beat(604, [[3, 8]]).rejected).to.equal('outside-term');
  });

  it('credits kept beats from before the end of the term', () => {
    const learner = new Learner({ term: { from: TERM.from, to: NOON + 20_000 } }, 0);
    for (let at = 5; at <= 30; at += 5) learner.beat(60, [[at - 5, at]], { sentAt: at * 1000 });
    expect(learner.credited).to.equal(20);
  });

  it('stops at the moment of asking and resumes with the answer', () => {
    const learner = new Learner();
    learner.beat(5, [[0, 5]]);
    learner.session = askPresence(learner.session, 'hash', NOON + 7000, RULES.presence);
    const open = learner.beat(10, [[5, 10]]);
    expect(open.credited).to.equal(2);
    expect(open.uncredited).to.deep.equal([{ reason: 'presence-open', seconds: 3, from: 7, to: 10 }]);
    const missed = learner.beat(130, [[7, 12]]);
    expect(missed.uncredited).to.deep.equal([{ reason: 'presence-missed', seconds: 5, from: 7, to: 12 }]);
    const further = learner.beat(135, [[17, 22]]);
    expect(further.uncredited).to.deep.equal([{ reason: 'presence-missed', seconds: 5, from: 17, to: 22 }]);
    learner.session = answerPresence(learner.session, 'hash', NOON + 140_000, RULES.presence, () => 0).session;
    expect(learner.beat(145, [[7, 12]]).credited).to.equal(5);
  });

  it('credits beats that were under way when the check was asked, but no unused time after it', () => {
    const kept = new Learner({}, 0);
    kept.beat(5, [[0, 5]], { sentAt: 5000 });
    kept.beat(20, [[5, 10]], { sentAt: 10_000 });
    kept.session = askPresence(kept.session, 'hash', NOON + 20_000, RULES.presence);
    expect(kept.beat(20, [[10, 15]], { sentAt: 15_000 }).credited).to.equal(5);
    const idle = new Learner();
    idle.beat(12, [[0, 5]]);
    idle.session = askPresence(idle.session, 'hash', NOON + 12_000, RULES.presence);
    expect(idle.beat(17, [[5, 10]]).credited).to.equal(0);
  });

  const LONG = Array.from({ length: 1_000_000 }, (_, n): [number, number] => [n, n + 1e-6]);
  const refused: [string, object, string][] = [
    ["another session's token", { token: 'other' }, 'token'],
    ['a repeated number', { seq: 0 }, 'sequence'],
    ['a number from before', { seq: -4 }, 'sequence'],
    ['a number that is none', { seq: 1.5 }, 'malformed'],
    ['NaN', { ranges: [[Number.NaN, 5]] }, 'malformed'],
    ['Infinity', { ranges: [[0, Number.POSITIVE_INFINITY]] }, 'malformed'],
    ['1e308', { ranges: [[0, 1e308]] }, 'malformed'],
    ['a negative position', { ranges: [[-5, 5]] }, 'malformed'],
    ['a reversed range', { ranges: [[5, 0]] }, 'malformed'],
    ['a range of three', { ranges: [[0, 1, 2]] }, 'malformed'],
    ['text', { ranges: 'all of it' }, 'malformed'],
    ['no ranges', { ranges: null }, 'malformed'],
    ['texts as positions', { ranges: [['0', '5']] }, 'malformed'],
    ['a million tiny ranges', { ranges: LONG }, 'malformed'],
    ['an impossible rate', { rate: 1e9 }, 'malformed'],
    ['a backward rate', { rate: -1 }, 'malformed'],
    ['a player clock that is none', { sentAt: Number.NaN }, 'malformed'],
  ];
  for (const [name, change, reason] of refused) {
    it(`refuses ${name} and changes nothing`, () => {
      const learner = new Learner();
      const { record, session } = learner;
      const result = learner.beat(5, [[0, 5]], change);
      expect(result).to.deep.equal({ record, session, credited: 0, dayCredited: 0, uncredited: [], rejected: reason });
      expect(learner.beat(5, [[0, 5]]).credited).to.equal(5);
    });
  }

  it('refuses a beat for a lesson that the session does not play', () => {
    const { record, session } = new Learner();
    const beat = { seq: 1, ranges: [[0, 5] as [number, number]], rate: 1 };
    const lesson = { id: 'lesson-2', seconds: 100 };
    const now = NOON + 5000;
    const result = credit({
      rules: RULES,
      term: TERM,
      record,
      session,
      lesson,
      token: 'token',
      beat,
      now,
      dayCredited: 0,
    });
    expect(result.rejected).to.equal('token');
  });

  it('keeps a record small whatever is reported', () => {
    const learner = new Learner({ rules: { ...RULES, seekLock: false } });
    for (let n = 0; n < 200; n += 1) {
      const ranges = Array.from({ length: 32 }, (_, k): [number, number] => [
        (n * 32 + k) / 4,
        (n * 32 + k) / 4 + 0.01,
      ]);
      learner.beat((n + 1) * 5, ranges);
    }
    expect(learner.record.covered.length).to.be.at.most(600);
    expect(learner.record.played.length).to.be.at.most(600);
  });
});
