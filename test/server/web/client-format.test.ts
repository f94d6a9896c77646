import { expect } from 'chai';
import fc from 'fast-check';
import { ago, duration, format, percent, timeOfDay } from '../../../server/web/client/format.ts';
import { pick } from '../../../server/web/client/pick.ts';
import { formattersOf } from '../../../server/web/format.ts';

const text = { hours: '%n 小时', minutes: '%n 分', seconds: '%n 秒' } as never;

describe('live values in the browser', () => {
  it('are written as the server writes them', () => {
    const server = formattersOf('zh-CN');
    for (const seconds of [0, 59, 60, 3599, 3600, 3660, 5040, 360_000]) {
      expect(duration(seconds, text), `${seconds} s`).to.equal(server.duration(seconds));
    }
    for (const score of [0, 5, 8250, 10_000]) {
      expect(format(score, 'score', 'zh-CN', text)).to.equal(server.score(score));
    }
    expect(format(12_345, 'number', 'en', text)).to.equal('12,345');
  });

  it('show percentages of what, never rounded up', () => {
    expect(percent(5999, 10_000)).to.equal('59.9%');
    expect(percent(1, 0)).to.equal('0%');
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 10_000 }), (part, whole) => {
        expect(Number.parseFloat(percent(part, whole))).to.be.at.most((part / whole) * 100 + 1e-9);
      }),
    );
  });

  it('show a dash for what is not known', () => {
    expect(format(undefined, 'number', 'zh-CN', text)).to.equal('—');
    expect(format(null, 'score', 'zh-CN', text)).to.equal('—');
  });

  it('tell Beijing time whatever the zone of the device', () => {
    expect(timeOfDay(Date.UTC(2026, 10, 22, 2, 32))).to.equal('10:32');
    expect(timeOfDay(Date.UTC(2026, 10, 22, 16, 5))).to.equal('00:05');
  });

  it('say how long ago, and leave the date where it is older than a week', () => {
    const now = Date.UTC(2026, 10, 22);
    expect(ago(now - 180_000, now, 'zh-CN')).to.equal('3 分钟前');
    expect(ago(now - 2 * 86_400_000, now, 'en')).to.equal('2 days ago');
    expect(ago(now - 8 * 86_400_000, now, 'en')).to.equal(undefined);
  });
});

describe('the key of a live element', () => {
  const update = {
    event: 'progress',
    value: { total: 5250, measures: { 'video.courses.seconds': 90, video: { courses: 1 } } },
  };
  const cases: [string, unknown][] = [
    ['progress', update.value],
    ['progress.total', 5250],
    ['progress.measures.video.courses.seconds', 90],
    ['progress.measures.video.courses', 1],
    ['progress.missing', undefined],
    ['progress.total.deeper', undefined],
    ['progressive.total', undefined],
    ['progress.constructor', undefined],
  ];
  for (const [key, value] of cases) {
    it(`${key} names ${JSON.stringify(value)}`, () => expect(pick(key, update)).to.deep.equal(value));
  }
});
