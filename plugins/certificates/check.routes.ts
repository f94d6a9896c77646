import type { Request, Response } from 'express';
import { z } from 'zod';
import { readForm } from '#platform';
import { parseCertificateNumber } from './certificate-number.ts';
import { plain } from './certificate-text.ts';
import type { Certificate, Certificates } from './certificates.service.ts';
import type { CheckLimit } from './check-limit.ts';
import { maskName } from './mask-name.ts';
import type { CertificatesHost } from './settings.ts';

const checkForm = z.object({ number: z.string().trim().min(1).max(40), name: z.string().trim().min(1).max(60) });

/** The public pages on which anybody confirms a certificate. */
export function addCheckPages(host: CertificatesHost, certificates: Certificates, limit: CheckLimit): void {
  host.routes.use('/check', (_request, response, next) => {
    response.set('X-Robots-Tag', 'noindex').set('Cache-Control', 'no-store');
    next();
  });

  host.routes.get('/check', (request, response) => form(request, response, {}));

  host.routes.post('/check', async (request, response) => {
    const t = host.translate(request.language);
    const read = readForm(checkForm, request.body, request.language);
    const refuse = (errors: Record<string, string>) =>
      form(request, response, { status: 422, errors, values: request.body as Record<string, unknown> });
    if (!read.ok) return refuse(read.errors);
    const parsed = parseCertificateNumber(read.value.number);
    if (!parsed.ok) return refuse({ number: t(`check.wrong.${parsed.reason}`) });
    const found = await limit.look(request.ip ?? '', parsed.number, () =>
      certificates.byNumber(parsed.number, read.value.name),
    );
    if (!found) return refuse({ '': t('check.wrong.unknown') });
    response.redirect(303, `/certificates/check/${found.code}`);
  });

  host.routes.get('/check/:code', async (request, response) => {
    const code = String(request.params.code).slice(0, 64);
    const found = await limit.look(request.ip ?? '', undefined, () => certificates.byCode(code));
    const t = host.translate(request.language);
    const outcome = found ? (found.revoked ? 'revoked' : 'valid') : 'unknown';
    await response.page('certificates/checked', {
      title: t(`check.${outcome}.title`),
      layout: 'layout-plain',
      narrow: true,
      status: found ? 200 : 404,
      outcome,
      ...(found && { certificate: publicView(found, (text) => plain(text, request.language)) }),
      checkedAt: new Date(),
    });
  });

  function form(request: Request, response: Response, more: Record<string, unknown>): Promise<void> {
    return response.page('certificates/check', {
      title: host.translate(request.language)('check.title'),
      layout: 'layout-plain',
      narrow: true,
      csrf: request.csrf(),
      ...more,
    });
  }
}

/** What strangers learn from a certificate that they hold: enough to confirm it, nothing to find the person by. */
export function publicView(certificate: Certificate, words: (text: Certificate['title']) => string) {
  const { number, name, hours, issuedAt, registryNumber, revoked } = certificate;
  return {
    number,
    name: maskName(name),
    programme: words(certificate.title),
    provider: words(certificate.provider),
    hours,
    issuedAt,
    ...(registryNumber && { registryNumber }),
    ...(revoked && { revokedAt: revoked.at, reason: revoked.reason }),
  };
}
