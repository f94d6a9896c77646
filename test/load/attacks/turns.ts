import type { Crowd } from '../beats/crowd.ts';
import { round, Spread, usageOf } from '../beats/figures.ts';

/** What honest learners got in one turn, or in several together; delays in milliseconds. */
export interface TurnFigures {
  perSecond: number;
  p50: number;
  p95: number;
  p99: number;
  /** Of one core. */
  platformCpuPercent: number;
  engineCpuPercent: number;
}

interface Measured {
  delays: Spread;
  reports: number;
  ms: number;
  platformMs: number;
  engineMs: number;
}

interface Watched {
  crowd: Crowd;
  platform: number;
  engine: number | undefined;
}

/** The turns of one kind, each by itself and all together. */
export class Turns {
  readonly #all: Measured[] = [];

  /** Watches the learners for a while. */
  async take({ crowd, platform, engine }: Watched, wait: () => Promise<void>): Promise<TurnFigures> {
    const delays = new Spread();
    crowd.delays = delays;
    const usage = () => Promise.all([usageOf(platform), usageOf(engine)]);
    const [reports, [platformBefore, engineBefore], begun] = [crowd.reports, await usage(), performance.now()];
    await wait();
    const ms = performance.now() - begun;
    const [platformAfter, engineAfter] = await usage();
    crowd.delays = new Spread();
    const turn = {
      delays,
      reports: crowd.reports - reports,
      ms,
      platformMs: platformAfter.cpuMs - platformBefore.cpuMs,
      engineMs: engineAfter.cpuMs - engineBefore.cpuMs,
    };
    this.#all.push(turn);
    return figuresOf(turn);
  }

  get each(): TurnFigures[] {
    return this.#all.map((turn) => figuresOf(turn));
  }

  get together(): TurnFigures {
    const sum = (of: (turn: Measured) => number) => this.#all.reduce((total, turn) => total + of(turn), 0);
    return figuresOf({
      delays: Spread.together(this.#all.map(({ delays }) => delays)),
      reports: sum(({ reports }) => reports),
      ms: sum(({ ms }) => ms),
      platformMs: sum(({ platformMs }) => platformMs),
      engineMs: sum(({ engineMs }) => engineMs),
    });
  }
}

function figuresOf({ delays, reports, ms, platformMs, engineMs }: Measured): TurnFigures {
  return {
    perSecond: round((reports / ms) * 1000, 1),
    p50: delays.at(0.5),
    p95: delays.at(0.95),
    p99: delays.at(0.99),
    platformCpuPercent: round((platformMs / ms) * 100),
    engineCpuPercent: round((engineMs / ms) * 100),
  };
}
