/** Begins a thread of isolated-work.ts: answers each message with what the named module's `work` makes of it. */
import { parentPort, workerData } from 'node:worker_threads';

export type IsolatedAnswer<Output> = { output: Output } | { error: string };

const { work } = (await import((workerData as { module: string }).module)) as { work(input: unknown): unknown };

parentPort?.on('message', async (input: unknown) => {
  try {
    parentPort?.postMessage({ output: await work(input) } satisfies IsolatedAnswer<unknown>);
  } catch (error) {
    parentPort?.postMessage({ error: String(error) } satisfies IsolatedAnswer<unknown>);
  }
});
