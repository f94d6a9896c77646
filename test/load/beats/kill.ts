import { setTimeout as delay } from 'node:timers/promises';
import { Crowd } from './crowd.ts';
import { type Balance, balance } from './ledger.ts';
import { signInMany } from './place.ts';
import type { Site } from './site.ts';

interface KillFigures {
  kills: { platform: number; engine: number };
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
 * Learners play while platform and engine are killed in turns with `kill -9`, each as soon as everybody plays again; what
 * was not answered is sent again. Nothing answered may be missing in the end, and nothing may count twice.
 */
export async function playUnderKills(
  site: Site,
  { sockets, seconds, intervalMs }: { sockets: number; seconds: number; intervalMs: number },
): Promise<KillFigures> {
  const { database, config, place } = site;
  const learners = site.learners.slice(0, sockets);
  const seats = await signInMany(database.connection, learners, { programme: place.programme, secret: config.secret });
  let platform = await site.start();
  const url = new URL(platform.url);
  const crowd = new Crowd({ seats, site: { url, lesson: place.lesson }, longestPauseMs: LONGEST_PAUSE_MS });
  const kills = { platform: 0, engine: 0 };
  try {
    crowd.play(intervalMs);
    await crowd.enter();
    const until = Date.now() + seconds * 1000;
    while (Date.now() < until) {
      await delay(PAUSE_MS);
      if (kills.engine <= kills.platform) {
        kills.engine += 1;
        process.kill(database.serverPid as number, 'SIGKILL');
      } else {
        kills.platform += 1;
        await platform.kill();
        platform = await site.start({ PORT: url.port });
      }
      while (crowd.playing < sockets * MOST && Date.now() < until) await delay(50);
      process.stderr.write(
        `  killed: ${kills.engine} engines, ${kills.platform} platforms; ${crowd.beats} beats answered\n`,
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
