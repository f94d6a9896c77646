import { type Enrolment, type Language, localText, type Scheme, type Viewer } from '#platform';
import { missingActivities, type ResultLine, resultLines } from './result-lines.ts';
import type { AssessmentHost } from './settings.ts';

export interface RequiredTask {
  activity: string;
  title: string;
  href: string | undefined;
  done: boolean;
  /** In the displayed unit of its measure. */
  value: number;
  needed: number;
  unit: string;
}

export interface Step {
  label: string;
  state: 'done' | 'current' | 'todo' | 'failed';
  note?: string;
  href?: string;
}

export interface Result {
  enrolment: string;
  learner: string;
  name: string;
  programme: string;
  title: string;
  hours: number;
  state: Enrolment['state'];
  qualified: boolean;
  qualifiedAt: Date | undefined;
  /** Hundredths. */
  total: number;
  /** Hundredths. */
  passMark: number;
  lines: ResultLine[];
  required: RequiredTask[];
  registry: {
    state: 'none' | 'pending' | 'accepted' | 'refused';
    number?: string;
    at?: Date;
    submittedAt?: Date;
    reason?: string;
  };
  certificate: { number: string; issuedAt: Date; checkUrl: string } | undefined;
}

/** The result of one enrolment, in full and in the reader's words. */
export class Results {
  readonly #host: AssessmentHost;

  constructor(host: AssessmentHost) {
    this.#host = host;
  }

  /** The viewer's own enrolment, or one in their scope. @throws core:not-found */
  find(viewer: Viewer, id: string): Promise<Enrolment> {
    return this.#host.enrolments.readable(viewer, id);
  }

  async of(enrolment: Enrolment, language: Language): Promise<Result> {
    const programme = await this.#host.programmes.get(enrolment.programme);
    const qualified = enrolment.state === 'qualified';
    const [scored, registry, certificate] = await Promise.all([
      this.#host.progress.resultOf(enrolment),
      qualified ? this.#host.tryUse('registry')?.stateOf(enrolment._id) : undefined,
      qualified ? this.#host.tryUse('certificates')?.of(enrolment._id) : undefined,
    ]);
    const { scheme } = scored;
    const { measures } = this.#host.progress;
    const lines = resultLines({
      scheme,
      scored: scored.components,
      earned: qualified ? enrolment.components : {},
      measures: (id) => measures.get(id),
      t: this.#host.translate(language),
    });
    return {
      enrolment: enrolment._id,
      learner: enrolment.learner,
      name: enrolment.name,
      programme: programme._id,
      title: localText(programme.title, language),
      hours: programme.hours,
      state: enrolment.state,
      qualified,
      qualifiedAt: enrolment.qualifiedAt ?? undefined,
      total: lines.reduce((sum, line) => sum + line.score, 0),
      passMark: scheme.passMark,
      lines,
      required: await this.#required(scheme, missingActivities(scored.missing), enrolment, language),
      registry: registry ?? { state: 'none' },
      certificate,
    };
  }

  #required(
    scheme: Scheme,
    missing: Map<string, { value: number; needed: number }>,
    enrolment: Enrolment,
    language: Language,
  ): Promise<RequiredTask[]> {
    const { measures } = this.#host.progress;
    return Promise.all(
      scheme.required.map(async ({ activity, atLeast }) => {
        const about = await measures.describe(activity, language);
        const measure = measures.get(measures.measureOf(activity) ?? '');
        const scale = measure?.scale ?? 1;
        return {
          activity,
          title: about?.title ?? activity,
          href: about?.href,
          done: enrolment.state === 'qualified' || !missing.has(activity),
          value: Math.floor(((enrolment.values[activity]?.value ?? 0) * 10) / scale) / 10,
          needed: atLeast / scale,
          unit: measure ? this.#host.translate(language)(`${measure.plugin}:${measure.unit}`) : '',
        };
      }),
    );
  }
}
