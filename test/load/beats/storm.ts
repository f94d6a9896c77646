import { setTimeout as delay } from 'node:timers/promises';
import { Crowd } from './crowd.ts';
import { type Load, load, round, Spread, type Usage, usageOf } from './figures.ts';
import { signInMany } from './place.ts';
import type { Site } from './site.ts';

export interface StormFigures {
  sockets: number;
  /** Resident memory of the platform that each socket costs, with its session and rooms. */
  kibPerSocket: number;
  /** From the drop until the last one plays again. */
  backMs: number;
  /** How late the platform's event loop was meanwhile, in milliseconds. */
  loopDelayP99: number;
  /** A learner's page meanwhile. */
  pages: { requests: number; p99: number; errors: number };
  processes: Record<'platform' | 'engine' | 'load', Load>;
}

const PATIENCE_MS = 60_000;
/** The metrics' window, and a little. */
const WINDOW_MS = 10_500;

/** Everybody's connection drops at once; they come back as the page does, and pages are asked for meanwhile. */
export async function storm(
  site: Site,
  { sockets, settleMs = WINDOW_MS }: { sockets: number; settleMs?: number },
): Promise<StormFigures> {
  const { database, config, place } = site;
  const learners = site.learners.slice(0, sockets);
  const seats = await signInMany(database.connection, learners, { programme: place.programme, secret: config.secret });
  const platform = await site.start();
  const url = new URL(platform.url);
  const crowd = new Crowd({ seats, site: { url } });
  try {
    await Promise.all(seats.slice(0, 20).map(({ cookie }) => page(url, cookie)));
    const before = await usageOf(platform.pid);
    await crowd.enter();
    await delay(Math.min(3_000, settleMs));
    const filled = await usageOf(platform.pid);
    const pages = { delays: new Spread(), errors: 0 };
    const lateness = new Lateness(url, config.metricsToken);
    const use = () => Promise.all([platform.pid, database.serverPid, process.pid].map(usageOf));
    const idle = await use();
    const dropped = Date.now();
    for (const player of crowd.players) player.drop();
    let asking = true;
    const asked = Array.from({ length: 4 }, async (_, lane) => {
      for (let next = lane; asking; next += 4) {
        const begun = performance.now();
        const ok = await page(url, seats[next % seats.length]?.cookie ?? '');
        if (ok) pages.delays.add(performance.now() - begun);
        else pages.errors += 1;
        await delay(20);
      }
    });
    await delay(100);
    for (let seconds = 1; crowd.playing < sockets && Date.now() - dropped < PATIENCE_MS; await delay(20)) {
      if (Date.now() - dropped < seconds * 1000) continue;
      process.stderr.write(`  ${seconds} s: ${crowd.playing} back\n`);
      seconds += 1;
    }
    const backMs = Date.now() - dropped;
    const [inPlatform, inEngine, inLoad] = (await use()).map((usage, index) =>
      load(idle[index] as Usage, usage, backMs),
    );
    process.stderr.write(`${crowd.playing} back after ${backMs} ms\n`);
    asking = false;
    await Promise.all(asked);
    const loopDelayP99 = await lateness.most(settleMs);
    return {
      sockets,
      kibPerSocket: round(((filled.residentMb - before.residentMb) * 1024) / sockets, 1),
      backMs,
      loopDelayP99,
      pages: { requests: pages.delays.size, p99: pages.delays.at(0.99), errors: pages.errors },
      processes: { platform: inPlatform as Load, engine: inEngine as Load, load: inLoad as Load },
    };
  } finally {
    crowd.leave();
    await platform.stop();
  }
}

/** The worst p99 of the platform's event loop delay, which its metrics give for the last full ten seconds. */
class Lateness {
  readonly #ask: () => Promise<number>;
  readonly #timer: NodeJS.Timeout;
  #most = 0;

  constructor(url: URL, token: string) {
    this.#ask = async () => {
      const headers = { authorization: `Bearer ${token}` };
      const text = await fetch(new URL('/metrics', url), { headers }).then(
        (response) => response.text(),
        () => '',
      );
      return Number(/event_loop_delay_seconds\{quantile="0.99"\} (\S+)/.exec(text)?.[1] ?? 0) * 1000;
    };
    this.#timer = setInterval(() => void this.#note(), 1_000);
  }

  async #note(): Promise<void> {
    this.#most = Math.max(this.#most, await this.#ask());
  }

  async most(settleMs: number): Promise<number> {
    await delay(settleMs);
    clearInterval(this.#timer);
    await this.#note();
    return round(this.#most);
  }
}

async function page(url: URL, cookie: string): Promise<boolean> {
  const response = await fetch(new URL('/', url), { headers: { cookie } }).catch(() => undefined);
  await response?.text();
  return response?.status === 200;
}
