import { AppError, covers, errors, type Programme, type Scheme, type Viewer } from '#platform';
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
    const managed = await Promise.all(visible.map((programme) => this.#manages(viewer, programme)));
    return visible.filter((_, index) => managed[index]);
  }

  /** @throws core:not-found where the viewer does not manage the programme */
  async get(viewer: Viewer, id: string): Promise<Programme> {
    const programme = await this.#host.programmes.get(id);
    if (!(await this.#manages(viewer, programme))) throw errors.notFound();
    return programme;
  }

  /**
   * Replaces a draft's scheme.
   * @throws core:not-found; core:programme-frozen; core:scheme-…; assessment:unknown-measure, assessment:unknown-activity
   */
  async change(viewer: Viewer, id: string, scheme: Omit<Scheme, 'version'>): Promise<void> {
    await this.get(viewer, id);
    const { measures } = this.#host.progress;
    const unknown = scheme.components.find(({ measure }) => !measures.get(measure));
    if (unknown) throw new AppError('assessment:unknown-measure', 422, { params: { measure: unknown.measure } });
    const lost = scheme.required.find(({ activity }) => !measures.measureOf(activity));
    if (lost) throw new AppError('assessment:unknown-activity', 422, { params: { activity: lost.activity } });
    await this.#host.programmes.changeScheme(id, scheme, viewer.id);
  }

  /** Opens a draft; its scheme is frozen from now on. @throws core:not-found, core:programme-frozen */
  async open(viewer: Viewer, id: string): Promise<void> {
    await this.get(viewer, id);
    await this.#host.programmes.open(id, viewer.id);
  }

  async #manages(viewer: Viewer, { _id, provider, region }: Programme): Promise<boolean> {
    const { path } = await this.#host.regions.get(region);
    const above = path.map((code) => `region:${code}`);
    return covers(viewer, this.#host.rolesFor('manage'), [`programme:${_id}`, `organisation:${provider}`, ...above]);
  }
}
