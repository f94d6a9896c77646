/**
 * Invented teachers, always the same for the same seed.
 *
 * ID numbers are correct by GB 11643-1999 but invented: their sequence numbers are 996 to 999, which the fifteen-digit
 * numbers set aside for centenarians, so that hardly anybody living carries one. Phone numbers begin with 154, the one
 * prefix between 150 and 159 that no operator has (libphonenumber, metadata of CN: mobile 1…5[0-35-9]).
 */
import { addDays, checkDigit, daysBetween, type Organisation, type Stage } from '#platform';
import { type DemoSubject, stageLabels, subjectLabels } from './labels.ts';
import { inventName, type Sex } from './names.ts';
import { ALMOST_THERE_SCHOOL } from './organisations.ts';
import type { DemoProgramme } from './programmes.ts';
import { type Random, seeded } from './random.ts';
import { idRegionCode, regions } from './regions.ts';
import { ALMOST_THERE_WORKSHOP, type DemoWorkshop, workshops } from './workshops.ts';

export interface Learner {
  /** Position in the list, from 0. */
  index: number;
  name: string;
  sex: Sex;
  idNumber: string;
  phone: string;
  /** Organisation id. */
  school: string;
  /** Region of the school. */
  region: string;
  stage: Stage;
  subject: DemoSubject;
  /** 职称, as written in a roster. */
  title: string;
  programme: DemoProgramme['id'];
  workshop: string;
  /** The one who is a minute away from qualifying. */
  almostThere: boolean;
}

/** The row of the .xlsx that a school administrator uploads, by column heading. */
export type RosterRow = Record<(typeof rosterColumns)[number], string>;
export const rosterColumns = ['姓名', '性别', '身份证号', '手机号', '学校', '学段', '学科', '职称'] as const;

/** Ages 24 to 59 throughout 2026; fixed days, so that a learner stays the same person from year to year. */
const BORN_FROM = '1967-01-01';
const BORN_UNTIL = '2001-12-31';

/** How many teachers a school has at each stage, relative to each other. */
const STAFF: Record<Stage, number> = { senior: 58, junior: 50, primary: 46, kindergarten: 26, special: 40 };

/** @param options.programmes only stages that one of them teaches are generated */
export function generateLearners(options: {
  seed: number;
  count: number;
  schools: readonly Organisation[];
  programmes: readonly DemoProgramme[];
}): Learner[] {
  const random = seeded(options.seed);
  const idNumbers = new Set<string>();
  const turns = new Map<string, number>();
  return postings(options).map(({ school, stage, programme }, index) => {
    const almostThere = index === 0;
    const sex: Sex = almostThere || random.chance(stage === 'kindergarten' ? 0.96 : 0.66) ? 'female' : 'male';
    const subject = almostThere ? 'chinese' : pickSubject(stage, random);
    const { idNumber, birth } = inventIdNumber(sex, school.region, random, idNumbers);
    return {
      index,
      name: inventName(sex, random),
      sex,
      idNumber,
      phone: `154${String(10_000_001 + index)}`,
      school: school._id,
      region: school.region,
      stage,
      subject,
      title: pickTitle(birth, random),
      programme: programme.id,
      workshop: almostThere ? ALMOST_THERE_WORKSHOP : nextWorkshop(stage, subject, turns),
      almostThere,
    };
  });
}

/** What the school's administrator types. @param schools where to look up the school's name */
export function rosterRow(learner: Learner, schools: readonly Organisation[]): RosterRow {
  return {
    姓名: learner.name,
    性别: learner.sex === 'male' ? '男' : '女',
    身份证号: learner.idNumber,
    手机号: learner.phone,
    学校: schools.find(({ _id }) => _id === learner.school)!.name.zh,
    学段: stageLabels[learner.stage].zh,
    学科: subjectLabels[learner.subject].zh,
    职称: learner.title,
  };
}

type Posting = { school: Organisation; stage: Stage; programme: DemoProgramme };

/** `count` places spread over schools and stages by the size of their staff; the first is the special learner's. */
function postings({
  count,
  schools,
  programmes,
}: {
  count: number;
  schools: readonly Organisation[];
  programmes: readonly DemoProgramme[];
}): Posting[] {
  const places = schools.flatMap((school) =>
    (school.stages as Stage[]).flatMap((stage) => {
      const programme = programmes.find(({ stages }) => stages.includes(stage));
      return programme ? [{ school, stage, programme, weight: STAFF[stage] }] : [];
    }),
  );
  places.sort((a, b) => Number(b.school._id === ALMOST_THERE_SCHOOL) - Number(a.school._id === ALMOST_THERE_SCHOOL));
  const total = places.reduce((sum, { weight }) => sum + weight, 0);
  let before = 0;
  return places.flatMap((place) => {
    const from = Math.round((before * count) / total);
    before += place.weight;
    return Array.from({ length: Math.round((before * count) / total) - from }, () => place);
  });
}

function pickSubject(stage: Stage, random: Random): DemoSubject {
  return random.pick(workshops.filter((workshop) => workshop.stage === stage)).subject;
}

/** Takes the workshops of a stage and subject in turn, so that they fill evenly. */
function nextWorkshop(stage: Stage, subject: DemoSubject, turns: Map<string, number>): string {
  const fitting: DemoWorkshop[] = workshops.filter((each) => each.stage === stage && each.subject === subject);
  const key = `${stage}/${subject}`;
  const turn = turns.get(key) ?? 0;
  turns.set(key, turn + 1);
  return fitting[turn % fitting.length]!.id;
}

function inventIdNumber(sex: Sex, region: string, random: Random, taken: Set<string>) {
  const counties = regions.filter(({ level }) => level === 'county');
  for (;;) {
    const home = random.chance(0.6) && counties.some(({ _id }) => _id === region) ? region : random.pick(counties)._id;
    const birth = addDays(BORN_FROM, random.int(0, daysBetween(BORN_FROM, BORN_UNTIL)));
    const sequence = random.pick(sex === 'male' ? [997, 999] : [996, 998]);
    const first17 = `${idRegionCode(home)}${birth.replaceAll('-', '')}${sequence}`;
    const idNumber = first17 + checkDigit(first17);
    if (taken.has(idNumber)) continue;
    taken.add(idNumber);
    return { idNumber, birth };
  }
}

function pickTitle(birth: string, random: Random): string {
  const year = Number(birth.slice(0, 4));
  if (year < 1975) return random.pick(['正高级教师', '高级教师', '高级教师', '高级教师', '一级教师']);
  if (year < 1988) return random.pick(['高级教师', '高级教师', '一级教师', '一级教师', '二级教师']);
  return random.pick(['一级教师', '二级教师', '二级教师', '三级教师']);
}
