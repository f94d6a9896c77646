import { Router } from 'express';
import type { Accounts } from '../accounts/accounts.service.ts';
import { holds } from '../accounts/scope.ts';
import { errors } from '../errors.ts';
import { localText } from '../languages.ts';
import { type Programmes, programmeManagers } from '../programmes/programmes.service.ts';
import { progressOf, type Rescorings } from '../progress/rescorings.service.ts';
import { pagerOf, paging } from './input.ts';
import type { Menu } from './menu.ts';

interface Deps {
  menu: Menu;
  programmes: Programmes;
  rescorings: Rescorings;
  accounts: Accounts;
}

/** Rooms that one page follows at most. */
const mostRooms = 40;

/** Long work of the programmes that the viewer manages: how far it is, and what came of it. */
export function tasksRoutes({ menu, programmes, rescorings, accounts }: Deps): Router {
  const router = Router();
  menu.add({ label: 'core:menu.tasks', href: '/tasks', icon: 'list-check', roles: programmeManagers, order: 74 });

  router.get('/tasks', async (request, response) => {
    const { viewer, t, language } = request;
    if (!viewer) throw errors.signInRequired();
    if (!holds(viewer, programmeManagers)) throw errors.notFound();
    const visible = await programmes.visibleTo(viewer, programmeManagers);
    const manages = await Promise.all(visible.map((programme) => programmes.manages(viewer, programme)));
    const managed = new Map(visible.filter((_, index) => manages[index]).map((one) => [one._id, one]));
    const page = paging(request.query);
    const { rows, total } = await rescorings.list([...managed.keys()], page);
    const people = await accounts.byIds([...new Set(rows.map(({ actor }) => actor))], ['name']);
    const names = new Map(people.map(({ _id, name }) => [_id, name]));
    const running = rows.filter(({ state }) => state === 'running').map(({ programme }) => programme);
    await response.page('core/tasks', {
      title: t('tasks.title'),
      lead: t('tasks.lead'),
      tasks: rows.map((rescoring) => ({
        ...progressOf(rescoring),
        id: rescoring._id,
        title: localText(managed.get(rescoring.programme)?.title, language),
        programme: rescoring.programme,
        version: rescoring.version,
        by: t('tasks.by', { name: names.get(rescoring.actor) ?? '', reason: rescoring.reason }),
        at: rescoring.at,
        seconds: rescoring.finishedAt && Math.ceil((rescoring.finishedAt.getTime() - rescoring.at.getTime()) / 1000),
      })),
      paging: pagerOf(page, total),
      rooms: [...new Set(running)].slice(0, mostRooms).map((programme) => `tasks:${programme}`),
    });
  });

  return router;
}
