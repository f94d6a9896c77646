import { definePlugin, type Enrolment, type Language, type Viewer } from '#platform';
import { addApi } from './assessment.api.ts';
import { addResultPages } from './result.routes.ts';
import { Results } from './result.service.ts';
import { addSchemePages } from './scheme.routes.ts';
import { Schemes } from './scheme.service.ts';

declare module '#platform' {
  interface Filters {
    /** Where a learner reads why something did not count, such as a lesson's ledger. */
    'result.explanations': {
      value: { label: string; detail?: string; href: string }[];
      context: { enrolment: Enrolment; viewer: Viewer; language: Language };
    };
    /** Activities of a programme that its scheme may require. */
    'scheme.activities': {
      value: { activity: string; title: string }[];
      context: { programme: string; language: Language };
    };
  }
}

export default definePlugin({
  id: 'assessment',
  api: '^1.0.0',
  permissions: {
    manage: ['operator', 'province', 'city-bureau', 'provider-manager'],
  },
  register(host) {
    const results = new Results(host);
    const schemes = new Schemes(host);
    addResultPages(host, results);
    addSchemePages(host, schemes);
    host.filter('learner.next-step', async (step, { enrolment, language }) => {
      if (enrolment.state !== 'qualified') return step;
      const certificate = await host.tryUse('certificates')?.of(enrolment._id);
      const t = host.translate(language);
      return certificate
        ? { label: t('next.certificate'), href: `/certificates/${enrolment._id}` }
        : { label: t('next.result'), href: `/assessment/result?enrolment=${enrolment._id}` };
    });
    host.slot('home.main', {
      view: 'missing',
      order: 10,
      async data({ viewer, language, subject }) {
        const { enrolments = [] } = subject as { enrolments?: Enrolment[] };
        const open = enrolments.filter(({ state, learner }) => state !== 'qualified' && learner === viewer?.id);
        if (open.length === 0) return undefined;
        return { results: await Promise.all(open.map((enrolment) => results.of(enrolment, language))) };
      },
    });
    addApi(host, { results, schemes });
  },
});
