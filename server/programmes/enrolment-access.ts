import { covers, own, type Role, regionScopes, type Viewer, within } from '../accounts/scope.ts';
import type { Regions } from '../regions/regions.service.ts';
import type { Enrolment, Enrolments } from './enrolments.service.ts';

/** Roles that may look at the enrolments of people in their scope. */
export const overseers: readonly Role[] = [
  'moderator',
  'provider-manager',
  'school-administrator',
  'county-bureau',
  'city-bureau',
  'province',
  'operator',
];

/** Roles that watch a region as a whole. */
const regionWatchers: readonly Role[] = ['county-bureau', 'city-bureau', 'province', 'operator'];

/** Who may see whose progress (design, section 4). */
export class EnrolmentAccess {
  readonly #enrolments: Enrolments;

  constructor(enrolments: Enrolments) {
    this.#enrolments = enrolments;
  }

  /** The enrolment, if it is the viewer's own or lies in their scope. @throws core:not-found */
  get(viewer: Viewer, id: string): Promise<Enrolment> {
    return this.#enrolments.get(id, isOwn(viewer, id) ? own(viewer, {}) : within(viewer, overseers, {}));
  }

  mayRead(viewer: Viewer, id: string): Promise<boolean> {
    const found = isOwn(viewer, id) ? this.#enrolments.ownHead(viewer, id) : this.get(viewer, id);
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

const isOwn = (viewer: Viewer, id: string): boolean => id.startsWith(`${viewer.id}-`);
