import { expect } from 'chai';
import {
  emptyDay,
  noteBeat,
  notePresenceAnswer,
  notePresenceAsked,
} from '../../../plugins/video-courses/day-ledger.ts';

const loss = (from: number, to: number) => ({ reason: 'gap' as const, seconds: to - from, from, to });

describe('the day’s ledger', () => {
  it('sums what was credited per lesson and what each reason cost, with its stretches', () => {
    let day = noteBeat(emptyDay('2026-11-22'), 'a', { credited: 5, uncredited: [loss(5, 7)] }, 1000);
    day = noteBeat(day, 'a', { credited: 3, uncredited: [loss(20, 21.5)] }, 2000);
    day = noteBeat(day, 'b', { credited: 4, uncredited: [] }, 3000);
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
      day = noteBeat(day, 'a', { credited: 0, uncredited: [loss(n * 2, n * 2 + 1)] }, n);
    const line = day.lessons.a?.reasons.gap;
    expect(line).to.include({ seconds: 1000, beats: 1000 });
    expect(line?.stretches.length).to.be.at.most(40);
    expect([line?.stretches[0], line?.stretches.at(-1)]).to.deep.equal([0, 1_999_000]);
    expect(JSON.stringify(day).length).to.be.lessThan(1000);
  });

  it('counts presence checks asked, answered and answered late, with the quickest answer', () => {
    let day = notePresenceAsked(notePresenceAsked(emptyDay('2026-11-22')));
    day = notePresenceAnswer(day, true, 2300);
    day = notePresenceAnswer(day, false, 190_000);
    expect(day.presence).to.deep.equal({ asked: 2, answered: 1, late: 1, fastestMs: 2300 });
  });
});
