import { expect } from 'chai';
import { playUnderKills } from '../load/beats/kill.ts';
import { openSite, type Site } from '../load/beats/site.ts';
import { storm } from '../load/beats/storm.ts';

/** The benchmark's learners at a small scale: what they are credited agrees with their own ledger, whatever happens. */
describe('many learners playing at once', function () {
  this.timeout(120_000);
  let site: Site;
  /** Learners of their own for each test. */
  const part = (from: number, to: number): Site => ({ ...site, learners: site.learners.slice(from, to) });

  before(async () => {
    site = await openSite({ learners: 380 });
  });
  after(() => site?.close());

  it('lose no answered second and get none twice while platform and engine are killed', async () => {
    const { kills, settled, strange, ledger } = await playUnderKills(part(0, 40), {
      sockets: 40,
      seconds: 8,
      intervalMs: 400,
    });
    expect(kills.engine).to.be.at.least(1);
    expect({ settled, strange, ...ledger }).to.deep.include({ settled: true, strange: [], differing: 0 });
    expect(ledger).to.include({ rollUpsDiffering: 0, equal: true });
    expect(ledger.credited).to.be.at.least(40 * 2);
  });

  it('are credited as exactly by two workers, one of which is killed', async () => {
    const { kills, settled, strange, ledger } = await playUnderKills(part(40, 80), {
      sockets: 40,
      seconds: 2,
      intervalMs: 400,
      workers: 2,
      victims: ['worker'],
    });
    expect(kills.worker).to.be.at.least(1);
    expect({ settled, strange, ...ledger }).to.deep.include({ settled: true, strange: [], differing: 0 });
    expect(ledger).to.include({ rollUpsDiffering: 0, equal: true });
  });

  // The benchmark has limits of time, for ten thousand on an idle machine. Here other tests run beside: what counts is that
  // all come back, and the processor's time that the platform spends on them.
  it('come back when all their connections drop, and cost little', async () => {
    const { backMs, pages, processes } = await storm(part(80, 380), { sockets: 300, settleMs: 0 });
    expect(backMs).to.be.below(60_000);
    expect(pages).to.include({ errors: 0 });
    expect((processes.platform.cpuPercent / 100) * backMs, 'ms of the processor').to.be.below(6_000);
  });
});
