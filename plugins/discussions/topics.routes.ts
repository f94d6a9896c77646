import type { Request, Response } from 'express';
import { localText, paging, parse, readForm, type Viewer } from '#platform';
import type { Reach } from './discussion-access.ts';
import type { DiscussionsHost } from './discussions.host.ts';
import { newTopic, switched } from './discussions.schemas.ts';
import type { Discussions } from './discussions.service.ts';
import { unansweredIn, unansweredOf } from './figures.ts';
import type { Topic } from './topic.model.ts';
import { topicLocals } from './topic-page.ts';

const topicsPerPage = 20;

/** Pages of topics: the list, a new one, and one with its posts. */
export function topicRoutes(host: DiscussionsHost, discussions: Discussions): void {
  const { routes } = host;
  const { topics, access } = discussions;
  host.menu({
    label: 'menu.discussions',
    href: '/discussions',
    icon: 'messages',
    roles: ['learner', 'moderator', 'expert', 'provider-manager', 'city-bureau', 'operator'],
    order: 40,
  });
  host.menu({
    label: 'unanswered.title',
    href: '/discussions/unanswered',
    icon: 'message-question',
    roles: host.rolesFor('advise'),
    order: 30,
  });
  host.landing({ roles: host.rolesFor('advise'), href: '/discussions/unanswered', order: 60 });
  routes.use(host.signedIn);

  routes.get('/', async (request, response) => {
    const viewer = request.viewer as Viewer;
    const t = host.translate(request.language);
    const workshop = String(request.query.workshop ?? '') || undefined;
    const { current } = await request.programmes();
    const page = paging(request.query, topicsPerPage);
    const asked = { programme: workshop ? undefined : current?._id, workshop };
    const { rows, total, reaches } = await topics.list(viewer, asked, page);
    const people = await host.accounts.byIds([...new Set(rows.map(({ author }) => author))], ['name']);
    const names = new Map(people.map(({ _id, name }) => [_id, name]));
    const opensIn = await placeToOpen(viewer, reaches, current?._id);
    await response.page('discussions/topics', {
      styles: ['discussions.css'],
      title: t('topics.title'),
      lead: current && localText(current.title, request.language),
      topics: rows.map((topic) => ({
        ...topic,
        title: localText(topic.title, request.language),
        authorName: names.get(topic.author) ?? '',
      })),
      workshopNames: await workshopNames(request, rows),
      paging: { page: page.page, pages: Math.max(1, Math.ceil(total / page.limit)), total },
      primary: opensIn && { label: t('topics.open'), href: `/discussions/new?programme=${opensIn}`, icon: 'plus' },
    });
  });

  routes.get('/unanswered', async (request, response) => {
    const viewer = request.viewer as Viewer;
    const t = host.translate(request.language);
    const page = paging(request.query, topicsPerPage);
    const workshop = String(request.query.workshop ?? '');
    const { current } = await request.programmes();
    const { rows, total } =
      workshop || !current
        ? await unansweredIn(host, viewer, workshop, page)
        : await unansweredOf(host, viewer, current, page);
    await response.page('discussions/unanswered', {
      styles: ['discussions.css'],
      title: t('unanswered.title'),
      lead: workshop || !current ? t('unanswered.lead') : localText(current.title, request.language),
      breadcrumb: [{ label: t('topics.title'), href: '/discussions' }],
      rows,
      paging: { page: page.page, pages: Math.max(1, Math.ceil(total / page.limit)), total },
    });
  });

  routes.get('/new', async (request, response) => {
    const asked = { programme: String(request.query.programme ?? ''), lesson: String(request.query.lesson ?? '') };
    await showForm(request, response, { values: asked, errors: {} });
  });

  routes.post('/', async (request, response) => {
    const form = readForm(newTopic, request.body, request.language);
    if (!form.ok) return showForm(request, response, { ...form, status: 422 });
    const topic = await topics.open(request.viewer as Viewer, form.value);
    response.done(`/discussions/${topic}`, host.translate(request.language)('topic.opened'));
  });

  routes.get('/:topic', async (request, response) => {
    const { locals } = await topicLocals(host, discussions, request, request.params.topic);
    await response.page('discussions/topic', locals);
  });

  for (const change of ['pinned', 'closed'] as const) {
    routes.post(`/:topic/${change}`, async (request, response) => {
      const { on } = parse(switched, request.body, request.language);
      await topics.set(request.viewer as Viewer, request.params.topic, { [change]: on });
      response.done(`/discussions/${request.params.topic}`, host.translate(request.language)(`topic.${change}.${on}`));
    });
  }

  async function showForm(
    request: Request,
    response: Response,
    form: { values: Record<string, unknown>; errors: Record<string, string>; status?: number },
  ): Promise<void> {
    const viewer = request.viewer as Viewer;
    const t = host.translate(request.language);
    const programme = String(form.values.programme ?? '');
    const reach = await access.reach(viewer, programme);
    const workshops = await Promise.all(reach.moderated.map((id) => host.use('workshops').get(id)));
    const manages = await access.manages(viewer, programme);
    await response.page('discussions/topic-form', {
      styles: ['discussions.css'],
      title: t('topics.open'),
      breadcrumb: [{ label: t('topics.title'), href: '/discussions' }],
      places: [
        ...(manages ? [{ value: '', label: t('form.wholeProgramme') }] : []),
        ...workshops.map((workshop) => ({ value: workshop._id, label: localText(workshop.name, request.language) })),
      ],
      status: form.status ?? 200,
      values: form.values,
      errors: form.errors,
    });
  }

  /** The programme in which the viewer opens a topic from the list: the current one, if they may there. */
  async function placeToOpen(
    viewer: Viewer,
    reaches: ReadonlyMap<string, Reach>,
    current: string | undefined,
  ): Promise<string | undefined> {
    const inOrder = [...reaches.values()].sort(
      (a, b) => Number(b.programme === current) - Number(a.programme === current),
    );
    for (const { programme, enrolment, moderated } of inOrder) {
      if (enrolment?.workshop || moderated.length > 0 || (await access.manages(viewer, programme))) return programme;
    }
    return undefined;
  }

  async function workshopNames(request: Request, rows: Topic[]): Promise<Record<string, string>> {
    const ids = [...new Set(rows.flatMap(({ workshop }) => workshop ?? []))];
    const found = await Promise.all(ids.map((id) => host.use('workshops').get(id)));
    return Object.fromEntries(found.map((workshop) => [workshop._id, localText(workshop.name, request.language)]));
  }
}
