import { expect } from 'chai';
import fc from 'fast-check';
import { formattersOf } from '../../../server/web/format.ts';

describe('times that people read', () => {
  const timeZone = 'Asia/Shanghai';
  const since1992 = fc.integer({ min: Date.UTC(1992, 0, 1), max: Date.UTC(2100, 0, 1) });

  for (const language of ['zh-CN', 'en'] as const) {
    it(`are as the language writes them (${language})`, () => {
      const date = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone });
      const dateTime = new Intl.DateTimeFormat(language, {
        dateStyle: 'long',
        timeStyle: 'short',
        hourCycle: 'h23',
        timeZone,
      });
      const fmt = formattersOf(language);
      fc.assert(
        fc.property(since1992, (at) => {
          expect(fmt.date(at)).to.equal(date.format(at));
          expect(fmt.dateTime(new Date(at))).to.equal(dateTime.format(at));
          expect(fmt.dateTime(at)).to.contain(fmt.time(at));
        }),
      );
    });
  }

  it('are Beijing’s, from midnight to midnight', () => {
    const fmt = formattersOf('zh-CN');
    expect(fmt.time('2026-11-22T15:59:59Z')).to.equal('23:59');
    expect(fmt.dateTime('2026-11-22T16:00:00Z')).to.equal('2026年11月23日 00:00');
    expect(() => fmt.dateTime('never')).to.throw(RangeError);
  });
});
