import type { Host, Viewer } from '#platform';
import type { LiveDesk } from './live.ts';
import type { Members } from './members.service.ts';
import type { Nudges } from './nudges.service.ts';
import type { Placement } from './placement.service.ts';
import type { Workshops } from './workshop.service.ts';
import type { WorkshopAccess } from './workshop-access.ts';

/** Everything of this plugin that its pages and API use. */
export interface Parts {
  host: Pick<
    Host,
    | 'routes'
    | 'api'
    | 'signedIn'
    | 'allow'
    | 'rolesFor'
    | 'translate'
    | 'apply'
    | 'accounts'
    | 'programmes'
    | 'progress'
    | 'enrolments'
    | 'regions'
    | 'tryUse'
  >;
  workshops: Workshops;
  access: WorkshopAccess;
  members: Members;
  placement: Placement;
  nudges: Nudges;
  live: LiveDesk;
}

/** Behind `host.signedIn` there is always one. */
export function viewerOf(request: { viewer?: Viewer | undefined }): Viewer {
  return request.viewer as Viewer;
}
