import type { User } from '../accounts/accounts.service.ts';
import { type Enrolment, newEnrolment } from '../programmes/enrolments.service.ts';
import type { Programmes } from '../programmes/programmes.service.ts';
import type { CompanionWrite } from './commit.ts';
import type { Measures } from './measures.ts';
import type { Recorder } from './recorder.ts';
import { schemeFor } from './rescore.ts';
import type { Rescorings } from './rescorings.service.ts';
import type { RollUps } from './roll-ups.service.ts';
import { type Scheme, type Score, score } from './weighted-score.ts';

/** Keys become field names: no dots, no dollars. */
const activityKey = /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*\/[A-Za-z0-9_-]+$/;

export interface Report {
  enrolment: string;
  /** activity key `<plugin>/<kind>/<id>` → absolute value in the measure's smallest unit */
  values: Record<string, number>;
  /** When it happened; now where nothing is said. */
  at?: Date | number;
  /** Refused where the commit finds that the learner has left, also if another process has just seen to it. */
  whileEnrolled?: boolean;
  /** Writes of the plugin's own that become durable in the same transaction. */
  companions?: CompanionWrite[];
}

/** The record of what counts: the one way from plugins to scores. */
export class Progress {
  readonly measures: Measures;
  readonly rollUps: RollUps;
  readonly rescorings: Rescorings;
  readonly #recorder: Recorder;
  readonly #programmes: Programmes;

  constructor(deps: {
    measures: Measures;
    rollUps: RollUps;
    rescorings: Rescorings;
    recorder: Recorder;
    programmes: Programmes;
  }) {
    this.measures = deps.measures;
    this.rollUps = deps.rollUps;
    this.rescorings = deps.rescorings;
    this.#recorder = deps.recorder;
    this.#programmes = deps.programmes;
  }

  /**
   * Records absolute values of activities; resolves with the enrolment when they are durable.
   * The caller has checked who may report and whether it counts (term, caps, rules).
   * @throws core:not-found for an unknown enrolment, or one that was left with `whileEnrolled`; RangeError for a key or value that cannot be
   */
  record({ enrolment, values, at = Date.now(), whileEnrolled, companions }: Report): Promise<Enrolment> {
    for (const activity in values) {
      const value = values[activity] as number;
      if (!activityKey.test(activity) || !this.measures.measureOf(activity)) {
        return Promise.reject(new RangeError(`not an activity: ${activity}`));
      }
      if (!Number.isSafeInteger(value) || value < 0)
        return Promise.reject(new RangeError(`not a value of ${activity}: ${value}`));
    }
    return this.#recorder.change(enrolment, [{ kind: 'values', values, at: Number(at), whileEnrolled }], companions);
  }

  /**
   * Makes a plugin's writes durable with the next group of commits, as companions of an enrolment that does not change.
   * @throws core:not-found for an unknown enrolment
   */
  async keep(enrolment: string, companions: CompanionWrite[]): Promise<void> {
    await this.#recorder.change(enrolment, [], companions);
  }

  /** Enrols a person who has a school, stage and subject. @throws core:conflict-enrolment, core:conflict-placement */
  async enrol(programme: string, user: User): Promise<Enrolment> {
    return this.#recorder.create(newEnrolment(await this.#programmes.get(programme), user));
  }

  /** The learner leaves; what was earned stays on record but counts in no sum. */
  withdraw(enrolment: string): Promise<Enrolment> {
    return this.#recorder.change(enrolment, [{ kind: 'withdraw' }]);
  }

  /** A learner who had left takes part again, with everything that was earned. */
  rejoin(enrolment: string): Promise<Enrolment> {
    return this.#recorder.change(enrolment, [{ kind: 'rejoin' }]);
  }

  /** Moves the enrolment into a workshop, or out of any. */
  setWorkshop(enrolment: string, workshop: string | undefined): Promise<Enrolment> {
    return this.#recorder.change(enrolment, [{ kind: 'workshop', workshop }]);
  }

  /** Each component with value and score, the total, what is missing, and the scheme that says so. */
  async resultOf(
    enrolment: Pick<Enrolment, 'programme' | 'measures' | 'values'> &
      Partial<Pick<Enrolment, 'scheme' | 'qualifiedAt'>>,
  ): Promise<Score & { scheme: Scheme }> {
    const scheme = schemeFor(await this.#programmes.schemesOf(enrolment.programme, enrolment.scheme), enrolment);
    return { ...score(scheme, enrolment.measures, enrolment.values), scheme };
  }

  /** Resolves when everything reported so far is durable. */
  drain(): Promise<void> {
    return this.#recorder.drain();
  }
}
