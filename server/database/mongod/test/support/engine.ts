import { type EngineOptions, type RunningEngine, startEngine as start } from 'xuefang-mongod';

export type { RunningEngine } from 'xuefang-mongod';

/** Starts the engine as a process of its own, primary of a replica set of one. */
export const startEngine = (path: string, options: Omit<EngineOptions, 'path'> = {}): Promise<RunningEngine> =>
  start({ path, ...options });
