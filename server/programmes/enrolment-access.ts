import { covers, type Role, regionScopes, type Viewer } from '../accounts/scope.ts';
import type { Regions } from '../regions/regions.service.ts';
import { type Enrolments, isOwn } from './enrolments.service.ts';

/** Roles that watch a region as a whole. */
const regionWatchers: readonly Role[] = ['county-bureau', 'city-bureau', 'province', 'operator'];

/** Who may follow which room of the core. */
export class EnrolmentAccess {
  readonly #enrolments: Enrolments;

  constructor(enrolments: Enrolments) {
    this.#enrolments = enrolments;
  }

  mayRead(viewer: Viewer, id: string): Promise<boolean> {
    const found = isOwn(viewer, id) ? this.#enrolments.ownHead(viewer, id) : this.#enrolments.readable(viewer, id);
    return found.then(
      () => true,
      () => false,
    );
  }

  /** Whether the viewer watches this region: it or one above it is in their scope. */
  async mayWatch(viewer: Viewer, code: string, regions: Regions): Promise<boolean> {
    const region = (await regions.all()).get(code);
    if (!region) return false;
    return covers(viewer, regionWatchers, regionScopes(region.path));
  }
}
