import type { ChildProcess } from 'node:child_process';

export interface EngineOptions {
  /** The data folder; created on the first start. */
  path: string;
  /** The port on 127.0.0.1; any free one without it. */
  port?: number;
  /** The name of the replica set of which it is the only member, and primary from the start; `rs` without it. */
  replicaSet?: string;
  /** Whether clients need the password of the data folder; true without it. */
  auth?: boolean;
  /** A program with its arguments that runs the engine's process, for example a tracer. */
  wrapper?: readonly string[];
}

export interface RunningEngine {
  /** Its address with the password in it: for clients, not for logs. */
  uri: string;
  port: number;
  /** Its `exit` event says that the engine has ended; the engine ends by itself when this process does. */
  process: ChildProcess;
  /** Ends it in order; does nothing when it has ended already. */
  stop(): Promise<void>;
}

/**
 * Starts the engine as a process of its own.
 * @throws Error with what the process wrote when it ends before it listens
 */
export declare function startEngine(options: EngineOptions): Promise<RunningEngine>;
