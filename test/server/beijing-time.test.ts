import { expect } from 'chai';
import fc from 'fast-check';
import { addDays, beijingDay, beijingHour, daysBetween, startOfBeijingDay } from '../../server/beijing-time.ts';

const moment = fc.date({
  min: new Date('1992-01-01T00:00:00Z'),
  max: new Date('2100-01-01T00:00:00Z'),
  noInvalidDate: true,
});

describe('beijing-time', () => {
  it('starts a day at 16:00 UTC of the day before', () => {
    expect(beijingDay(new Date('2026-11-21T15:59:59.999Z'))).to.equal('2026-11-21');
    expect(beijingDay(Date.parse('2026-11-21T16:00:00Z'))).to.equal('2026-11-22');
    expect(startOfBeijingDay('2026-11-22').toISOString()).to.equal('2026-11-21T16:00:00.000Z');
  });

  it('is eight hours ahead of UTC', () => {
    expect(
      ['15:59:59.999', '16:00', '23:30'].map((time) => beijingHour(new Date(`2026-11-21T${time}Z`))),
    ).to.deep.equal([23, 0, 7]);
  });

  it('counts over leap days and year ends', () => {
    expect(addDays('2028-02-28', 1)).to.equal('2028-02-29');
    expect(addDays('2027-01-01', -1)).to.equal('2026-12-31');
    expect(daysBetween('2028-02-28', '2028-03-01')).to.equal(2);
    expect(daysBetween('2026-11-22', '2026-11-21')).to.equal(-1);
  });

  it('refuses what is not a day', () => {
    for (const day of ['2026-02-30', '2026-13-01', '26-1-1', '', '2026-11-22T00:00']) {
      expect(() => startOfBeijingDay(day), day).to.throw(RangeError);
    }
    expect(() => beijingDay(Number.NaN)).to.throw(RangeError);
  });

  it("agrees with the platform's own Asia/Shanghai calendar", () => {
    const calendar = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' });
    fc.assert(fc.property(moment, (at) => beijingDay(at) === calendar.format(at)));
  });

  it('puts every moment inside its own day', () => {
    fc.assert(
      fc.property(moment, (at) => {
        const day = beijingDay(at);
        return startOfBeijingDay(day) <= at && at < startOfBeijingDay(addDays(day, 1));
      }),
    );
  });

  it('inverts adding by counting', () => {
    fc.assert(
      fc.property(moment, fc.integer({ min: -20000, max: 20000 }), (at, n) => {
        const day = beijingDay(at);
        return daysBetween(day, addDays(day, n)) === n;
      }),
    );
  });
});
