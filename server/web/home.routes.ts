import { Router } from 'express';
import { localText } from '../languages.ts';
import type { FilterChain } from '../plugins/filters.ts';
import { enrolmentCard } from '../programmes/enrolment-card.ts';
import type { Enrolment } from '../programmes/enrolments.service.ts';
import type { Programmes } from '../programmes/programmes.service.ts';
import type { Progress } from '../progress/progress.service.ts';
import type { Menu } from './menu.ts';

interface Deps {
  menu: Menu;
  programmes: Programmes;
  progress: Progress;
  filters: FilterChain;
}

/** The first page: a learner's programmes, or where the viewer's role starts. */
export function homeRoutes({ menu, programmes, progress, filters }: Deps): Router {
  const router = Router();
  menu.add({ label: 'core:menu.home', href: '/', icon: 'home', roles: ['learner'], order: 10 });

  router.get('/', async (request, response) => {
    const { viewer, language, t } = request;
    if (!viewer) return response.redirect('/sign-in');
    const enrolments = (await request.enrolments()).filter((enrolment) => enrolment.state !== 'withdrawn');
    const landing = menu.landingOf(viewer);
    if (enrolments.length === 0 && landing) return response.redirect(landing);
    const card = async (enrolment: Enrolment) => {
      const programme = await programmes.get(enrolment.programme);
      const nextStep = await filters.apply('learner.next-step', undefined, { enrolment, language });
      const { scheme, ...result } = await progress.resultOf(enrolment);
      return enrolmentCard({
        enrolment,
        programme: { ...programme, scheme },
        result,
        nextStep,
        measures: progress.measures,
        t,
        now: Date.now(),
      });
    };
    const cards = await Promise.all(enrolments.map(card));
    await response.page(enrolments.length ? 'core/home' : 'core/home-empty', {
      title: t('home.title'),
      cards: cards.map((one) => ({ ...one, title: localText(one.title, language) })),
      parts: { 'home.main': { enrolments }, 'home.side': { enrolments } },
      rooms: enrolments.map((enrolment) => `enrolment:${enrolment._id}`),
    });
  });

  router.get('/search', async (request, response) => {
    const { viewer, language, t } = request;
    if (!viewer) return response.redirect('/sign-in');
    const text = String(request.query.q ?? '')
      .trim()
      .slice(0, 60);
    const results = text ? await filters.apply('search', [], { viewer, text, language }) : [];
    await response.page('core/search', { title: t('search.title'), text, results });
  });

  router.get('/help', (request, response) =>
    response.page('core/help', { title: request.t('help.title'), layout: request.viewer ? 'layout' : 'layout-plain' }),
  );

  return router;
}
