import type { Request, Response } from 'express';
import QRCode from 'qrcode';
import { z } from 'zod';
import { AppError, holds, paging, readForm } from '#platform';
import { certificateText, plain } from './certificate-text.ts';
import type { Certificate, Certificates } from './certificates.service.ts';
import type { PdfRenderer } from './pdf-renderer.ts';
import type { CertificatesHost } from './settings.ts';

const revokeForm = z.object({ reason: z.string().trim().min(2).max(200) });

/** The learner's certificates, those of a scope, and one certificate as page and PDF. */
export function addPages(host: CertificatesHost, certificates: Certificates, renderer: PdfRenderer): void {
  host.menu({ label: 'menu.certificates', href: '/certificates', icon: 'certificate', roles: ['learner'], order: 50 });
  host.menu({
    label: 'menu.certificates',
    href: '/certificates',
    icon: 'certificate',
    roles: host.rolesFor('view').filter((role) => role !== 'moderator'),
    order: 76,
  });

  host.routes.get('/', host.signedIn, async (request, response) => {
    const viewer = request.viewer!;
    const t = host.translate(request.language);
    const oversees = holds(viewer, host.rolesFor('view'));
    const text = String(request.query.q ?? '')
      .trim()
      .slice(0, 60);
    const page = paging(request.query);
    const own = await certificates.ofLearner(viewer);
    const list = oversees ? await certificates.list(viewer, text, page) : undefined;
    const shown = (certificate: Certificate) => ({
      ...certificate,
      title: plain(certificate.title, request.language),
      organisation: plain(certificate.organisation, request.language),
    });
    await response.page('certificates/list', {
      title: t('list.title'),
      own: own.map(shown),
      list: list?.rows.map(shown),
      text,
      paging: list && { page: page.page, pages: Math.ceil(list.total / page.limit), total: list.total },
      rooms: (await request.enrolments()).map(({ _id }) => `enrolment:${_id}`),
    });
  });

  host.routes.get('/:enrolment', host.signedIn, async (request, response) => {
    const certificate = await certificates.get(request.viewer!, String(request.params.enrolment));
    await show(request, response, certificate, {});
  });

  host.routes.get('/:enrolment/pdf', host.signedIn, async (request, response) => {
    const certificate = await certificates.get(request.viewer!, String(request.params.enrolment));
    if (certificate.revoked) throw new AppError('certificates:revoked', 409);
    const pdf = await renderer.render(certificateText(host, certificate, certificates.checkUrl(certificate.code)));
    response.attachment(`${certificate.number}.pdf`).type('application/pdf').send(pdf);
  });

  host.routes.post('/:enrolment/revoke', host.allow('revoke'), async (request, response) => {
    const enrolment = String(request.params.enrolment);
    const certificate = await certificates.get(request.viewer!, enrolment);
    const form = readForm(revokeForm, request.body, request.language);
    if (!form.ok)
      return show(request, response, certificate, { status: 422, errors: form.errors, values: form.values });
    await certificates.revoke(request.viewer!, enrolment, form.value.reason);
    response.done(`/certificates/${enrolment}`, host.translate(request.language)('revoke.done'));
  });

  host.slot('enrolment.side', {
    view: 'side',
    order: 60,
    async data({ subject }) {
      const enrolment = (subject.enrolment as { _id: string } | undefined)?._id;
      const certificate = enrolment && (await certificates.of(enrolment));
      return certificate ? { certificate } : undefined;
    },
  });

  async function show(
    request: Request,
    response: Response,
    certificate: Certificate,
    form: Record<string, unknown>,
  ): Promise<void> {
    const t = host.translate(request.language);
    const checkUrl = certificates.checkUrl(certificate.code);
    const mayRevoke = request.viewer && holds(request.viewer, host.rolesFor('revoke'));
    await response.page('certificates/certificate', {
      title: t('certificate.title', { number: certificate.number }),
      breadcrumb: [{ label: t('list.title'), href: '/certificates' }],
      ...(!certificate.revoked && {
        primary: { label: t('certificate.download'), href: `/certificates/${certificate._id}/pdf`, icon: 'download' },
      }),
      certificate,
      paper: certificateText(host, certificate, checkUrl),
      qr: await QRCode.toString(checkUrl, { type: 'svg', errorCorrectionLevel: 'M', margin: 0 }),
      mayRevoke: mayRevoke && !certificate.revoked,
      styles: [],
      ...form,
    });
  }
}
