import { z } from 'zod';
import { AppError, errors, paging } from '#platform';
import { parseCertificateNumber } from './certificate-number.ts';
import { plain } from './certificate-text.ts';
import type { Certificate, Certificates } from './certificates.service.ts';
import { publicView } from './check.routes.ts';
import type { CheckLimit } from './check-limit.ts';
import type { CertificatesHost } from './settings.ts';

const text = z.object({ zh: z.string(), en: z.string().nullish() });
const certificateSchema = z.object({
  enrolment: z.string(),
  number: z.string(),
  name: z.string(),
  idMasked: z.string(),
  title: text,
  provider: text,
  organisation: text,
  hours: z.number(),
  score: z.number(),
  qualifiedAt: z.date(),
  issuedAt: z.date(),
  registryNumber: z.string().optional(),
  checkUrl: z.string(),
  revoked: z.object({ at: z.date(), reason: z.string() }).optional(),
});
const checkedSchema = z.object({
  state: z.enum(['valid', 'revoked']),
  number: z.string(),
  name: z.string(),
  programme: z.string(),
  provider: z.string(),
  hours: z.number(),
  issuedAt: z.date(),
  registryNumber: z.string().optional(),
  revokedAt: z.date().optional(),
  reason: z.string().optional(),
});
const enrolmentParams = z.object({ enrolment: z.string().max(120) });

/** `/api/v1/certificates`: the caller's certificates, those of their scope, and the public check. */
export function addApi(host: CertificatesHost, certificates: Certificates, limit: CheckLimit): void {
  const view = ({ _id, code, revoked, registryNumber, ...rest }: Certificate) => ({
    ...rest,
    enrolment: _id,
    checkUrl: certificates.checkUrl(code),
    ...(registryNumber && { registryNumber }),
    ...(revoked && { revoked: { at: revoked.at, reason: revoked.reason } }),
  });
  const checked = (found: Certificate | undefined, language: 'zh-CN' | 'en') => {
    if (!found) throw errors.notFound();
    const state = found.revoked ? ('revoked' as const) : ('valid' as const);
    return { state, ...publicView(found, (words) => plain(words, language)) };
  };

  host.api({
    method: 'get',
    path: '/check/:code',
    summary: 'Whether the certificate with this code is valid',
    open: true,
    params: z.object({ code: z.string().max(64) }),
    response: checkedSchema,
    handle: async ({ params, language, address }) =>
      checked(await limit.look(address, undefined, () => certificates.byCode(params.code)), language),
  });

  host.api({
    method: 'get',
    path: '/mine',
    summary: "The caller's own certificates",
    response: z.array(certificateSchema),
    handle: async ({ viewer }) => (await certificates.ofLearner(viewer)).map(view),
  });

  host.api({
    method: 'get',
    path: '/:enrolment',
    summary: "The certificate of the caller's own enrolment, or of one in their scope",
    params: enrolmentParams,
    response: certificateSchema,
    handle: async ({ params, viewer }) => view(await certificates.get(viewer, params.enrolment)),
  });

  host.api({
    method: 'get',
    path: '/',
    summary: "Certificates within the caller's scope, the newest first",
    query: z.object({
      q: z.string().max(60).optional(),
      page: z.coerce.number().int().min(1).optional(),
      size: z.coerce.number().int().optional(),
    }),
    response: z.object({ total: z.number(), rows: z.array(certificateSchema) }),
    async handle({ query, viewer }) {
      const { rows, total } = await certificates.list(viewer, query.q ?? '', paging(query));
      return { total, rows: rows.map(view) };
    },
  });

  host.api({
    method: 'post',
    path: '/check',
    summary: 'Whether a person holds the certificate of this number',
    open: true,
    body: z.object({ number: z.string().max(40), name: z.string().max(60) }),
    response: checkedSchema,
    async handle({ body, language, address }) {
      const parsed = parseCertificateNumber(body.number);
      if (!parsed.ok) throw new AppError(`certificates:number-${parsed.reason}`, 422);
      const find = () => certificates.byNumber(parsed.number, body.name);
      return checked(await limit.look(address, parsed.number, find), language);
    },
  });

  host.api({
    method: 'post',
    path: '/:enrolment/revoke',
    summary: 'Declares a certificate void',
    params: enrolmentParams,
    body: z.object({ reason: z.string().trim().min(2).max(200) }),
    response: certificateSchema,
    async handle({ params, body, viewer }) {
      await certificates.revoke(viewer, params.enrolment, body.reason);
      return view(await certificates.get(viewer, params.enrolment));
    },
  });
}
