import type { Enrolment, PageContext } from '#platform';
import type { Results } from './result.service.ts';
import type { AssessmentHost } from './settings.ts';
import { stepsOf } from './steps.ts';

const dates = {
  'zh-CN': new Intl.DateTimeFormat('zh-CN', { dateStyle: 'long', timeZone: 'Asia/Shanghai' }),
  en: new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'Asia/Shanghai' }),
};

/** “My result”, for the learner and for those who look after them. */
export function addResultPages(host: AssessmentHost, results: Results): void {
  host.menu({
    label: 'menu.result',
    href: '/assessment/result',
    icon: 'report-analytics',
    roles: ['learner'],
    order: 40,
  });

  host.routes.get('/result', host.signedIn, async (request, response) => {
    const viewer = request.viewer!;
    const { language } = request;
    const t = host.translate(language);
    const asked = String(request.query.enrolment ?? '');
    const enrolment = asked ? await results.find(viewer, asked) : await newest();
    if (!enrolment) {
      await response.page('assessment/no-result', { title: t('result.mine') });
      return;
    }
    const result = await results.of(enrolment, language);
    const isOwn = enrolment.learner === viewer.id;
    const steps = stepsOf(result, t, (at) => dates[language].format(at));
    const explanations = await host.apply('result.explanations', [], { enrolment, viewer, language });
    await response.page('assessment/result', {
      title: isOwn ? t('result.mine') : t('result.of', { name: enrolment.name }),
      lead: result.title,
      ...(!isOwn && { breadcrumb: await host.tryUse('workshops')?.crumbsTo(viewer, enrolment, language) }),
      // Tasks are the learner's pages: not everybody who looks after them may open those.
      result: isOwn ? result : { ...result, required: result.required.map((task) => ({ ...task, href: undefined })) },
      steps,
      explanations,
      rooms: [`enrolment:${enrolment._id}`],
      scripts: ['assessment.js'],
      asOf: new Date(),
    });

    async function newest(): Promise<Enrolment | undefined> {
      const [{ current }, enrolments] = await Promise.all([request.programmes(), request.enrolments()]);
      const own = enrolments.filter(({ state }) => state !== 'withdrawn');
      return own.find(({ programme }) => programme === current?._id) ?? own[0];
    }
  });

  host.slot('enrolment.main', {
    view: 'compact',
    order: 20,
    async data({ subject, language, t }: PageContext & { subject: Record<string, unknown> }) {
      const enrolment = subject.enrolment as Enrolment | undefined;
      if (!enrolment) return undefined;
      const result = await results.of(enrolment, language);
      return { result, steps: stepsOf(result, t, (at) => dates[language].format(at)) };
    },
  });
}
