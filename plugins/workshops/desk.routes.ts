import type { Request, Response } from 'express';
import { csv, errors, holds, type Language, localText, paging, SharedReads, type Viewer } from '#platform';
import { chosenMembers, deskFigures, type Member } from './desk-figures.ts';
import { memberQuery } from './desk-query.ts';
import type { Roster } from './members.service.ts';
import { type Parts, viewerOf } from './parts.ts';
import type { Workshop } from './workshop.service.ts';
import type { Standing } from './workshop-access.ts';

/** The moderator's desk, the same page read-only for who oversees the workshop, and the workshop as its members see it. */
export function deskRoutes(parts: Parts): void {
  const { host, workshops, access, members } = parts;
  const seen = new SharedReads<Seen>();

  host.routes.get('/', async (request, response) => {
    const viewer = viewerOf(request);
    const moderated = await workshops.ofModerator(viewer.id);
    const [first] = moderated.filter(({ _id }) => viewer.grants.some(({ scope }) => scope === `workshop:${_id}`));
    if (first) return desk(parts, seen, request, response, { workshop: first, standing: 'moderator' });
    if (holds(viewer, host.rolesFor('oversee'))) return response.redirect('/workshops/manage');
    const own = (await request.enrolments()).find(({ workshop, state }) => workshop && state !== 'withdrawn');
    if (!own) throw errors.notFound();
    response.redirect(`/workshops/${own.workshop}`);
  });

  host.routes.get('/:id', async (request, response) => {
    const { workshop, standing } = await access.find(viewerOf(request), request.params.id);
    if (standing === 'member') return memberView(parts, request, response, workshop);
    await desk(parts, seen, request, response, { workshop, standing });
  });

  host.routes.get('/:id/members.csv', async (request, response) => {
    const { workshop } = await access.watched(viewerOf(request), request.params.id);
    const now = Date.now();
    const { language } = request;
    const roster = await members.roster(workshop, language, now);
    const chosen = chosenMembers(roster.members, memberQuery(request.query), { expected: roster.expected, now });
    const t = host.translate(language);
    const head = ['name', 'school', 'state'].map((key) => t(`desk.${key}`));
    const rows = chosen.map((member) => [
      member.name,
      member.school,
      t(`state.${stateOf(member, roster.expected)}`),
      ...roster.components.map(({ id }) => points(member.components[id] ?? 0)),
      points(member.total),
      member.lastAt === undefined ? '' : beijingMinute(member.lastAt),
    ]);
    const labels = roster.components.map(({ label }) => label);
    response
      .type('text/csv; charset=utf-8')
      .attachment(`${localText(workshop.name, language)}.csv`)
      .send(csv([[...head, ...labels, t('desk.total'), t('desk.last-at')], ...rows]));
  });
}

type Seen = Awaited<ReturnType<typeof read>>;

/** What stands on a desk, whatever part of it is shown. */
async function read({ host, members, live }: Parts, workshop: Workshop, viewer: Viewer, language: Language) {
  const now = Date.now();
  const roster = await members.roster(workshop, language, now);
  const present = roster.members.filter(({ state }) => state !== 'withdrawn').map(({ id }) => id);
  const [feed, further] = await Promise.all([
    live.feed(workshop, roster.members, language),
    host.apply('workshop.figures', [], { workshop: workshop._id, members: present, viewer, language }),
  ]);
  return { now, roster, size: present.length, feed, further };
}

async function desk(
  parts: Parts,
  seen: SharedReads<Seen>,
  request: Request,
  response: Response,
  { workshop, standing }: { workshop: Workshop; standing: Exclude<Standing, 'member'> },
): Promise<void> {
  const { host, workshops, access, nudges } = parts;
  const viewer = viewerOf(request);
  const { language } = request;
  const t = host.translate(language);
  const id = workshop._id;
  const [{ now, roster, size, feed, further }, moderator, mine, manages] = await Promise.all([
    // Several pages of one moderator hear of a change in the same moment, and all ask.
    seen.get([id, viewer.id, language].join(' '), () => read(parts, workshop, viewer, language)),
    workshop.moderator === viewer.id ? viewer : host.accounts.get(workshop.moderator),
    standing === 'moderator' ? workshops.ofModerator(viewer.id) : [],
    access.manages(viewer, workshop),
  ]);
  const query = memberQuery(request.query);
  const at = { expected: roster.expected, now };
  const chosen = chosenMembers(roster.members, query, at);
  const asked = paging(request.query, 25);
  const mayNudge = standing === 'moderator' && nudges.possible && roster.members.length > 0;
  await response.page('workshops/desk', {
    title: localText(workshop.name, language),
    lead: [localText(roster.programme.title, language), t('desk.moderated-by', { name: moderator.name })].join(' · '),
    breadcrumb:
      standing === 'moderator'
        ? []
        : [{ label: t('manage.title'), href: `/workshops/manage?programme=${workshop.programme}` }],
    asOf: new Date(now),
    rooms: [`workshop:${id}`],
    scripts: ['workshops.js'],
    styles: ['workshops.css'],
    wide: true,
    ...(mayNudge && { primary: { label: t('nudge.open'), form: 'nudge', icon: 'bell-ringing' } }),
    workshop,
    switcher: mine.map((one) => ({ id: one._id, name: localText(one.name, language) })),
    manages,
    mayNudge,
    figures: deskFigures(roster.members, roster.expected, now),
    further,
    size,
    components: roster.components,
    expected: roster.expected,
    rows: chosen.slice(asked.skip, asked.skip + asked.limit).map((member) => ({
      ...member,
      need: stateOf(member, roster.expected),
    })),
    averages: averages(chosen, roster),
    standings: roster.members.map((member) => [member.id, member.state, member.total, member.lastAt ?? 0]),
    query,
    search: new URL(request.originalUrl, 'http://x').search,
    paging: { page: asked.page, pages: Math.max(1, Math.ceil(chosen.length / asked.limit)), total: chosen.length },
    feed,
  });
}

async function memberView({ host }: Parts, request: Request, response: Response, workshop: Workshop): Promise<void> {
  const { language } = request;
  const t = host.translate(language);
  const [programme, moderator, [sums], mine] = await Promise.all([
    host.programmes.get(workshop.programme),
    host.accounts.get(workshop.moderator),
    host.progress.rollUps.of(workshop.programme, [`workshop:${workshop._id}`]),
    request.enrolments(),
  ]);
  const enrolment = mine.find((one) => one.workshop === workshop._id);
  await response.page('workshops/workshop', {
    title: localText(workshop.name, language),
    lead: localText(programme.title, language),
    breadcrumb: [{ label: localText(programme.title, language), href: `/programmes/${programme._id}` }],
    workshop,
    moderator: moderator.name,
    size: sums!.enrolled,
    qualified: sums!.counts.qualified,
    total: enrolment?.total ?? 0,
    passMark: programme.scheme.passMark,
    enrolment: enrolment?._id,
    programme: programme._id,
    aside: t('workshop.about'),
    rooms: enrolment ? [`enrolment:${enrolment._id}`] : [],
    parts: { 'workshop.side': { workshop, programme, enrolment } },
  });
}

/** The word that the state column shows. */
export function stateOf(
  { state, total }: Pick<Member, 'state' | 'total'>,
  expected: number,
): 'qualified' | 'withdrawn' | 'behind' | 'studying' | 'enrolled' {
  if (state === 'qualified' || state === 'withdrawn') return state;
  return total < expected ? 'behind' : state;
}

function averages(members: readonly Member[], { components }: Roster) {
  const counted = members.filter(({ state }) => state !== 'withdrawn');
  const mean = (of: (member: Member) => number): number =>
    counted.length > 0 ? Math.floor(counted.reduce((sum, member) => sum + of(member), 0) / counted.length) : 0;
  return {
    components: Object.fromEntries(components.map(({ id }) => [id, mean((member) => member.components[id] ?? 0)])),
    total: mean(({ total }) => total),
    members: counted.length,
  };
}

const points = (hundredths: number): string => (hundredths / 100).toFixed(2);

const beijingMinute = (at: number): string => new Date(at + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
