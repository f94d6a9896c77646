import type { Request, Response } from 'express';
import { z } from 'zod';
import { errors, localText, readForm } from '#platform';
import { byNeed, gapOf, needOf } from './behind.ts';
import { type Parts, viewerOf } from './parts.ts';
import type { Workshop } from './workshop.service.ts';

const ids = z.array(z.string().regex(/^[\w-]{1,120}$/)).max(500);
/** One tick arrives as a text, several as a list, none not at all. */
const ticks = z.preprocess((given) => (given === undefined ? [] : [given].flat()), ids);
export const nudgeText = z.string().trim().min(1).max(500);
const form = z.object({ member: ticks, text: nudgeText });

interface Typed {
  ticked: string[];
  text?: unknown;
  problems?: Record<string, string>;
}

/** The nudge: who, and with which words. Without ticks it starts with everybody who is behind. */
export function nudgeRoutes(parts: Parts): void {
  const { host, access, nudges } = parts;

  const own = async (request: Request<{ id: string }>): Promise<Workshop> => {
    const { workshop, standing } = await access.watched(viewerOf(request), request.params.id);
    if (standing !== 'moderator' || !nudges.possible) throw errors.notFound();
    return workshop;
  };

  host.routes.get('/:id/nudge', async (request, response) => {
    const workshop = await own(request);
    const given = ticks.safeParse(request.query.member);
    await show(parts, request, response, workshop, { ticked: given.data ?? [] });
  });

  host.routes.post('/:id/nudge', async (request, response) => {
    const { language } = request;
    const workshop = await own(request);
    const t = host.translate(language);
    const read = readForm(form, request.body, language);
    if (!read.ok || read.value.member.length === 0) {
      const ticked = read.ok ? [] : (ticks.safeParse(request.body?.member).data ?? []);
      const problems = read.ok ? { member: t('nudge.nobody') } : read.errors;
      response.status(422);
      return show(parts, request, response, workshop, { ticked, text: request.body?.text, problems });
    }
    const { member, text } = read.value;
    const { sent, ...leftOut } = await nudges.send(viewerOf(request), workshop._id, { members: member, text });
    const told = [t('nudge.sent', { n: sent })];
    for (const why of ['spared', 'unreached'] as const) {
      const names = leftOut[why].map(({ name }) => name).join(language === 'en' ? ', ' : '、');
      if (names) told.push(t(`nudge.${why}`, { n: leftOut[why].length, names }));
    }
    response.done(`/workshops/${workshop._id}`, told.join(' '), sent > 0 ? 'success' : 'warning');
  });
}

async function show(
  { host, members, nudges }: Parts,
  request: Request,
  response: Response,
  workshop: Workshop,
  { ticked, text, problems }: Typed,
): Promise<void> {
  const viewer = viewerOf(request);
  const { language } = request;
  const t = host.translate(language);
  const roster = await members.roster(workshop, language, Date.now());
  const { expected } = roster;
  const present = roster.members.filter(({ state }) => state !== 'withdrawn');
  const [recent, activated] = await Promise.all([
    nudges.recent(
      viewer.id,
      present.map(({ id }) => id),
    ),
    host.accounts.activated(present.map(({ learner }) => learner)),
  ]);
  const wanted = new Set(ticked);
  const sorted = present.sort((a, b) => byNeed(a, b, expected));
  const shown = wanted.size > 0 ? sorted.filter(({ id }) => wanted.has(id)) : sorted;
  const people = (shown.length > 0 ? shown : sorted).map((member) => ({
    id: member.id,
    name: member.name,
    total: member.total,
    gap: gapOf(member, expected),
    why: activated.has(member.learner) ? (recent.has(member.id) ? 'recent' : undefined) : 'never',
    ticked:
      activated.has(member.learner) &&
      !recent.has(member.id) &&
      (wanted.size > 0 ? wanted.has(member.id) : needOf(member, expected) === 'behind'),
  }));
  await response.page('workshops/nudge', {
    title: t('nudge.title'),
    breadcrumb: [{ label: localText(workshop.name, language), href: `/workshops/${workshop._id}` }],
    status: response.statusCode,
    workshop,
    people,
    all: wanted.size === 0,
    values: { text: text ?? t('nudge.default', { programme: localText(roster.programme.title, language) }) },
    errors: problems ?? {},
  });
}
