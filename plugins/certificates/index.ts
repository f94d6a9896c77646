import { definePlugin, localText, overseers } from '#platform';
import { certificateSchema, counterSchema } from './certificate.model.ts';
import { addApi } from './certificates.api.ts';
import { addPages } from './certificates.routes.ts';
import { Certificates } from './certificates.service.ts';
import { addCheckPages } from './check.routes.ts';
import { CheckLimit } from './check-limit.ts';
import { PdfRenderer } from './pdf-renderer.ts';
import { type CertificatesHost, settings } from './settings.ts';

declare module '#platform' {
  interface Services {
    certificates: {
      /** The enrolment's certificate, unless there is none or it was revoked. */
      of(enrolment: string): Promise<{ number: string; issuedAt: Date; checkUrl: string } | undefined>;
    };
  }
  interface Facts {
    'certificate.issued': { enrolment: string; learner: string; number: string };
  }
}

export default definePlugin({
  id: 'certificates',
  api: '^1.0.0',
  permissions: { view: overseers, revoke: ['operator'] },
  settings,
  models: { certificates: certificateSchema, counters: counterSchema },
  register(host) {
    const certificates = new Certificates(host);
    const limit = new CheckLimit();
    const renderer = new PdfRenderer();
    host.onStop(() => renderer.stop());

    host.provide<'certificates'>({
      async of(enrolment) {
        const found = await certificates.of(enrolment);
        if (!found || found.revoked) return undefined;
        return { number: found.number, issuedAt: found.issuedAt, checkUrl: certificates.checkUrl(found.code) };
      },
    });
    if (host.settings.issue === 'qualified') {
      host.onDurable('progress.qualified', ({ enrolment }) => certificates.issue(enrolment));
    } else {
      host.on('registry.accepted', ({ enrolment, number }) => certificates.issue(enrolment, number));
      host.onStart(() => certificates.catchUp());
      host.jobs.define('catch-up', () => certificates.catchUp(), { every: '5 minutes' });
    }
    tellLearners(host);
    host.footer({ label: 'check.footer', href: '/certificates/check' });
    // The check pages come first: `/check` must not be read as an enrolment.
    addCheckPages(host, certificates, limit);
    addPages(host, certificates, renderer);
    addApi(host, certificates, limit);
  },
});

function tellLearners(host: CertificatesHost): void {
  host.on('certificate.issued', async ({ enrolment, learner, number }) => {
    const text = (language: 'zh-CN' | 'en', key: string) => host.translate(language)(`message.${key}`, { number });
    const both = (key: string) => ({ zh: text('zh-CN', key), en: text('en', key) });
    const { title } = await host.programmes.get(enrolment.slice(learner.length + 1));
    await host.tryUse('messages')?.send([
      {
        to: [learner],
        kind: 'certificate',
        title: both('title'),
        text: {
          zh: host.translate('zh-CN')('message.text', { number, title: title.zh }),
          en: host.translate('en')('message.text', { number, title: localText(title, 'en') }),
        },
        href: `/certificates/${enrolment}`,
      },
    ]);
  });
}
