import { expect } from 'chai';
import {
  dayOf,
  emptyDay,
  noteBeats,
  noteGrant,
  notePresenceAnswer,
  notePresenceAsked,
  noteTogether,
} from '../../../plugins/video-courses/day-ledger.ts';

const loss = (from: number, to: number) => ({ reason: 'gap' as const, seconds: to - from, from, to });

describe('the day’s ledger', () => {
  it('sums what was credited per lesson and what each reason cost, with its stretches', () => {
    let day = noteBeats(emptyDay('2026-11-22'), 'a', { credited: 5, uncredited: [loss(5, 7)] }, 1000);
    day = noteBeats(day, 'a', { credited: 3, uncredited: [loss(20, 21.5)] }, 2000);
    day = noteBeats(day, 'b', { credited: 4, uncredited: [] }, 3000);
    expect(day.credited).to.equal(12);
    expect(day.lessons.b).to.deep.equal({ credited: 4, reasons: {} });
    expect(day.lessons.a).to.deep.equal({
      credited: 8,
      reasons: { gap: { seconds: 3.5, beats: 2, stretches: [5000, 7000, 20_000, 21_500], first: 1000, last: 2000 } },
    });
  });

  it('stays small, whatever a client sends', () => {
    let day = emptyDay('2026-11-22');
    for (let n = 0; n < 1000; n += 1)
      day = noteBeats(day, 'a', { credited: 0, uncredited: [loss(n * 2, n * 2 + 1)] }, n);
    const line = day.lessons.a?.reasons.gap;
    expect(line).to.include({ seconds: 1000, beats: 1000 });
    expect(line?.stretches.length).to.be.at.most(40);
    expect([line?.stretches[0], line?.stretches.at(-1)]).to.deep.equal([0, 1_999_000]);
    expect(JSON.stringify(day).length).to.be.lessThan(1000);
  });

  it('keeps each presence check with its moment and its answer', () => {
    let day = [1000, 2000, 3000].reduce(notePresenceAsked, emptyDay('2026-11-22'));
    day = notePresenceAnswer(day, { askedAt: 1000, ms: 2300, inTime: true });
    day = notePresenceAnswer(day, { askedAt: 2000, ms: 190_000, inTime: false });
    expect(day.presence).to.deep.equal({
      asked: 3,
      answered: 1,
      late: 1,
      checks: [{ at: 1000, ms: 2300, inTime: true }, { at: 2000, ms: 190_000, inTime: false }, { at: 3000 }],
    });
    const many = Array.from({ length: 1000 }, (_, n) => n).reduce(notePresenceAsked, day);
    expect(many.presence.asked).to.equal(1003);
    expect(many.presence.checks).to.have.length(100);
  });

  it('notes the Beijing hours of play, what was granted and what overlapped', () => {
    const played = { credited: 1, uncredited: [] };
    let day = noteBeats(emptyDay('2026-11-22'), 'a', played, Date.parse('2026-11-22T00:10:00+08:00'));
    day = noteBeats(day, 'a', played, Date.parse('2026-11-22T00:59:59+08:00'));
    day = noteBeats(day, 'a', played, Date.parse('2026-11-22T23:59:59+08:00'));
    expect(day.hours).to.equal(1 + 2 ** 23);
    day = noteGrant(day, 'a', 7);
    expect(day).to.deep.include({ credited: 10 });
    expect(day.lessons.a).to.include({ credited: 10, granted: 7 });
    expect(noteBeats(day, 'a', played, 0).lessons.a).to.include({ credited: 11, granted: 7 });
    day = noteTogether(noteTogether(day, 4000, 5), 2000, 9);
    expect(day.together).to.deep.equal({ ms: 6000, times: 2, first: 5, last: 9 });
  });

  it('reads days from before there were checks and hours', () => {
    const old = { day: '2026-11-22', credited: 5, lessons: {}, presence: { asked: 1, answered: 1, late: 0 } };
    expect(dayOf(old)).to.deep.equal({
      ...emptyDay('2026-11-22'),
      credited: 5,
      presence: { asked: 1, answered: 1, late: 0, checks: [] },
    });
  });
});
