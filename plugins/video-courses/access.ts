import { covers, type Enrolment, enrolmentId, errors, type Programme, type Viewer } from '#platform';
import type { Catalogue, Course, Lesson } from './catalogue.service.ts';
import type { VideoHost } from './plugin.ts';

/** Who may study, look at and change courses. */
export class Access {
  readonly #host: VideoHost;
  readonly #catalogue: Catalogue;

  constructor(host: VideoHost, catalogue: Catalogue) {
    this.#host = host;
    this.#catalogue = catalogue;
  }

  /** The viewer's enrolment through which a lesson counts, by its id. @throws core:not-found where there is none */
  async study(viewer: Viewer, lesson: Lesson): Promise<string> {
    const course = await this.#catalogue.course(lesson.course);
    const enrolment = await this.#host.enrolments.ownHead(viewer, enrolmentId(viewer.id, lesson.programme));
    if (enrolment.state === 'withdrawn' || course.state !== 'published') throw errors.notFound();
    return enrolment._id;
  }

  /** The viewer's enrolment in a programme if it is one of `all` and not withdrawn. */
  enrolmentIn(all: readonly Enrolment[], programme: string): Enrolment | undefined {
    return all.find((enrolment) => enrolment.programme === programme && enrolment.state !== 'withdrawn');
  }

  async mayAuthor(viewer: Viewer, programme: Programme): Promise<boolean> {
    return covers(viewer, this.#host.rolesFor('author'), await this.#whereTaught(programme));
  }

  /** @throws core:not-found for a programme whose courses are not the viewer's to change */
  async author(viewer: Viewer, programme: string): Promise<Programme> {
    const found = await this.#host.programmes.get(programme);
    if (!(await this.mayAuthor(viewer, found))) throw errors.notFound();
    return found;
  }

  /** Whether the viewer may see a course: its learners and overseers once it is published, its authors always. */
  async maySee(viewer: Viewer, course: Course, own?: readonly Enrolment[]): Promise<boolean> {
    const programme = await this.#host.programmes.get(course.programme);
    if (await this.mayAuthor(viewer, programme)) return true;
    if (course.state !== 'published' || !(await this.#host.programmes.mayRead(viewer, programme))) return false;
    const enrolments = own ?? (await this.#host.enrolments.ofLearner(viewer.id));
    if (this.enrolmentIn(enrolments, programme._id)) return true;
    // A course tells nothing about people, so whoever moderates any workshop may look at it.
    const workshops = viewer.grants.map(({ scope }) => scope).filter((scope) => scope.startsWith('workshop:'));
    return covers(viewer, this.#host.rolesFor('oversee'), [...(await this.#whereTaught(programme)), ...workshops]);
  }

  /** Where a programme lies, with the regions that take part in it. */
  #whereTaught(programme: Programme) {
    return this.#host.programmes.scopesOf(programme, [programme.region, ...programme.regions]);
  }
}
