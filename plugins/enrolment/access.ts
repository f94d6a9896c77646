import {
  covers,
  errors,
  type Host,
  type Programme,
  type Role,
  regionScopes,
  type Scope,
  scopesOf,
  type Viewer,
} from '#platform';

/** The host as far as everything but the rosters' own collection needs it. */
export type CoreHost = Omit<Host, 'models' | 'settings'>;

/** What administrators of this plugin may reach. */
export interface Access {
  /** Roles that enrol teachers within their scope. */
  managers: readonly Role[];
  /** The viewer's programmes, newest first. */
  programmes(viewer: Viewer): Promise<Programme[]>;
  /** @throws core:not-found for a programme that does not concern the viewer */
  programme(viewer: Viewer, id: string): Promise<Programme>;
  /** The scopes that the viewer administers, as roll-ups name them. */
  scopes(viewer: Viewer, programme: string): Scope[];
  /** Whether the viewer may enrol when the deadline is over: the region that set the programme up decides. */
  mayEnrolLate(viewer: Viewer, programme: Programme): Promise<boolean>;
  /** Regions below the programme's that have not joined and that the viewer may let join. */
  joinable(
    viewer: Viewer,
    programme: Programme,
  ): Promise<{ id: string; name: { zh: string; en?: string | undefined } }[]>;
}

const lateRoles: readonly Role[] = ['city-bureau', 'province', 'operator'];

export function createAccess(host: CoreHost): Access {
  const managers = host.rolesFor('manage');
  const programmes = (viewer: Viewer) => host.programmes.visibleTo(viewer, managers);
  return {
    managers,
    programmes,
    async programme(viewer, id) {
      const found = (await programmes(viewer)).find((programme) => programme._id === id);
      if (!found) throw errors.notFound();
      return found;
    },
    scopes(viewer, programme) {
      const held = scopesOf(viewer, managers);
      return held === 'all' ? [`programme:${programme}`] : held;
    },
    async mayEnrolLate(viewer, programme) {
      const { path } = await host.regions.get(programme.region);
      return covers(viewer, lateRoles, regionScopes(path));
    },
    async joinable(viewer, programme) {
      const below = await host.regions.below(programme.region);
      const may = host.rolesFor('join');
      return below
        .filter(({ _id, path }) => !programme.regions.includes(_id) && covers(viewer, may, regionScopes(path)))
        .map(({ _id, name }) => ({ id: _id, name }));
    },
  };
}
