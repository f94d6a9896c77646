import type { Request } from 'express';
import { z } from 'zod';
import { csv, errors, type Host, localText, type Programme, parse, type Viewer } from '#platform';
import type { Board, Boards } from './board.service.ts';
import { standing } from './plan.ts';
import { directionOf, permille } from './rates.ts';

const id = z.string().max(80).optional();
const query = z.object({ programme: id, region: id, school: id });

/** Boards as pages: live, by week, for a big screen, and as a file. */
export function monitoringRoutes(host: Host, boards: Boards): void {
  const { routes } = host;
  routes.use(host.allow('watch'));

  routes.get('/', async (request, response) => {
    const t = host.translate(request.language);
    const programme = await chosenProgramme(request, boards);
    if (!programme) return response.page('monitoring/nothing', { title: t('board.none') });
    const board = await read(request, programme._id);
    const all = await boards.programmes(request.viewer as Viewer);
    await response.page('monitoring/board', {
      ...page(board, request),
      breadcrumb: board.place.above.map((above) => ({
        label: localText(above.name, request.language),
        href: address({ programme: programme._id, region: above.id }),
      })),
      others: all.map(({ _id, title }) => ({ id: _id, title: localText(title, request.language) })),
      wide: true,
    });
  });

  routes.get('/live', async (request, response) => {
    const board = await read(request, String(request.query.programme ?? ''));
    response.set('Cache-Control', 'no-store');
    await response.fragment('monitoring/board-body', page(board, request));
  });

  routes.get('/screen', async (request, response) => {
    const t = host.translate(request.language);
    const programme = await chosenProgramme(request, boards);
    if (!programme) return response.page('monitoring/nothing', { title: t('board.none') });
    const board = await read(request, programme._id);
    await response.page('monitoring/screen', { ...page(board, request), layout: 'layout-big-screen' });
  });

  routes.get('/weeks', async (request, response) => {
    const viewer = request.viewer as Viewer;
    const t = host.translate(request.language);
    const programme = await chosenProgramme(request, boards);
    if (!programme) return response.page('monitoring/nothing', { title: t('board.none') });
    const region = String(request.query.region ?? (await boards.home(viewer, programme)));
    const table = await boards.weeks(viewer, { programme: programme._id, region });
    await response.page('monitoring/weeks', {
      title: t('weeks.title', { region: localText(table.place.name, request.language) }),
      lead: localText(programme.title, request.language),
      breadcrumb: [
        { label: localText(table.place.name, request.language), href: address({ programme: programme._id, region }) },
      ],
      asOf: table.at,
      ...table,
      address,
      scripts: ['monitoring.js'],
      styles: ['monitoring.css'],
      wide: true,
    });
  });

  routes.get('/units.csv', async (request, response) => {
    const t = host.translate(request.language);
    const board = await read(request, String(request.query.programme ?? ''));
    const head = ['unit', 'enrolled', 'notStarted', 'studying', 'qualified', 'completion', 'today', 'average', 'hours'];
    const rows = board.units.map(({ name, sums, today, average }) => [
      localText(name, request.language),
      sums.enrolled,
      sums.counts.enrolled,
      sums.counts.studying,
      sums.counts.qualified,
      permille(sums.counts.qualified, sums.enrolled) / 10,
      today.active,
      average / 100,
      Math.floor((sums.measures['video-courses/seconds'] ?? 0) / 3600),
    ]);
    response.attachment(t('csv.fileName', { region: localText(board.place.name, request.language) })).type('text/csv');
    response.send(csv([head.map((key) => t(`csv.${key}`)), ...rows]));
  });

  async function read(request: Request, programme: string): Promise<Board> {
    const viewer = request.viewer as Viewer;
    const { region, school } = parse(query, request.query, request.language);
    if (region || school) return boards.board(viewer, { programme, region, school });
    const found = await host.programmes.readable(viewer, programme);
    return boards.board(viewer, { programme, region: await boards.home(viewer, found) });
  }

  function page(board: Board, { language }: Request) {
    const t = host.translate(language);
    const { place, programme } = board;
    return {
      title: t('board.title', { place: localText(place.name, language) }),
      lead: localText(programme.title, language),
      asOf: board.at,
      board,
      name: (text: { zh: string; en?: string | undefined }) => localText(text, language),
      here: addressOf(programme._id, place),
      liveAddress: addressOf(programme._id, place, '/live'),
      address,
      standing,
      directionOf,
      percent: (part: number, of: number) => `${permille(part, of) / 10}%`,
      rooms: [`region:${place.region._id}`],
      scripts: ['echarts/echarts.min.js', 'monitoring.js'],
      styles: ['monitoring.css'],
    };
  }
}

/** The programme asked for, else the one chosen in the top bar, else the newest. */
async function chosenProgramme(request: Request, boards: Boards): Promise<Programme | undefined> {
  const [all, { current }] = await Promise.all([boards.programmes(request.viewer as Viewer), request.programmes()]);
  const asked = request.query.programme;
  if (asked) {
    const found = all.find(({ _id }) => _id === asked);
    if (!found) throw errors.notFound();
    return found;
  }
  return all.find(({ _id }) => _id === current?._id) ?? all[0];
}

function address(query: { programme: string; region?: string; school?: string }, path = ''): string {
  return `/monitoring${path}?${new URLSearchParams(query)}`;
}

function addressOf(programme: string, place: { kind: 'region' | 'school'; id: string }, path = ''): string {
  return address({ programme, [place.kind]: place.id }, path);
}
