import type { Result, Step } from './result.service.ts';

/** 合格 → 已提交 → 登记成功: where the result is on its way to the registry, and the certificate at its end. */
export function stepsOf(result: Result, t: (key: string) => string, date: (at: Date) => string): Step[] {
  const { qualified, qualifiedAt, registry, certificate, enrolment } = result;
  const sent = registry.state !== 'none';
  const steps: Step[] = [
    { label: t('step.qualified'), state: qualified ? 'done' : 'current', ...note(qualifiedAt && date(qualifiedAt)) },
    {
      label: t('step.submitted'),
      state: sent ? 'done' : qualified ? 'current' : 'todo',
      ...note(registry.submittedAt && date(registry.submittedAt)),
    },
    registry.state === 'refused'
      ? { label: t('step.refused'), state: 'failed', ...note(t('step.refusedNote')) }
      : {
          label: t('step.registered'),
          state: registry.state === 'accepted' ? 'done' : sent ? 'current' : 'todo',
          ...note(registry.state === 'accepted' && registry.at && date(registry.at)),
        },
  ];
  const state = certificate ? 'done' : registry.state === 'accepted' ? 'current' : 'todo';
  const link = certificate ? { href: `/certificates/${enrolment}`, note: date(certificate.issuedAt) } : {};
  return [...steps, { label: t('step.certificate'), state, ...link }];
}

const note = (text: string | false | undefined) => (text ? { note: text } : {});
