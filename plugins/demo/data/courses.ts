/**
 * Courses and lessons of the two programmes. Each lesson plays a file of ../media whole; since those last minutes, not
 * hours, every title and introduction says 节选 (excerpt).
 */

import { media } from '../media/index.ts';
import { captionsOf } from './captions.ts';

type Text = { zh: string; en: string };
type MediaId = (typeof media)[number]['id'];

interface DemoLesson {
  id: string;
  title: Text;
  intro: Text;
  /** A file in plugins/demo/media. */
  file: string;
  type: 'video/mp4' | 'video/webm';
  /** Whole length of the file, rounded down. */
  seconds: number;
  /** WebVTT. */
  captions: string;
  chapters: { at: number; title: Text }[];
}

export interface DemoCourse {
  id: string;
  title: Text;
  intro: Text;
  lessons: DemoLesson[];
}

const texts: Record<MediaId, { title: Text; intro: Text; chapters: string[] }> = {
  ethics: {
    title: { zh: '师德修养：做学生信赖的人（节选）', en: 'Professional ethics: earning trust (excerpt)' },
    intro: {
      zh: '从十项准则里的三条底线和一次当众批评的案例出发，想一想自己最近一次发火。演示用节选。',
      en: 'Three bottom lines from the ten rules of conduct, and the case of a public reprimand. An excerpt.',
    },
    chapters: ['Why begin with ethics', 'Three bottom lines', 'Case: a public reprimand', 'A question for you'],
  },
  classroom: {
    title: { zh: '课堂教学改革：让学习真正发生（节选）', en: 'Teaching reform: making learning happen (excerpt)' },
    intro: {
      zh: '从“教完了”到“学会了”：前测、合作学习、当堂评价，选一个环节改一改。演示用节选。',
      en: 'From “taught” to “learnt”: pre-tests, working together, feedback within the lesson. An excerpt.',
    },
    chapters: [
      'From “taught” to “learnt”',
      'Start where the pupils are',
      'Working together is more than sitting together',
      'Making progress visible',
      'Summary and task',
    ],
  },
  information: {
    title: {
      zh: '信息技术应用：工具服务于学习（节选）',
      en: 'Information technology: tools that serve learning (excerpt)',
    },
    intro: {
      zh: '先问目的再选工具，三种常用做法，以及数据与隐私的边界。演示用节选。',
      en: 'Purpose before tools, three things that work in class, and the limits that privacy sets. An excerpt.',
    },
    chapters: ['Purpose before tools', 'Three things that work in class', 'Data and privacy', 'Try it'],
  },
  'class-management': {
    title: { zh: '班级管理：规则、关系与活动（节选）', en: 'Class management: rules, relations, activities (excerpt)' },
    intro: {
      zh: '班规怎么定、冲突怎么办、活动怎样凝聚一个班。演示用节选。',
      en: 'How to agree on rules, what to do in a conflict, and how activities hold a class together. An excerpt.',
    },
    chapters: ['Rules made together', 'Relations come first', 'When conflict comes', 'Activities that unite'],
  },
  play: {
    title: { zh: '观察儿童：在游戏与差异中支持成长（节选）', en: 'Observing children: play and difference (excerpt)' },
    intro: {
      zh: '先观察再介入，支持游戏中的儿童和有特殊需要的儿童，写好一份观察记录。演示用节选。',
      en: 'Observe first, support play and children with special needs, and write it down well. An excerpt.',
    },
    chapters: [
      'Observe before stepping in',
      'Play is the work of children',
      'Special needs',
      'A good observation record',
    ],
  },
  closing: {
    title: { zh: '研修小结：把所学带回课堂（节选）', en: 'Closing: taking it back to class (excerpt)' },
    intro: {
      zh: '回顾三个关键词，给自己定一个小目标。不到一分钟。演示用节选。',
      en: 'Three key words and one small goal of your own. Less than a minute. An excerpt.',
    },
    chapters: ['Three key words', 'One small goal', 'Thank you'],
  },
};

export const seniorCourses: DemoCourse[] = [
  course('s-ethics', '师德与育人', 'Ethics and education', ['ethics', 'class-management']),
  course('s-teaching', '高中课堂教学与信息技术', 'Teaching and technology in senior high', [
    'classroom',
    'information',
  ]),
  course('s-closing', '研修总结', 'Closing', ['closing']),
];

export const basicCourses: DemoCourse[] = [
  course('b-ethics', '师德与班级管理', 'Ethics and class management', ['ethics', 'class-management']),
  course('b-teaching', '课堂与游戏', 'Lessons and play', ['classroom', 'play']),
  course('b-technology', '信息技术应用', 'Information technology', ['information']),
];

function course(id: string, zh: string, en: string, lessons: MediaId[]): DemoCourse {
  return {
    id,
    title: { zh: `${zh}（节选）`, en: `${en} (excerpts)` },
    intro: {
      zh: `演示课程，共 ${lessons.length} 讲，每讲几分钟，均为节选。`,
      en: `A demonstration course. Lessons: ${lessons.length}, each an excerpt of a few minutes.`,
    },
    lessons: lessons.map((name) => lesson(id, name)),
  };
}

function lesson(courseId: string, name: MediaId): DemoLesson {
  const file = media.find(({ id }) => id === name)!;
  const { title, intro, chapters } = texts[name];
  return {
    id: `${courseId}-${name}`,
    title,
    intro,
    file: file.file,
    type: file.type,
    seconds: file.seconds,
    captions: captionsOf(file),
    chapters: file.chapters.map(({ at, title: zh }, index) => ({ at, title: { zh, en: chapters[index]! } })),
  };
}
