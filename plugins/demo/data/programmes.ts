/**
 * The two programmes of the Kaifeng full-staff training, first phase. Titles, providers, hours and the pattern of the
 * term are those of 2018 (enrolment until 20 December, study from 1 January to 30 April); the days are shifted so that
 * today lies two thirds into the study term.
 */
import { addDays, type Stage } from '#platform';
import { basicTasks, type DemoTask, seniorTasks } from './assignments.ts';
import { basicCourses, type DemoCourse, seniorCourses } from './courses.ts';
import { basicTopics, type DemoTopic, seniorTopics } from './discussions.ts';
import { PROVIDER_BASIC, PROVIDER_SENIOR } from './organisations.ts';

/** Beijing days, both ends included. */
export interface DemoTerm {
  enrolFrom: string;
  enrolUntil: string;
  from: string;
  to: string;
}

export interface DemoProgramme {
  id: 'senior' | 'basic';
  title: { zh: string; en: string };
  description: { zh: string; en: string };
  /** Organisation id. */
  provider: string;
  hours: number;
  stages: Stage[];
  courses: DemoCourse[];
  topics: DemoTopic[];
  tasks: DemoTask[];
}

export const programmes: DemoProgramme[] = [
  {
    id: 'senior',
    title: {
      zh: '开封市中小学教师（高中）继续教育全员培训（一期）',
      en: 'Kaifeng Full-Staff Continuing Education for Teachers (Senior High), First Phase',
    },
    description: description('高中', 'senior high'),
    provider: PROVIDER_SENIOR,
    hours: 60,
    stages: ['senior'],
    courses: seniorCourses,
    topics: seniorTopics,
    tasks: seniorTasks,
  },
  {
    id: 'basic',
    title: {
      zh: '开封市中小学教师（初中、小学、幼儿园）继续教育全员培训（一期）',
      en: 'Kaifeng Full-Staff Continuing Education for Teachers (Junior High, Primary, Kindergarten), First Phase',
    },
    description: description(
      '初中、小学、幼儿园（含特殊教育）',
      'junior high, primary, kindergarten and special education',
    ),
    provider: PROVIDER_BASIC,
    hours: 60,
    stages: ['junior', 'primary', 'kindergarten', 'special'],
    courses: basicCourses,
    topics: basicTopics,
    tasks: basicTasks,
  },
];

/** 1 January to 30 April 2018. */
const STUDY_DAYS = 120;

/** The term in which `today` is the 81st of 120 study days; enrolment keeps its distance, 1 to 20 December. */
export function termAround(today: string): DemoTerm {
  const from = addDays(today, -(STUDY_DAYS * 2) / 3);
  return { enrolFrom: addDays(from, -31), enrolUntil: addDays(from, -12), from, to: addDays(from, STUDY_DAYS - 1) };
}

export interface DemoAssessment {
  weights: { video: number; discussion: number; tasks: number };
  /** Video seconds without which nobody qualifies: 90 % of all lessons, rounded down; also full marks. */
  requiredSeconds: number;
  /** Tenths of points for full marks. */
  discussionFull: number;
  /** Tasks that must be handed in and graded; full marks are 100 for each. */
  requiredTasks: number;
  /** Hundredths of points. */
  passMark: number;
}

/** The scheme of both programmes: the defaults of design section 5. */
export function assessment(programme: DemoProgramme): DemoAssessment {
  const total = lessonsOf(programme).reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    weights: { video: 40, discussion: 20, tasks: 40 },
    requiredSeconds: Math.floor((total * 9) / 10),
    discussionFull: 200,
    requiredTasks: 2,
    passMark: 6000,
  };
}

/** Every lesson of a programme, in order. */
export const lessonsOf = (programme: DemoProgramme) => programme.courses.flatMap(({ lessons }) => lessons);

/** The programme that a stage studies. */
export const programmeOf = (stage: Stage): DemoProgramme => programmes.find(({ stages }) => stages.includes(stage))!;

function description(zh: string, en: string) {
  return {
    zh: `面向全市${zh}教师，60 学时，按工作坊开展：课程学习、研讨交流、研修任务。演示数据：教师、学校、成绩均为虚构。`,
    en: `For teachers of ${en} in the city: 60 hours in workshops, with courses, discussion and tasks. Demonstration data: teachers, schools and results are invented.`,
  };
}
