import { AppError, errors, type Programme, type Rescoring, type Scheme, type Viewer } from '#platform';
import type { AssessmentHost } from './settings.ts';

/** Reads and changes schemes for those who manage the programme. */
export class Schemes {
  readonly #host: AssessmentHost;

  constructor(host: AssessmentHost) {
    this.#host = host;
  }

  /** The programmes whose schemes the viewer manages. */
  async list(viewer: Viewer): Promise<Programme[]> {
    const visible = await this.#host.programmes.visibleTo(viewer, this.#host.rolesFor('manage'));
    const managed = await Promise.all(visible.map((programme) => this.#host.programmes.manages(viewer, programme)));
    return visible.filter((_, index) => managed[index]);
  }

  /** @throws core:not-found where the viewer does not manage the programme */
  async get(viewer: Viewer, id: string): Promise<Programme> {
    const programme = await this.#host.programmes.get(id);
    if (!(await this.#host.programmes.manages(viewer, programme))) throw errors.notFound();
    return programme;
  }

  /**
   * Replaces a draft's scheme.
   * @throws core:not-found; core:programme-frozen; core:scheme-…; assessment:unknown-measure, assessment:unknown-activity
   */
  async change(viewer: Viewer, id: string, scheme: Omit<Scheme, 'version'>): Promise<void> {
    await this.get(viewer, id);
    this.#checkKnown(scheme);
    await this.#host.programmes.changeScheme(id, scheme, viewer.id);
  }

  /**
   * Corrects an open programme's scheme; everybody in it is scored again in the background.
   * @throws core:not-found; core:programme-not-open, core:conflict-rescoring, core:scheme-…; as `change` does
   */
  async correct(viewer: Viewer, id: string, scheme: Omit<Scheme, 'version'>, reason: string): Promise<Rescoring> {
    await this.get(viewer, id);
    this.#checkKnown(scheme);
    return this.#host.progress.rescorings.correct(id, scheme, { actor: viewer.id, reason });
  }

  /** How many a correction would score again, and how many keep what they have earned. */
  async concerned(id: string): Promise<{ rescored: number; kept: number }> {
    const [sums] = await this.#host.progress.rollUps.of(id, [`programme:${id}`]);
    const { enrolled = 0, studying = 0, qualified = 0 } = sums?.counts ?? {};
    return { rescored: enrolled + studying, kept: qualified };
  }

  /** The work under way on everybody's score by the programme's present scheme, for who may see the programme. */
  async running({ _id, scheme }: Programme): Promise<Rescoring | undefined> {
    if (scheme.version === 1) return undefined;
    const last = await this.#host.progress.rescorings.get(`${_id}|${scheme.version}`).catch(() => undefined);
    return last?.state === 'running' ? last : undefined;
  }

  /** @throws core:not-found where there is none, or the viewer does not manage the programme */
  async rescoring(viewer: Viewer, id: string, version: number): Promise<Rescoring> {
    await this.get(viewer, id);
    return this.#host.progress.rescorings.get(`${id}|${version}`);
  }

  #checkKnown(scheme: Omit<Scheme, 'version'>): void {
    const { measures } = this.#host.progress;
    const unknown = scheme.components.find(({ measure }) => !measures.get(measure));
    if (unknown) throw new AppError('assessment:unknown-measure', 422, { params: { measure: unknown.measure } });
    const lost = scheme.required.find(({ activity }) => !measures.measureOf(activity));
    if (lost) throw new AppError('assessment:unknown-activity', 422, { params: { activity: lost.activity } });
  }

  /** Opens a draft; its scheme is frozen from now on. @throws core:not-found, core:programme-frozen */
  async open(viewer: Viewer, id: string): Promise<void> {
    await this.get(viewer, id);
    await this.#host.programmes.open(id, viewer.id);
  }
}
