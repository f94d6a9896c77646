import { z } from 'zod';
import { AppError, enrolmentStates, paging } from '#platform';
import type { Access, CoreHost } from './access.ts';
import { batchView, refusalView } from './batch-view.ts';
import type { Learners } from './learners.service.ts';
import type { Rosters } from './roster.service.ts';

const id = z.string().max(80);
const problem = z.object({
  column: z.string(),
  reason: z.string(),
  message: z.string(),
  value: z.string().optional(),
});
const refusal = z.object({
  row: z.number(),
  name: z.string(),
  problems: z.array(problem).describe('All that is wrong'),
});
const accepted = z.object({
  row: z.number(),
  name: z.string(),
  idNumber: z.string().describe('Masked'),
  organisation: z.string(),
  stage: z.string(),
  subject: z.string(),
  hasAccount: z.boolean(),
  warnings: z.array(problem).describe('What of optional fields is left out'),
});
const result = z.object({ enrolled: z.number(), created: z.number(), refused: z.array(refusal) });
const batch = z.object({
  id: z.string(),
  programme: z.string(),
  fileName: z.string(),
  sheet: z.string().describe('The sheet that was read; empty for a text table'),
  otherSheets: z.array(z.string()).describe('Visible sheets that hold a roster too and were not read'),
  hiddenRows: z.number().describe('Rows that the spreadsheet hides'),
  hiddenTaken: z.boolean(),
  state: z.enum(['pending', 'confirmed']),
  expiresAt: z.date(),
  accepted: z.array(accepted),
  refused: z.array(refusal),
});
const state = z.object({ id: z.string(), state: z.enum(enrolmentStates) });

/** `/api/v1/enrolment`: what the pages do. Large files go to `POST /enrolment/rosters` as multipart/form-data. */
export function enrolmentApi(
  host: CoreHost,
  { access, rosters, learners }: { access: Access; rosters: Rosters; learners: Learners },
): void {
  host.api({
    method: 'post',
    path: '/rosters',
    summary:
      'Checks a roster (.xlsx, .xls, .ods or .csv; base64, up to 180 KB); nothing is enrolled before it is confirmed',
    body: z.object({ programme: id, fileName: z.string().max(200), content: z.base64().max(250_000) }),
    response: batch,
    async handle({ body, viewer, language }) {
      const file = Buffer.from(body.content, 'base64');
      if (file.length === 0) throw new AppError('enrolment:no-file', 422);
      const made = await rosters.upload(viewer, { programme: body.programme, file, fileName: body.fileName });
      return batchView(made, host.translate(language));
    },
  });

  host.api({
    method: 'get',
    path: '/rosters/:id',
    summary: 'A roster of the caller with the rows accepted and refused',
    params: z.object({ id }),
    response: batch,
    handle: async ({ params, viewer, language }) =>
      batchView(await rosters.get(viewer, params.id), host.translate(language)),
  });

  host.api({
    method: 'post',
    path: '/rosters/:id/hidden',
    summary: 'Takes the rows that the spreadsheet hides, or leaves them out, and checks again',
    params: z.object({ id }),
    body: z.object({ take: z.boolean() }),
    response: batch,
    handle: async ({ params, body, viewer, language }) =>
      batchView(await rosters.takeHidden(viewer, params.id, body.take), host.translate(language)),
  });

  host.api({
    method: 'post',
    path: '/rosters/:id/confirm',
    summary: 'Enrols the accepted rows; repeating it changes nothing',
    params: z.object({ id }),
    response: result,
    async handle({ params, viewer, language }) {
      const done = await rosters.confirm(viewer, params.id);
      return { ...done, refused: done.refused.map(refusalView(host.translate(language))) };
    },
  });

  host.api({
    method: 'get',
    path: '/learners',
    summary: "Teachers of the caller's scope in a programme, by name",
    query: z.object({
      programme: id,
      state: z.enum(enrolmentStates).optional(),
      organisation: id.optional(),
      page: z.coerce.number().int().min(1).optional(),
      size: z.coerce.number().int().optional(),
    }),
    response: z.object({
      total: z.number(),
      rows: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          idNumber: z.string().describe('Masked'),
          organisation: z.string(),
          stage: z.string(),
          subject: z.string(),
          state: z.enum(enrolmentStates),
          activated: z.boolean(),
        }),
      ),
    }),
    async handle({ query, viewer }) {
      const { page: _page, size: _size, ...filter } = query;
      await access.programme(viewer, query.programme);
      const { rows, total } = await learners.list(viewer, filter, paging(query));
      return {
        total,
        rows: rows.map(({ enrolment: { _id, name, organisation, stage, subject, state }, user }) => ({
          ...{ id: _id, name, organisation, stage, subject, state },
          idNumber: user?.idMasked ?? '',
          activated: Boolean(user?.passwordHash),
        })),
      };
    },
  });

  for (const act of ['withdraw', 'rejoin'] as const) {
    host.api({
      method: 'post',
      path: `/learners/:id/${act}`,
      summary: act === 'withdraw' ? 'A teacher leaves the programme' : 'A teacher who had left takes part again',
      params: z.object({ id }),
      response: state,
      async handle({ params, viewer }) {
        const after = await learners[act](viewer, params.id);
        return { id: after._id, state: after.state };
      },
    });
  }

  host.api({
    method: 'post',
    path: '/regions',
    summary: 'Lets a county that organises its own training take part in a programme',
    body: z.object({ programme: id, region: id }),
    response: z.object({ programme: z.string(), region: z.string() }),
    async handle({ body, viewer }) {
      await learners.join(viewer, body.programme, body.region);
      return body;
    },
  });
}
