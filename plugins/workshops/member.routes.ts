import { z } from 'zod';
import { localText, parse } from '#platform';
import { gapOf } from './behind.ts';
import { stateOf } from './desk.routes.ts';
import { type Parts, viewerOf } from './parts.ts';

const target = z.object({ workshop: z.string().regex(/^[\w-]{1,60}$/) });

/** One member: what is done, what is missing, what happened lately; and moving them to another workshop. */
export function memberRoutes({ host, workshops, access, members, placement, nudges }: Parts): void {
  host.routes.get('/:id/members/:enrolment', async (request, response) => {
    const viewer = viewerOf(request);
    const { language } = request;
    const { id, enrolment: asked } = request.params;
    const { workshop, standing } = await access.watched(viewer, id);
    const [result, mayMove] = await Promise.all([
      members.result(workshop, asked, language, Date.now()),
      access.holdsFor(viewer, 'manage', workshop.programme),
    ]);
    const { enrolment, expected } = result;
    const links = await host.apply('result.explanations', [], { enrolment, viewer, language });
    const others = mayMove ? await workshops.ofProgramme(workshop.programme) : [];
    const mayNudge = standing === 'moderator' && nudges.possible && enrolment.state !== 'withdrawn';
    const t = host.translate(language);
    const missing = await Promise.all(
      result.missing.map(async (one) => {
        if (one.kind === 'total') {
          return { text: t('missing.total', { n: points(one.total), needed: points(one.passMark) }) };
        }
        if (one.kind === 'activity') {
          const about = await members.describe(one.activity, language);
          return { text: t('missing.activity', { title: about?.title ?? one.activity }) };
        }
        const component = result.components.find((head) => head.id === one.component);
        return { component, value: one.value, needed: one.needed };
      }),
    );
    await response.page('workshops/member', {
      title: enrolment.name,
      lead: result.school,
      breadcrumb: [{ label: localText(workshop.name, language), href: `/workshops/${id}` }],
      rooms: [`enrolment:${enrolment._id}`],
      ...(mayNudge && {
        primary: {
          label: t('nudge.open'),
          href: `/workshops/${id}/nudge?member=${encodeURIComponent(enrolment._id)}`,
          icon: 'bell-ringing',
        },
      }),
      workshop,
      enrolment,
      state: stateOf(enrolment, expected),
      gap: gapOf({ ...enrolment, lastAt: undefined }, expected),
      expected,
      passMark: result.programme.scheme.passMark,
      components: result.components,
      missing,
      // Tasks and topics open for those who take part; an overseer only looks on.
      recent: result.recent.map((one) => (standing === 'moderator' ? one : { ...one, href: undefined })),
      links,
      others: others
        .filter(({ _id, stage }) => _id !== id && stage === enrolment.stage)
        .map((one) => ({ value: one._id, label: localText(one.name, language) })),
    });
  });

  host.routes.post('/:id/members/:enrolment/move', async (request, response) => {
    const { language } = request;
    const { workshop } = parse(target, request.body, language);
    await placement.move(viewerOf(request), request.params.enrolment, workshop);
    const moved = await workshops.get(workshop);
    const text = host.translate(language)('move.done', { name: localText(moved.name, language) });
    response.done(`/workshops/${workshop}/members/${request.params.enrolment}`, text);
  });
}

const points = (hundredths: number): string => (hundredths / 100).toFixed(2);
