import { Router } from 'express';
import { errors } from '../errors.ts';
import { localText } from '../languages.ts';
import type { Progress } from '../progress/progress.service.ts';
import type { Regions } from '../regions/regions.service.ts';
import { componentLines } from '../web/enrolment-card.ts';
import type { Menu } from '../web/menu.ts';
import type { Pages } from '../web/pages.ts';
import { enrolmentId } from './programme.model.ts';
import { isInTerm, type Programmes, programmeManagers } from './programmes.service.ts';

interface Deps {
  pages: Pages;
  programmes: Programmes;
  progress: Progress;
  regions: Regions;
  menu: Menu;
}

/** What a programme is; for its learner also everything that belongs to the enrolment. */
export function programmeRoutes({ pages, programmes, progress, regions, menu }: Deps): Router {
  const router = Router();
  menu.add({ label: 'core:menu.programmes', href: '/programmes', icon: 'books', roles: programmeManagers, order: 70 });

  router.get('/programmes', async (request, response) => {
    if (!request.viewer) throw errors.signInRequired();
    const { all } = await request.programmes();
    const providers = await regions.organisationsByIds(all.map((programme) => programme.provider));
    const sums = await Promise.all(
      all.map(async (programme) => (await progress.rollUps.of(programme._id, [`programme:${programme._id}`]))[0]),
    );
    const rows = all.map((programme, index) => ({
      id: programme._id,
      title: localText(programme.title, request.language),
      provider: localText(providers.find((p) => p._id === programme.provider)?.name, request.language),
      hours: programme.hours,
      state: programme.state,
      inTerm: isInTerm(programme, Date.now()),
      term: programme.term,
      enrolled: sums[index]?.enrolled ?? 0,
      qualified: sums[index]?.counts.qualified ?? 0,
    }));
    await response.page('core/programmes', { title: request.t('programmes.title'), rows });
  });

  router.get('/programmes/:id', async (request, response) => {
    const { viewer, language, t } = request;
    const programme = await programmes.get(request.params.id);
    const provider = await regions.organisation(programme.provider);
    const wanted = viewer && enrolmentId(viewer.id, programme._id);
    const enrolment = (await request.enrolments()).find((own) => own._id === wanted);
    const result = await progress.resultOf(enrolment ?? { programme: programme._id, measures: {}, values: {} });
    const subject = { programme, enrolment };
    const [main, side] = await Promise.all([
      pages.slots(request, enrolment ? 'enrolment.main' : 'programme.main', subject),
      enrolment ? pages.slots(request, 'enrolment.side', subject) : '',
    ]);
    await response.page('core/programme', {
      title: localText(programme.title, language),
      layout: viewer ? 'layout' : 'layout-plain',
      programme,
      description: localText(programme.description, language),
      provider: localText(provider.name, language),
      components: componentLines(programme, result, progress.measures, t),
      result,
      enrolment,
      main,
      side,
      rooms: enrolment ? [`enrolment:${enrolment._id}`] : [],
    });
  });

  return router;
}
