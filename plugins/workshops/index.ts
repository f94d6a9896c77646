import { definePlugin, type Enrolment, idsOf, type Language, localText, type Scoped, type Viewer } from '#platform';
import { addCard } from './card.ts';
import { deskRoutes } from './desk.routes.ts';
import { LiveDesk } from './live.ts';
import { manageRoutes } from './manage.routes.ts';
import { memberRoutes } from './member.routes.ts';
import { Members } from './members.service.ts';
import { nudgeRoutes } from './nudge.routes.ts';
import { Nudges } from './nudges.service.ts';
import type { Parts } from './parts.ts';
import { Placement } from './placement.service.ts';
import { nudgeSchema, workshopSchema } from './workshop.model.ts';
import { type NewWorkshop, type Workshop, Workshops } from './workshop.service.ts';
import { WorkshopAccess } from './workshop-access.ts';
import { workshopsApi } from './workshops.api.ts';

declare module '#platform' {
  interface Services {
    workshops: {
      /** Makes a workshop and its moderator's grant; returns its id. */
      create(workshop: NewWorkshop): Promise<string>;
      /** @throws core:not-found */
      get(id: string): Promise<Workshop>;
      ofProgramme(programme: string): Promise<Workshop[]>;
      /** Puts enrolments without a workshop into one of their stage and subject; returns how many. */
      place(programme: string): Promise<number>;
      /** Whether the viewer is the moderator of this workshop. */
      moderates(viewer: Viewer, workshop: string): Promise<boolean>;
      /** The workshops of which the viewer is the moderator. */
      moderatedBy(viewer: Viewer): Promise<Workshop[]>;
      /** Narrows a query on enrolments to the members of the workshops that the viewer moderates. */
      membersScope(viewer: Viewer): Scoped;
      /** Members of whom something was recorded within the last two minutes. */
      online(workshop: string): Promise<number>;
      /** The way from a member's workshop to the member's page, for a breadcrumb; empty for who may not open them. */
      crumbsTo(viewer: Viewer, member: Enrolment, language: Language): Promise<{ label: string; href: string }[]>;
    };
  }
  interface Facts {
    'enrolment.imported': { programme: string; enrolments: string[] };
  }
  interface Filters {
    /** Further figures of a workshop's desk, with where they lead for who may go there; each may be kept live by publishing `figure/<key>` to `workshop:ID`. */
    'workshop.figures': {
      value: { key: string; label: string; unit?: string; value: number; href?: string | undefined }[];
      /** `members`: the enrolments that have not left. */
      context: { workshop: string; members: string[]; viewer: Viewer; language: Language };
    };
    /** Where it is read why something did not count; assessment declares the same. */
    'result.explanations': {
      value: { label: string; detail?: string; href: string }[];
      context: { enrolment: Enrolment; viewer: Viewer; language: Language };
    };
  }
}

export default definePlugin({
  id: 'workshops',
  api: '^1.0.0',
  permissions: {
    oversee: ['provider-manager', 'county-bureau', 'city-bureau', 'province', 'operator'],
    manage: ['provider-manager', 'city-bureau', 'operator'],
  },
  models: { workshops: workshopSchema, nudges: nudgeSchema },
  register(host) {
    const workshops = new Workshops(host.models.workshops, host);
    const access = new WorkshopAccess(workshops, host);
    const members = new Members(access, host);
    const placement = new Placement({ workshops, access, core: host });
    const nudges = new Nudges({ nudges: host.models.nudges, access, members, core: host });
    const live = new LiveDesk({ members, access, core: host });
    const parts: Parts = { host, workshops, access, members, placement, nudges, live };

    host.provide<'workshops'>({
      create: (workshop) => workshops.create(workshop),
      get: (id) => workshops.get(id),
      ofProgramme: (programme) => workshops.ofProgramme(programme),
      place: (programme) => placement.place(programme),
      moderates: (viewer, id) => access.moderates(viewer, id),
      moderatedBy: (viewer) => access.moderatedBy(viewer),
      membersScope: (viewer) => access.moderatedMembers(viewer),
      online: async (id) => members.active(await workshops.get(id), Date.now()),
      async crumbsTo(viewer, { _id, name, workshop: id }, language) {
        if (!id || !(await access.mayWatch(viewer, id))) return [];
        const workshop = await workshops.get(id);
        return [
          { label: localText(workshop.name, language), href: `/workshops/${id}` },
          { label: name, href: `/workshops/${id}/members/${_id}` },
        ];
      },
    });
    host.filter('places', async (places, { scopes, language }) => {
      const ids = idsOf(scopes, 'workshop');
      const found = ids.length > 0 ? await workshops.byIds(ids) : [];
      return [
        ...places,
        ...found.map(({ _id, name }) => ({ scope: `workshop:${_id}` as const, name: localText(name, language) })),
      ];
    });
    host.menu({ label: 'menu.desk', href: '/workshops', icon: 'users-group', roles: ['moderator'], order: 15 });
    host.menu({
      label: 'menu.manage',
      href: '/workshops/manage',
      icon: 'layout-grid',
      roles: host.rolesFor('oversee').filter((role) => role !== 'county-bureau'),
      order: 60,
    });
    host.landing({ roles: ['moderator'], href: '/workshops', order: 30 });
    host.landing({ roles: ['provider-manager'], href: '/workshops/manage', order: 50 });
    host.allowRoom('workshop', (viewer, id) => access.mayWatch(viewer, id));
    host.on('progress.committed', (changes) => live.committed(changes));
    host.on('enrolment.imported', async ({ programme }) => {
      const placed = await placement.place(programme);
      host.log.info({ programme, placed }, 'enrolments placed in workshops');
    });
    addCard(host, workshops);
    host.routes.use(host.signedIn);
    manageRoutes(parts);
    nudgeRoutes(parts);
    memberRoutes(parts);
    deskRoutes(parts);
    workshopsApi(parts);
  },
});
