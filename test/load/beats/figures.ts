import { readFile } from 'node:fs/promises';

/** Values from 0 up, in whole units; percentiles of all of them. */
export class Spread {
  readonly #counts: number[] = [];
  #size = 0;

  static together(spreads: readonly Spread[]): Spread {
    const all = new Spread();
    for (const one of spreads) {
      for (const [value, count = 0] of one.#counts.entries()) all.#counts[value] = (all.#counts[value] ?? 0) + count;
      all.#size += one.#size;
    }
    return all;
  }

  add(value: number): void {
    const whole = Math.max(0, Math.round(value));
    this.#counts[whole] = (this.#counts[whole] ?? 0) + 1;
    this.#size += 1;
  }

  /** The value that `part` of all do not exceed; 0 where there are none. */
  at(part: number): number {
    let left = Math.ceil(this.#size * part);
    for (const [value, count = 0] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return value;
    }
    return 0;
  }

  get size(): number {
    return this.#size;
  }
}

/** A process's use of the machine since it started: processor milliseconds, and resident megabytes now. */
export interface Usage {
  cpuMs: number;
  residentMb: number;
}

/** Zeros where the process is gone or there is no /proc. */
export async function usageOf(pid: number | undefined): Promise<Usage> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const pages = Number((await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '0 0')).split(' ')[1]);
  return {
    cpuMs: (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10,
    residentMb: Math.round((pages * 4) / 1024),
  };
}

/** Processor time of the platform and of the processes it has started, which is its embedded database, in milliseconds. */
export async function spent(pid: number): Promise<[platform: number, database: number]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const times = await Promise.all(
    children
      .split(' ')
      .filter(Boolean)
      .map(async (child) => (await usageOf(Number(child))).cpuMs),
  );
  return [(await usageOf(pid)).cpuMs, times.reduce((sum, ms) => sum + ms, 0)];
}

/** Processor use between two moments, in percent of one core, and the memory at the second one. */
export interface Load {
  cpuPercent: number;
  residentMb: number;
}

export function load(before: Usage, after: Usage, elapsedMs: number): Load {
  return {
    cpuPercent: Math.round(((after.cpuMs - before.cpuMs) / elapsedMs) * 100),
    residentMb: after.residentMb,
  };
}

export const round = (value: number, digits = 0): number => Math.round(value * 10 ** digits) / 10 ** digits;
