import { round } from './figures.ts';
import { measureBeats } from './measure.ts';
import { openSite } from './site.ts';

const LEAST = 1_000;
const RATE = 1_000;
const WANTED = { times: 1.2 };

/**
 * The same learners play as often among a thousand enrolments and among `most`: processor time of platform and engine for
 * each report that became durable, in microseconds, which other work on the machine disturbs less than a rate.
 */
export async function flatCost({ most, seconds }: { most: number; seconds: number }) {
  const few = await costAmong(LEAST, seconds);
  const many = await costAmong(most, seconds);
  const times = round(many.cpuUs / few.cpuUs, 2);
  const ok = { flat: times <= WANTED.times, ledger: few.ledger && many.ledger };
  return {
    learners: most,
    sockets: LEAST,
    rate: RATE,
    fewUs: few.cpuUs,
    manyUs: many.cpuUs,
    times,
    wanted: WANTED,
    ok,
  };
}

async function costAmong(learners: number, seconds: number): Promise<{ cpuUs: number; ledger: boolean }> {
  const site = await openSite({ learners });
  try {
    const { cpuUsPerReport, ok } = await measureBeats(site, { sockets: LEAST, seconds, rate: RATE, workers: 1 });
    return { cpuUs: cpuUsPerReport, ledger: ok.ledger };
  } finally {
    await site.close();
  }
}
