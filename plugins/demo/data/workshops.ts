/** The forty workshops: one stage and subject each, one invented moderator each. */
import type { Organisation, Stage } from '#platform';
import { type DemoSubject, stageLabels, subjectLabels } from './labels.ts';
import { inventName, type Sex } from './names.ts';
import { ALMOST_THERE_SCHOOL, schools } from './organisations.ts';
import { type DemoProgramme, programmeOf } from './programmes.ts';
import { seeded } from './random.ts';

interface DemoModerator {
  name: string;
  sex: Sex;
  /** Begins with 154, which is not assigned to any operator (compare ./learners.ts). */
  phone: string;
  /** Organisation id; the school teaches the workshop's stage. */
  school: string;
}

export interface DemoWorkshop {
  /** Such as `senior-chinese-1`. */
  id: string;
  name: { zh: string; en: string };
  programme: DemoProgramme['id'];
  stage: Stage;
  subject: DemoSubject;
  moderator: DemoModerator;
}

/** How many classes of each subject, in the order in which they are listed. */
const plan: Record<Stage, Partial<Record<DemoSubject, number>>> = {
  senior: {
    chinese: 2,
    mathematics: 2,
    english: 2,
    physics: 1,
    chemistry: 1,
    biology: 1,
    politics: 1,
    history: 1,
    geography: 1,
  },
  junior: {
    chinese: 2,
    mathematics: 2,
    english: 2,
    physics: 1,
    chemistry: 1,
    biology: 1,
    politics: 1,
    history: 1,
    geography: 1,
  },
  primary: { chinese: 4, mathematics: 3, english: 1, science: 1, music: 1, 'physical-education': 1 },
  kindergarten: { kindergarten: 4 },
  special: { special: 1 },
};

const SEED = 2018;
const ORDINALS = ['一', '二', '三', '四'];

export const workshops: DemoWorkshop[] = build();

/** The moderator of the learner who is a minute away from qualifying. */
export const ALMOST_THERE_WORKSHOP = 'senior-chinese-1';

function build(): DemoWorkshop[] {
  const random = seeded(SEED);
  const list: DemoWorkshop[] = [];
  for (const [stage, subjects] of Object.entries(plan) as [Stage, Partial<Record<DemoSubject, number>>][]) {
    for (const [subject, classes] of Object.entries(subjects) as [DemoSubject, number][]) {
      for (let number = 1; number <= classes; number++) {
        const sex = random.chance(0.6) ? 'female' : 'male';
        list.push({
          id: stage === subject ? `${stage}-${number}` : `${stage}-${subject}-${number}`,
          name: workshopName(stage, subject, classes > 1 ? number : undefined),
          programme: programmeOf(stage).id,
          stage,
          subject,
          moderator: {
            name: inventName(sex, random),
            sex,
            phone: `154${String(20_000_001 + list.length)}`,
            school: random.pick(schools.filter((school) => mayModerate(school, stage)))._id,
          },
        });
      }
    }
  }
  return list;
}

function workshopName(stage: Stage, subject: DemoSubject, number: number | undefined): DemoWorkshop['name'] {
  const [of, taught] = [stageLabels[stage], subjectLabels[subject]];
  const zh = stage === 'kindergarten' || stage === 'special' ? of.zh : of.zh + taught.zh;
  const en = stage === 'kindergarten' || stage === 'special' ? of.en : `${of.en} ${taught.en.toLowerCase()}`;
  return {
    zh: `${zh}${number === undefined ? '' : `${ORDINALS[number - 1]}班`}工作坊`,
    en: `${en} workshop${number === undefined ? '' : ` ${number}`}`
      .replace(' chinese', ' Chinese')
      .replace(' english', ' English'),
  };
}

/** Nobody supervises the demonstration's own learner from the same school. */
function mayModerate(school: Organisation, stage: Stage): boolean {
  return school.stages.includes(stage) && school._id !== ALMOST_THERE_SCHOOL;
}
