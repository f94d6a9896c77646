import { type Request, Router } from 'express';
import { isOperator } from '../accounts/scope.ts';
import { errors } from '../errors.ts';
import { localText } from '../languages.ts';
import type { Progress } from '../progress/progress.service.ts';
import type { Regions } from '../regions/regions.service.ts';
import { formattersOf } from '../web/format.ts';
import type { Menu } from '../web/menu.ts';
import { type ComponentLine, componentLines } from './enrolment-card.ts';
import { enrolmentId } from './programme.model.ts';
import { type Programme, type Programmes, programmeManagers } from './programmes.service.ts';

interface Deps {
  programmes: Programmes;
  progress: Progress;
  regions: Regions;
  menu: Menu;
}

/** What a programme is; for its learner also everything that belongs to the enrolment. */
export function programmeRoutes({ programmes, progress, regions, menu }: Deps): Router {
  const router = Router();
  menu.add({ label: 'core:menu.programmes', href: '/programmes', icon: 'books', roles: programmeManagers, order: 70 });

  router.get('/programmes', async (request, response) => {
    if (!request.viewer) throw errors.signInRequired();
    const { all } = await request.programmes();
    const items = await Promise.all(all.map((programme) => itemOf(request, programme)));
    const { t, viewer } = request;
    const mayAdd = isOperator(viewer);
    await response.page('core/programmes', {
      title: t('programmes.title'),
      items,
      ...(mayAdd && { primary: { label: t('setup.new-programme'), href: '/programmes/new', icon: 'plus' } }),
    });
  });

  router.get('/programmes/:id', async (request, response) => {
    const { viewer, language, t } = request;
    const programme = await programmes.readable(viewer, request.params.id);
    const wanted = viewer && enrolmentId(viewer.id, programme._id);
    const enrolment = (await request.enrolments()).find((own) => own._id === wanted);
    const subject = { programme, enrolment };
    await response.page('core/programme', {
      title: localText(programme.title, language),
      breadcrumb: viewer ? [{ label: t('programmes.title'), href: '/programmes' }] : [],
      layout: viewer ? 'layout' : 'layout-plain',
      programme: await described(request, programme),
      parts: enrolment ? { 'enrolment.main': subject, 'enrolment.side': subject } : { 'programme.main': subject },
      rooms: enrolment ? [`enrolment:${enrolment._id}`] : [],
    });
  });

  async function itemOf({ viewer, language, t }: Request, programme: Programme) {
    const staff = viewer?.grants.some((grant) => grant.role !== 'learner');
    const [sums] = await progress.rollUps.of(programme._id, [`programme:${programme._id}`]);
    return {
      id: programme._id,
      title: localText(programme.title, language),
      provider: localText((await regions.organisation(programme.provider)).name, language),
      stages: programme.stages.map((stage) => t(`stage.${stage}`)),
      hours: programme.hours,
      state: programme.state,
      ...programme.term,
      ...(staff && { enrolled: sums?.enrolled, qualified: sums?.counts.qualified }),
    };
  }

  async function described({ language, t }: Request, programme: Programme) {
    const tree = await regions.all();
    const result = await progress.resultOf({ programme: programme._id, measures: {}, values: {} });
    const { number, duration } = formattersOf(language);
    const amount = ({ scale, unit }: ComponentLine, value: number) =>
      scale === 60 ? duration(value) : `${number(value / scale)} ${unit}`;
    const lines = componentLines(programme, result, progress.measures, t);
    const required = programme.scheme.required.map(({ activity }) => progress.measures.describe(activity, language));
    return {
      description: localText(programme.description, language),
      provider: localText((await regions.organisation(programme.provider)).name, language),
      hours: programme.hours,
      state: programme.state,
      term: programme.term,
      stages: programme.stages.map((stage) => t(`stage.${stage}`)),
      regions: programme.regions.map((code) => localText(tree.get(code)?.name, language)),
      scheme: {
        version: programme.scheme.version,
        passMark: programme.scheme.passMark,
        components: lines.map((line) => ({
          label: line.label,
          weight: line.weight,
          full: amount(line, line.exact.full),
          minimum: line.exact.minimum === undefined ? undefined : amount(line, line.exact.minimum),
        })),
        required: (await Promise.all(required)).flatMap((activity) => (activity ? [activity.title] : [])),
      },
    };
  }

  return router;
}
