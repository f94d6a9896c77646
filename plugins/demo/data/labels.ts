/** How a roster writes stages, subjects, sex and titles: what a school administrator types in the .xlsx. */
import type { Stage, Subject } from '#platform';

export const stageLabels: Record<Stage, { zh: string; en: string }> = {
  senior: { zh: '高中', en: 'Senior high' },
  junior: { zh: '初中', en: 'Junior high' },
  primary: { zh: '小学', en: 'Primary' },
  kindergarten: { zh: '幼儿园', en: 'Kindergarten' },
  special: { zh: '特殊教育', en: 'Special education' },
};

/** The subjects that the demonstration's workshops teach. */
export const subjectLabels = {
  chinese: { zh: '语文', en: 'Chinese' },
  mathematics: { zh: '数学', en: 'Mathematics' },
  english: { zh: '英语', en: 'English' },
  physics: { zh: '物理', en: 'Physics' },
  chemistry: { zh: '化学', en: 'Chemistry' },
  biology: { zh: '生物', en: 'Biology' },
  politics: { zh: '政治', en: 'Politics' },
  history: { zh: '历史', en: 'History' },
  geography: { zh: '地理', en: 'Geography' },
  science: { zh: '科学', en: 'Science' },
  music: { zh: '音乐', en: 'Music' },
  'physical-education': { zh: '体育', en: 'Physical education' },
  kindergarten: { zh: '学前教育', en: 'Early childhood' },
  special: { zh: '特殊教育', en: 'Special education' },
} as const satisfies Partial<Record<Subject, { zh: string; en: string }>>;

export type DemoSubject = keyof typeof subjectLabels;
