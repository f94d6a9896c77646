import { setTimeout as delay } from 'node:timers/promises';
import { Crowd } from './crowd.ts';
import { load, round, Spread, usageOf } from './figures.ts';
import { balance } from './ledger.ts';
import { bulkLimit, plainWay } from './limit.ts';
import { signInMany } from './place.ts';
import type { Site } from './site.ts';

const WANTED = { beatsPerSecond: 15_000, least: 8_000, p99: 1_000, limitPercent: 40 };
/** How often a player reports; while the others still come in. */
const PLAYER_BEAT_MS = 5_000;
const WARM_UP_MS = 5_000;
const SETTLE_MS = 20_000;

/** Plays so many beats a second over so many sockets, and compares what came of it with the database and its limit. */
export async function measureBeats(
  site: Site,
  { sockets, seconds, rate, workers }: { sockets: number; seconds: number; rate: number; workers: number },
) {
  const { database, config, place } = site;
  const { connection } = database;
  const learners = site.learners.slice(0, sockets);
  const seats = await signInMany(connection, learners, { programme: place.programme, secret: config.secret });
  const platform = await site.start({ WORKERS: String(workers) });
  const ofPlatform = async () => {
    const each = await Promise.all([platform.pid, ...platform.workers()].map(usageOf));
    return each.reduce((sum, { cpuMs, residentMb }) => ({
      cpuMs: sum.cpuMs + cpuMs,
      residentMb: sum.residentMb + residentMb,
    }));
  };
  const use = () => Promise.all([ofPlatform(), usageOf(database.serverPid), usageOf(process.pid)]);
  const crowd = new Crowd({
    seats,
    site: { url: new URL(platform.url), lesson: place.lesson },
  });
  const entering = Date.now();
  crowd.play(PLAYER_BEAT_MS);
  await crowd.enter();
  process.stderr.write(`${sockets} players play after ${((Date.now() - entering) / 1000).toFixed(1)} s\n`);
  crowd.play((sockets / rate) * 1000);
  await delay(WARM_UP_MS);
  crowd.delays = new Spread();
  const [reports, beats, before, begun] = [crowd.reports, crowd.beats, await use(), performance.now()];
  for (let second = 1; second <= seconds; second += 1) {
    const had = crowd.reports;
    await delay(1_000);
    process.stderr.write(`  ${second} s: ${crowd.reports - had} reports, p99 ${crowd.delays.at(0.99)} ms\n`);
  }
  const elapsed = performance.now() - begun;
  const answered = crowd.reports - reports;
  const perSecond = round((answered / elapsed) * 1000);
  const beatsPerSecond = round(((crowd.beats - beats) / elapsed) * 1000);
  const delays = { p50: crowd.delays.at(0.5), p99: crowd.delays.at(0.99), most: crowd.delays.at(1) };
  const after = await use();
  const settled = await crowd.settle(SETTLE_MS);
  crowd.leave();
  await platform.stop();
  const ledger = await balance(connection, place, crowd.players);
  const limit = await bulkLimit(connection, seats, 5);
  const plain = await plainWay(connection, seats, 2);
  const [inPlatform, inEngine, inLoad] = after.map((usage, index) =>
    load(before[index] as typeof usage, usage, elapsed),
  );
  const cpuUs = round(((after[0].cpuMs - before[0].cpuMs + after[1].cpuMs - before[1].cpuMs) * 1000) / answered, 1);
  const ok = {
    rate: perSecond >= WANTED.least,
    p99: delays.p99 < WANTED.p99,
    ledger: ledger.equal && settled && crowd.surprises === 0,
    limit: perSecond >= (limit * WANTED.limitPercent) / 100,
  };
  return {
    sockets,
    workers,
    durablePerSecond: perSecond,
    beatsPerSecond,
    ...delays,
    cpuUsPerReport: cpuUs,
    settled,
    surprises: crowd.surprises,
    ...(crowd.strange.length > 0 && { strange: crowd.strange }),
    ledger,
    limit: { bulkPerSecond: limit, percent: round((perSecond / limit) * 100), plainPerSecond: plain },
    processes: { platform: inPlatform, engine: inEngine, load: inLoad },
    wanted: WANTED,
    ok,
  };
}
