import {
  covers,
  errors,
  type Host,
  type Role,
  regionScopes,
  type Scope,
  type Scoped,
  unscoped,
  type Viewer,
  within,
} from '#platform';
import type { Workshop, Workshops } from './workshop.service.ts';

/** What the viewer is to a workshop. */
export type Standing = 'moderator' | 'overseer' | 'member';

type Core = Pick<Host, 'programmes' | 'regions' | 'enrolments' | 'rolesFor'>;

/** Who may see and change which workshop (design, section 4). */
export class WorkshopAccess {
  readonly #workshops: Workshops;
  readonly #core: Core;

  constructor(workshops: Workshops, core: Core) {
    this.#workshops = workshops;
    this.#core = core;
  }

  /** Whether the workshop is this viewer's own to moderate. */
  async moderates(viewer: Viewer, id: string): Promise<boolean> {
    if (!holds(viewer, id)) return false;
    return (await this.#workshops.get(id)).moderator === viewer.id;
  }

  /** The workshops that are the viewer's own to moderate; asks the database only for those who hold such a grant. */
  async moderatedBy(viewer: Viewer): Promise<Workshop[]> {
    return viewer.grants.some(({ role }) => role === 'moderator') ? this.#workshops.ofModerator(viewer.id) : [];
  }

  /** Whether the viewer may follow the members live. */
  async mayWatch(viewer: Viewer, id: string): Promise<boolean> {
    const standing = await this.find(viewer, id).then(
      (found) => found.standing,
      () => undefined,
    );
    return standing === 'moderator' || standing === 'overseer';
  }

  /** The workshop and what the viewer is to it. @throws core:not-found where that is nothing */
  async find(viewer: Viewer, id: string): Promise<{ workshop: Workshop; standing: Standing }> {
    const workshop = await this.#workshops.get(id);
    if (workshop.moderator === viewer.id && holds(viewer, id)) return { workshop, standing: 'moderator' };
    if (covers(viewer, this.#core.rolesFor('oversee'), await this.#scopesOf(workshop))) {
      return { workshop, standing: 'overseer' };
    }
    const own = await this.#core.enrolments.ofLearner(viewer.id);
    const isMember = own.some((enrolment) => enrolment.workshop === id && enrolment.state !== 'withdrawn');
    if (!isMember) throw errors.notFound();
    return { workshop, standing: 'member' };
  }

  /** The workshop, for who may look at its members. @throws core:not-found */
  async watched(viewer: Viewer, id: string): Promise<{ workshop: Workshop; standing: Standing }> {
    const found = await this.find(viewer, id);
    if (found.standing === 'member') throw errors.notFound();
    return found;
  }

  /** The workshop, for who may change it. @throws core:not-found */
  async managed(viewer: Viewer, id: string): Promise<Workshop> {
    const workshop = await this.#workshops.get(id);
    if (!(await this.manages(viewer, workshop))) throw errors.notFound();
    return workshop;
  }

  /** Whether the viewer may change a workshop. */
  async manages(viewer: Viewer, workshop: Workshop): Promise<boolean> {
    return covers(viewer, this.#core.rolesFor('manage'), await this.#scopesOf(workshop));
  }

  /** Whether the viewer holds a permission for the whole programme. @throws core:not-found for an unknown programme */
  async holdsFor(viewer: Viewer, permission: 'oversee' | 'manage', programme: string): Promise<boolean> {
    return covers(viewer, this.#core.rolesFor(permission), await this.#programmeScopes(programme));
  }

  /**
   * The members of a workshop that one of this class's methods has let the viewer see: whoever oversees a workshop sees
   * all its members, whatever county they come from. The workshop is a stored one, never a text of a request.
   */
  membersOf(workshop: Workshop): Scoped<{ workshop: string; programme: string }> {
    return unscoped({ workshop: workshop._id, programme: workshop.programme });
  }

  /** The members of all workshops that the viewer moderates. */
  moderatedMembers(viewer: Viewer): Scoped {
    return within(viewer, ['moderator'] satisfies Role[], {});
  }

  async #scopesOf(workshop: Workshop): Promise<Scope[]> {
    const scopes = await this.#programmeScopes(workshop.programme);
    const region = workshop.region && (await this.#core.regions.all()).get(workshop.region);
    return [...scopes, `workshop:${workshop._id}`, ...(region ? regionScopes(region.path) : [])];
  }

  async #programmeScopes(id: string): Promise<Scope[]> {
    const { programmes } = this.#core;
    return programmes.scopesOf(await programmes.get(id));
  }
}

function holds(viewer: Viewer, workshop: string): boolean {
  return viewer.grants.some(({ role, scope }) => role === 'moderator' && scope === `workshop:${workshop}`);
}
