/**
 * Simulated learners on real sockets, playing through the player's own protocol: beats accepted and durable per second,
 * delays from sending to the answer after the commit, and a ledger that has to agree with the database to the second. No
 * clock is moved: the learners report more often than a player does, and each beat is a real stretch of real time.
 */
import { parseArgs } from 'node:util';
import { flatCost } from './beats/flat.ts';
import { playUnderKills } from './beats/kill.ts';
import { measureBeats } from './beats/measure.ts';
import { openSite } from './beats/site.ts';
import { storm } from './beats/storm.ts';
import type { Bench } from './index.ts';

const run: Bench = async (options) => {
  const { values } = parseArgs({
    args: options,
    options: {
      learners: { type: 'string', default: '100000' },
      sockets: { type: 'string', default: '10000' },
      seconds: { type: 'string', default: '20' },
      /** Beats a second that the learners send together. */
      rate: { type: 'string', default: '15000' },
      /** Worker processes of the platform. */
      workers: { type: 'string', default: '1' },
      /** Kills platform and engine in turns instead. */
      kill: { type: 'boolean', default: false },
      /** Drops all connections at once instead. */
      storm: { type: 'boolean', default: false },
      /** Compares a thousand enrolments with `learners` of them instead: what a beat costs must not grow. */
      flat: { type: 'boolean', default: false },
      /** Folder for CPU profiles of the platform. */
      profile: { type: 'string' },
    },
  });
  if (values.flat) return flatCost({ most: Number(values.learners), seconds: Number(values.seconds) });
  const site = await openSite({ learners: Number(values.learners), profile: values.profile });
  try {
    const [sockets, seconds, rate] = [Number(values.sockets), Number(values.seconds), Number(values.rate)];
    const workers = Number(values.workers);
    const figures = values.kill
      ? await playUnderKills(site, {
          sockets,
          seconds,
          intervalMs: (sockets / rate) * 1000,
          workers,
          victims: workers > 1 ? ['engine', 'worker', 'platform'] : ['engine', 'platform'],
        })
      : values.storm
        ? await storm(site, { sockets })
        : await measureBeats(site, { sockets, seconds, rate, workers });
    return { learners: Number(values.learners), ...figures };
  } finally {
    await site.close();
  }
};

export default run;
