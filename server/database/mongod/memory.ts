import { failure } from './errors.ts';

/** What the stages of one operation may hold at a time, in bytes: MongoDB's limit for a stage that does not use the disk. */
const MAX_MEMORY = 100 * 1024 * 1024;

/** Adds up what an operation holds, so that no client makes the process grow without end. */
export class Memory {
  private used = 0;

  /**
   * Takes so many bytes more, or gives them back.
   * @param stage what needs them, for the message
   * @throws CommandError 292 when it is too much
   */
  add(bytes: number, stage: string): void {
    this.used += bytes;
    if (this.used <= MAX_MEMORY) return;
    throw failure(
      292,
      `Exceeded memory limit of ${MAX_MEMORY} bytes for ${stage}: this engine does not use the disk for it`,
    );
  }
}
