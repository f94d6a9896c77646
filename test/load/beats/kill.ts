import { setTimeout as delay } from 'node:timers/promises';
import { Crowd } from './crowd.ts';
import { type Balance, balance } from './ledger.ts';
import { signInMany } from './place.ts';
import type { Site } from './site.ts';

type Victim = 'engine' | 'platform' | 'worker';

interface KillFigures {
  kills: Record<Victim, number>;
  /** Beats answered in spite of it. */
  beats: number;
  settled: boolean;
  surprises: number;
  strange: string[];
  ledger: Balance;
}

/** More impatient than a page, so that more kills fit into the time. */
const LONGEST_PAUSE_MS = 2_000;
const PAUSE_MS = 2_500;
/** The next kill comes when this part of all play again. */
const MOST = 0.9;
const SETTLE_MS = 20_000;

/**
 * Learners play while the victims are killed in turns with `kill -9`, usually the engine and the platform, each as soon as everybody plays again; what
 * was not answered is sent again. Nothing answered may be missing in the end, and nothing may count twice.
 */
export async function playUnderKills(
  site: Site,
  options: {
    sockets: number;
    seconds: number;
    intervalMs: number;
    workers?: number;
    victims?: readonly [Victim, ...Victim[]];
  },
): Promise<KillFigures> {
  const { sockets, seconds, intervalMs, workers = 1, victims = ['engine', 'platform'] } = options;
  const { database, config, place } = site;
  const learners = site.learners.slice(0, sockets);
  const seats = await signInMany(database.connection, learners, { programme: place.programme, secret: config.secret });
  const env = { WORKERS: String(workers) };
  let platform = await site.start(env);
  const url = new URL(platform.url);
  const crowd = new Crowd({ seats, site: { url, lesson: place.lesson }, longestPauseMs: LONGEST_PAUSE_MS });
  const kills = { engine: 0, platform: 0, worker: 0 };
  try {
    crowd.play(intervalMs);
    await crowd.enter();
    const until = Date.now() + seconds * 1000;
    for (let next = 0; Date.now() < until; next += 1) {
      await delay(PAUSE_MS);
      const victim = victims[next % victims.length] as Victim;
      kills[victim] += 1;
      if (victim === 'engine') process.kill(database.serverPid as number, 'SIGKILL');
      else if (victim === 'worker') process.kill(platform.workers()[0] as number, 'SIGKILL');
      else {
        await platform.kill();
        platform = await site.start({ ...env, PORT: url.port });
      }
      while (crowd.playing < sockets * MOST && Date.now() < until) await delay(50);
      process.stderr.write(
        `  killed: ${kills.engine} engines, ${kills.platform} platforms, ${kills.worker} workers; ${crowd.beats} beats answered\n`,
      );
    }
    const settled = await crowd.settle(SETTLE_MS);
    crowd.leave();
    await platform.stop();
    const ledger = await balance(database.connection, place, crowd.players);
    const { beats, surprises, strange } = crowd;
    return { kills, beats, settled, surprises, strange, ledger };
  } finally {
    crowd.leave();
    await platform.kill();
  }
}
