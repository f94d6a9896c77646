import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Crowd } from '../load/beats/crowd.ts';
import { playUnderKills } from '../load/beats/kill.ts';
import { balance } from '../load/beats/ledger.ts';
import { signInMany } from '../load/beats/place.ts';
import { openSite, type Site } from '../load/beats/site.ts';
import { storm } from '../load/beats/storm.ts';

/** The benchmark's learners at a small scale: what they are credited agrees with their own ledger, whatever happens. */
describe('many learners playing at once', function () {
  this.timeout(60_000);
  let site: Site;
  /** Learners of their own for each test. */
  const part = (from: number, to: number): Site => ({ ...site, learners: site.learners.slice(from, to) });

  before(async () => {
    site = await openSite({ learners: 440 });
  });
  after(() => site?.close());

  it('are credited every second that they played, and the sums agree', async () => {
    const { database, config, place } = site;
    const secret = { programme: place.programme, secret: config.secret };
    const seats = await signInMany(database.connection, site.learners.slice(0, 50), secret);
    const platform = await site.start();
    const crowd = new Crowd({ seats, site: { url: new URL(platform.url), lesson: place.lesson } });
    try {
      crowd.play(300);
      await crowd.enter();
      await delay(3_000);
      expect(await crowd.settle(10_000)).to.equal(true);
    } finally {
      crowd.leave();
      await platform.stop();
    }
    expect(crowd.strange).to.deep.equal([]);
    const ledger = await balance(database.connection, place, crowd.players);
    expect(ledger).to.include({ differing: 0, rollUpsDiffering: 0, equal: true });
    expect(ledger.credited).to.be.at.least(50 * 2);
  });

  it('lose no answered second and get none twice while platform and engine are killed', async () => {
    const { kills, settled, strange, ledger } = await playUnderKills(part(50, 90), {
      sockets: 40,
      seconds: 8,
      intervalMs: 400,
    });
    expect(kills.engine).to.be.at.least(1);
    expect({ settled, strange, ...ledger }).to.deep.include({ settled: true, strange: [], differing: 0 });
    expect(ledger).to.include({ rollUpsDiffering: 0, equal: true });
  });

  it('are credited as exactly by two workers, one of which is killed', async () => {
    const { kills, settled, strange, ledger } = await playUnderKills(part(400, 440), {
      sockets: 40,
      seconds: 3,
      intervalMs: 400,
      workers: 2,
      victims: ['worker'],
    });
    expect(kills.worker).to.be.at.least(1);
    expect({ settled, strange, ...ledger }).to.deep.include({ settled: true, strange: [], differing: 0 });
    expect(ledger).to.include({ rollUpsDiffering: 0, equal: true });
  });

  it('come back within 15 seconds when all their connections drop', async () => {
    const { backMs, pages } = await storm(part(100, 400), { sockets: 300, settleMs: 0 });
    expect(backMs).to.be.below(15_000);
    expect(pages).to.include({ errors: 0 });
    expect(pages.p99).to.be.below(5_000);
  });
});
