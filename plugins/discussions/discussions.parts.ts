import { type Enrolment, localText, type Viewer } from '#platform';
import type { DiscussionsHost } from './discussions.host.ts';
import type { Discussions } from './discussions.service.ts';
import { countUnanswered } from './figures.ts';
import type { Topic } from './topic.model.ts';

const shown = { skip: 0, limit: 5 };
const found = { skip: 0, limit: 8 };

/** What discussions add elsewhere: parts of pages, figures, search, rooms. */
export function discussionParts(host: DiscussionsHost, { topics, access }: Discussions): void {
  const lines = (rows: Topic[], language: 'zh-CN' | 'en') =>
    rows.map(({ _id, title, posts, lastAt, pinned }) => ({
      id: _id,
      title: localText(title, language),
      posts,
      lastAt,
      pinned,
    }));

  host.slot('home.side', {
    view: 'side',
    order: 40,
    async data({ viewer, language, subject }) {
      const { enrolments } = subject as { enrolments?: Enrolment[] };
      if (!viewer || !enrolments?.length) return undefined;
      const { rows } = await topics.list(viewer, {}, shown, enrolments);
      return { heading: 'side.home', topics: lines(rows, language), more: '/discussions' };
    },
  });

  host.slot('workshop.side', {
    view: 'side',
    order: 40,
    async data({ viewer, language, subject }) {
      const workshop = idOf(subject.workshop);
      if (!viewer || !workshop) return undefined;
      const { programme } = await host.use('workshops').get(workshop);
      const { rows } = await topics.list(viewer, { programme }, shown);
      const more = `/discussions?programme=${programme}`;
      return { heading: 'side.workshop', topics: lines(rows, language), more };
    },
  });

  host.slot('lesson.side', {
    view: 'side',
    order: 40,
    async data({ viewer, language, subject }) {
      const lesson = idOf(subject.lesson);
      if (!viewer || !lesson) return undefined;
      const programme = programmeOf(subject);
      const { rows, reaches } = await topics.list(viewer, { lesson }, shown);
      const reach = programme ? reaches.get(programme) : undefined;
      const mayOpen = reach && (reach.enrolment?.workshop || reach.moderated.length > 0);
      const open = mayOpen ? `/discussions/new?programme=${programme}&lesson=${lesson}` : undefined;
      return { heading: 'side.lesson', topics: lines(rows, language), open, more: undefined };
    },
  });

  host.filter('workshop.figures', async (figures, { workshop, members, language }) => [
    ...figures,
    {
      key: 'unanswered',
      label: host.translate(language)('unanswered.figure'),
      unit: host.translate(language)('unanswered.unit'),
      value: await countUnanswered(host, members),
      href: `/discussions/unanswered?workshop=${workshop}`,
    },
  ]);

  host.filter('search', async (results, { viewer, text, language }) => {
    const { rows } = await topics.list(viewer, { text }, found);
    const detail = host.translate(language)('search.detail');
    const topicResults = rows.map(({ _id, title }) => ({
      label: localText(title, language),
      detail,
      href: `/discussions/${_id}`,
    }));
    return [...results, ...topicResults];
  });

  host.allowRoom('topic', (viewer, id) => takesPart(viewer, id));

  async function takesPart(viewer: Viewer, id: string): Promise<boolean> {
    const { reach } = await access.topic(viewer, id);
    return reach.participant;
  }
}

/** The id of what a page is about, however the page hands it over. */
function idOf(subject: unknown): string | undefined {
  if (typeof subject === 'string') return subject;
  const { _id, id } = (subject ?? {}) as { _id?: unknown; id?: unknown };
  const known = _id ?? id;
  return typeof known === 'string' ? known : undefined;
}

function programmeOf(subject: Record<string, unknown>): string | undefined {
  const holders = [subject.enrolment, subject.course, subject.lesson] as ({ programme?: unknown } | undefined)[];
  const programme = idOf(subject.programme) ?? holders.map((holder) => holder?.programme).find(Boolean);
  return typeof programme === 'string' ? programme : undefined;
}
