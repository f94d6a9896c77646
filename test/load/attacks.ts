/**
 * What honest learners feel of an attack: they play over real sockets while hostile accounts flood the platform from a
 * process of their own, in turns with calm, all in one run. The attackers' processor time is taken from the same machine,
 * which a real attacker brings along; their process has the lowest priority.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readMetrics } from '../support/metrics.ts';
import type { Tally } from './attacks/attackers.ts';
import { Crowd } from './beats/crowd.ts';
import { load, round, Spread, usageOf } from './beats/figures.ts';
import { balance } from './beats/ledger.ts';
import { signInMany } from './beats/place.ts';
import { openSite, type Site } from './beats/site.ts';
import type { Bench } from './index.ts';

const ENTER_BEAT_MS = 5_000;
const SETTLE_MS = 10_000;
const WANTED_PERCENT = 10;

const run: Bench = async (options) => {
  const { values } = parseArgs({
    args: options,
    options: {
      learners: { type: 'string', default: '500' },
      attackers: { type: 'string', default: '20' },
      /** Beats a second of all honest learners together. */
      rate: { type: 'string', default: '1000' },
      /** Seconds of each turn, and how often calm and attack take turns. */
      seconds: { type: 'string', default: '4' },
      turns: { type: 'string', default: '5' },
    },
  });
  const [learners, attackers] = [Number(values.learners), Number(values.attackers)];
  const site = await openSite({ learners: learners + attackers });
  try {
    const plan = { rate: Number(values.rate), seconds: Number(values.seconds), turns: Number(values.turns) };
    return { learners, attackers, ...plan, ...(await measure(site, learners, plan)) };
  } finally {
    await site.close();
  }
};

export default run;

/** One kind of turn, summed up over the run. */
class Turns {
  readonly delays = new Spread();
  reports = 0;
  ms = 0;
  platformMs = 0;

  get figures() {
    const perSecond = round((this.reports / this.ms) * 1000, 1);
    const { cpuPercent } = load({ cpuMs: 0, residentMb: 0 }, { cpuMs: this.platformMs, residentMb: 0 }, this.ms);
    const at = (part: number) => this.delays.at(part);
    return { perSecond, p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1), platformCpuPercent: cpuPercent };
  }
}

async function measure(site: Site, learners: number, plan: { rate: number; seconds: number; turns: number }) {
  const { database, config, place } = site;
  const { connection } = database;
  const about = { programme: place.programme, secret: config.secret };
  const seats = await signInMany(connection, site.learners, about);
  const [honest, hostile] = [seats.slice(0, learners), seats.slice(learners)];
  const platform = await site.start({ METRICS_TOKEN: config.metricsToken });
  const crowd = new Crowd({ seats: honest, site: { url: new URL(platform.url), lesson: place.lesson } });
  crowd.play(ENTER_BEAT_MS);
  await crowd.enter();
  crowd.play((learners / plan.rate) * 1000);
  await delay(3_000);
  const attack = await startAttackers({ url: platform.url, lesson: place.lesson, seats: hostile });
  const [calm, attacked] = [new Turns(), new Turns()];
  for (let turn = 0; turn < plan.turns; turn += 1) {
    for (const kind of turn % 2 ? [attacked, calm] : [calm, attacked]) {
      attack.set(kind === attacked);
      await delay(1_000);
      crowd.delays = kind.delays;
      const [reports, before, begun] = [crowd.reports, await usageOf(platform.pid), performance.now()];
      await delay(plan.seconds * 1000);
      kind.reports += crowd.reports - reports;
      kind.ms += performance.now() - begun;
      kind.platformMs += (await usageOf(platform.pid)).cpuMs - before.cpuMs;
      crowd.delays = new Spread();
      process.stderr.write(`${kind === calm ? 'calm    ' : 'attacked'} ${JSON.stringify(kind.figures)}\n`);
    }
  }
  attack.set(false);
  const sent = await attack.stop();
  const settled = await crowd.settle(SETTLE_MS);
  const figures = await readMetrics({ url: platform.url, metricsToken: config.metricsToken });
  crowd.leave();
  await platform.stop();
  const ledger = await balance(connection, place, crowd.players);
  const stolen = await creditedTo(
    site,
    hostile.map(({ enrolment }) => enrolment),
  );
  const slower = round((1 - attacked.figures.perSecond / calm.figures.perSecond) * 100, 1);
  const later = round((attacked.figures.p50 / Math.max(1, calm.figures.p50) - 1) * 100, 1);
  return {
    calm: calm.figures,
    attacked: attacked.figures,
    fewerPercent: slower,
    laterPercent: later,
    sent,
    turnedAway: labelled(figures, 'xuefang_turned_away_total'),
    beatsRefused: labelled(figures, 'xuefang_video_courses_beats_refused_total'),
    settled,
    surprises: crowd.surprises,
    ...(crowd.strange.length > 0 && { strange: crowd.strange }),
    ledger,
    secondsStolen: stolen,
    ok: {
      throughput: slower <= WANTED_PERCENT,
      delay: later <= WANTED_PERCENT,
      nothingStolen: stolen === 0 && ledger.differing === 0,
    },
  };
}

async function startAttackers(task: object) {
  const child = fork(fileURLToPath(new URL('./attacks/attackers.ts', import.meta.url)), [], {
    execArgv: ['--import', 'tsx'],
  });
  setPriority(child.pid as number, constants.priority.PRIORITY_LOW);
  child.send(task);
  await once(child, 'message');
  return {
    set: (on: boolean) => void child.send({ on }),
    async stop(): Promise<Tally> {
      child.send({ stop: true });
      const [tally] = (await once(child, 'message')) as [Tally];
      child.disconnect();
      await once(child, 'exit');
      return tally;
    },
  };
}

/** The attackers play nothing: whatever they have was not earned. */
async function creditedTo({ database, place }: Site, enrolments: string[]): Promise<number> {
  const found = database.connection.collection<{ _id: string; values: Record<string, { value: number }> }>(
    'enrolments',
  );
  let sum = 0;
  for await (const { values } of found.find({ _id: { $in: enrolments } }))
    sum += values?.[`video-courses/lesson/${place.lesson}`]?.value ?? 0;
  return sum;
}

function labelled(figures: ReadonlyMap<string, number>, name: string): Record<string, number> {
  const found = [...figures].filter(([key, value]) => key.startsWith(`${name}{`) && value > 0);
  return Object.fromEntries(found.map(([key, value]) => [/"([^"]*)"/.exec(key)?.[1] ?? '', value]));
}
