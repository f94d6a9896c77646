import type { Enrolment } from '../programmes/enrolments.service.ts';
import type { CompanionWrite } from './commit.ts';
import { type CommitDeps, CommitLane } from './commit-lane.ts';
import type { Change } from './enrolment-change.ts';

export interface RecorderDeps extends Omit<CommitDeps, 'part'> {
  /** The parts of roll-ups that are this process's to write: so many commits are under way at the same time. */
  parts: readonly number[];
}

/**
 * Group commit (design, section 5): reports are merged per enrolment for a short window and written in one transaction
 * together with the roll-up deltas and companion writes. A caller's promise resolves after that transaction. An enrolment
 * always goes the same of several ways, one for each part of the roll-ups: while one waits for the database, another computes.
 */
export class Recorder {
  readonly #lanes: CommitLane[];

  constructor({ parts, ...deps }: RecorderDeps) {
    this.#lanes = parts.map((part) => new CommitLane({ ...deps, part }));
  }

  /**
   * Queues changes of one enrolment; resolves with its committed state.
   * @throws core:not-found where there is no such enrolment
   */
  change(enrolment: string, changes: Change[], companions: CompanionWrite[] = []): Promise<Enrolment> {
    return this.#laneOf(enrolment).enqueue(enrolment, { changes, companions });
  }

  /** Queues a new enrolment. @throws core:conflict-enrolment where it exists already */
  create(enrolment: Enrolment): Promise<Enrolment> {
    return this.#laneOf(enrolment._id).enqueue(enrolment._id, { changes: [], companions: [], created: enrolment });
  }

  /** Resolves when everything queued so far is committed or refused. */
  async drain(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.drain()));
  }

  #laneOf(enrolment: string): CommitLane {
    let sum = 0;
    for (let index = 0; index < enrolment.length; index += 1) sum += enrolment.charCodeAt(index);
    return this.#lanes[sum % this.#lanes.length] as CommitLane;
  }
}
