import { definePlugin, type Viewer } from '#platform';
import { createAccess } from './access.ts';
import { models } from './batch.model.ts';
import { enrolmentApi } from './enrolment.api.ts';
import { enrolmentRoutes } from './enrolment.routes.ts';
import { learnerPages } from './learners.routes.ts';
import { createLearners } from './learners.service.ts';
import { migrations } from './migrations.ts';
import { createRosters, type RosterUpload } from './roster.service.ts';

declare module '#platform' {
  interface Facts {
    /** Teachers who were enrolled by a confirmed roster. */
    'enrolment.imported': { programme: string; enrolments: string[] };
  }
  interface Services {
    enrolment: {
      /** Checks a roster as an upload does, and enrols what is accepted. @throws what uploading and confirming throw */
      importRoster(
        viewer: Viewer,
        upload: RosterUpload,
      ): Promise<{
        enrolled: number;
        created: number;
        refused: { row: number; problems: { column: string; reason: string }[] }[];
      }>;
    };
  }
}

export default definePlugin({
  id: 'enrolment',
  api: '^1.0.0',
  permissions: {
    manage: ['school-administrator', 'county-bureau', 'city-bureau', 'operator'],
    join: ['county-bureau', 'city-bureau', 'operator'],
  },
  models,
  migrations,
  register(host) {
    const access = createAccess(host);
    const rosters = createRosters(host, access);
    const learners = createLearners(host, access);
    host.menu({
      label: 'menu.enrolment',
      href: '/enrolment',
      icon: 'clipboard-list',
      roles: host.rolesFor('manage'),
      order: 40,
    });
    host.landing({ roles: ['school-administrator'], href: '/enrolment', order: 40 });
    enrolmentRoutes(host, { access, rosters, learners });
    learnerPages(host, { access, rosters, learners });
    enrolmentApi(host, { access, rosters, learners });
    host.provide<'enrolment'>({
      async importRoster(viewer, upload) {
        const batch = await rosters.upload(viewer, upload);
        const result = await rosters.confirm(viewer, batch._id);
        return { ...result, refused: [...batch.refused, ...result.refused] };
      },
    });
  },
});
