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
import type { Flood, Tally } from './attacks/attackers.ts';
import { Turns } from './attacks/turns.ts';
import { Crowd } from './beats/crowd.ts';
import { round } from './beats/figures.ts';
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
      /** What all attackers together send a second. */
      messages: { type: 'string', default: '2000' },
      requests: { type: 'string', default: '400' },
      connections: { type: 'string', default: '50' },
      /** Folder for CPU profiles of the platform. */
      profile: { type: 'string' },
    },
  });
  const [learners, attackers] = [Number(values.learners), Number(values.attackers)];
  const plan: Plan = { rate: Number(values.rate), seconds: Number(values.seconds), turns: Number(values.turns) };
  const flood: Flood = {
    messages: Number(values.messages),
    requests: Number(values.requests),
    connections: Number(values.connections),
  };
  const site = await openSite({ learners: learners + attackers, profile: values.profile });
  try {
    return { learners, attackers, ...plan, flood, ...(await measure(site, learners, plan, flood)) };
  } finally {
    await site.close();
  }
};

export default run;

interface Plan {
  rate: number;
  seconds: number;
  turns: number;
}

async function measure(site: Site, learners: number, plan: Plan, flood: Flood) {
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
  const attack = await startAttackers({ url: platform.url, lesson: place.lesson, seats: hostile, flood });
  const [calm, attacked] = [new Turns(), new Turns()];
  for (let turn = 0; turn < plan.turns; turn += 1) {
    for (const kind of turn % 2 ? [attacked, calm] : [calm, attacked]) {
      attack.set(kind === attacked);
      await delay(1_000);
      const watched = { crowd, platform: platform.pid, engine: database.serverPid };
      const figures = await kind.take(watched, () => delay(plan.seconds * 1000));
      process.stderr.write(`${kind === calm ? 'calm    ' : 'attacked'} ${JSON.stringify(figures)}\n`);
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
  const [inCalm, underAttack] = [calm.together, attacked.together];
  const slower = round((1 - underAttack.perSecond / inCalm.perSecond) * 100, 1);
  const later = round((underAttack.p50 / Math.max(1, inCalm.p50) - 1) * 100, 1);
  return {
    calm: inCalm,
    attacked: underAttack,
    turnsOf: { calm: calm.each, attacked: attacked.each },
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
      nothingStolen: stolen === 0 && ledger.equal,
    },
  };
}

async function startAttackers(task: object) {
  const child = fork(fileURLToPath(new URL('./attacks/attackers.ts', import.meta.url)), [], {
    execArgv: ['--import', 'tsx/esm'],
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
