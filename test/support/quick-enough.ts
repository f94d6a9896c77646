/** Processor time that this process spends on some work, in milliseconds: what else the machine does is not in it. */
export async function processorMs(work: () => unknown): Promise<number> {
  const begun = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}

/** Rounds that are tried: what is slow by itself is slow in each. */
const rounds = 5;

/**
 * Asks for one round of a few that takes no longer than a promised time, so that the product decides and not what else the
 * machine has to do meanwhile.
 * @param limit milliseconds
 * @param round does it once; resolves with the milliseconds that it took
 */
export async function quickEnough(limit: number, round: () => Promise<number>): Promise<void> {
  const took: number[] = [];
  while (took.length < rounds) {
    const ms = await round();
    if (ms <= limit) return;
    took.push(Math.round(ms));
  }
  throw new Error(`took ${took.join(', ')} ms, never ${limit} or less`);
}
