import { checkDigit } from '../../server/accounts/id-number.ts';
import type { Grant } from '../../server/accounts/scope.ts';
import { addDays, beijingDay, startOfBeijingDay } from '../../server/beijing-time.ts';
import type { Platform } from '../../server/platform.ts';
import type { Enrolment } from '../../server/programmes/enrolments.service.ts';
import { password } from './client.ts';

export interface Person {
  id: string;
  login: string;
  name: string;
  idNumber: string;
}

export interface Fixtures {
  /** Regions: city 410200 with counties 410204 鼓楼区 and 410202 龙亭区. */
  regions: { province: '410000'; city: '410200'; county: '410204'; otherCounty: '410202' };
  /** One senior school per county, and a provider. */
  organisations: { school: string; otherSchool: string; provider: string; cityBureau: string };
  /** An open programme of 60 hours in term: video 40 (full 600 s, minimum 300 s), discussion 20, tasks 40. */
  programme: string;
  /** A person with the password of `client.ts`; each gets an account name, an invented ID number and a school. */
  person(options?: {
    name?: string;
    grants?: Grant[];
    organisation?: string;
    stage?: string;
    subject?: string;
  }): Promise<Person>;
  /** A learner enrolled in the programme. */
  learner(options?: {
    name?: string;
    organisation?: string;
    subject?: string;
  }): Promise<Person & { enrolment: Enrolment }>;
}

const regions = { province: '410000', city: '410200', county: '410204', otherCounty: '410202' } as const;
const organisations = {
  school: 'school-a',
  otherSchool: 'school-b',
  provider: 'provider-a',
  cityBureau: 'bureau-city',
};

let people = 0;

/** A new invented ID number each time: a real region code, a made-up birth date and sequence, the right check digit. */
export function inventedIdNumber(): string {
  people += 1;
  const birth = `19${60 + (people % 40)}${String((people % 12) + 1).padStart(2, '0')}${String((people % 28) + 1).padStart(2, '0')}`;
  const first17 = `410204${birth}${String(people % 1000).padStart(3, '0')}`;
  return first17 + checkDigit(first17);
}

/** Puts the fixtures into a fresh platform, or binds the known ones to a platform started again. */
export async function createFixtures(platform: Platform, known?: Fixtures): Promise<Fixtures> {
  const { accounts, progress } = platform.rooms;
  const programme = known?.programme ?? (await place(platform));

  const passwordHash = await accounts.hashPassword(password);

  const person: Fixtures['person'] = async (options = {}) => {
    const idNumber = inventedIdNumber();
    const login = `person-${people}`;
    const name = options.name ?? `教师${people}`;
    const user = await accounts.create({
      name,
      account: login,
      idNumber,
      passwordHash,
      organisation: options.organisation ?? organisations.school,
      stage: options.stage ?? 'senior',
      subject: options.subject ?? 'chinese',
      grants: options.grants ?? [],
    });
    return { id: user._id, login, name, idNumber };
  };

  const learner: Fixtures['learner'] = async (options = {}) => {
    const organisation = options.organisation ?? organisations.school;
    const made = await person({
      ...options,
      organisation,
      grants: [{ role: 'learner', scope: `organisation:${organisation}` }],
    });
    const enrolment = await progress.enrol(programme, await accounts.get(made.id));
    return { ...made, enrolment };
  };

  return { regions, organisations, programme, person, learner };
}

async function place(platform: Platform): Promise<string> {
  const { regions: tree, programmes } = platform.rooms;
  const { province, city, county, otherCounty } = regions;
  await tree.put({
    regions: [
      { _id: province, name: { zh: '河南省', en: 'Henan' }, level: 'province', path: [province] },
      { _id: city, name: { zh: '开封市', en: 'Kaifeng' }, level: 'city', path: [province, city] },
      { _id: county, name: { zh: '鼓楼区', en: 'Gulou' }, level: 'county', path: [province, city, county] },
      {
        _id: otherCounty,
        name: { zh: '龙亭区', en: 'Longting' },
        level: 'county',
        path: [province, city, otherCounty],
      },
    ],
    organisations: [
      {
        _id: organisations.school,
        name: { zh: '甲中学', en: 'School A' },
        kind: 'school',
        region: county,
        stages: ['senior'],
        direct: false,
      },
      {
        _id: organisations.otherSchool,
        name: { zh: '乙中学', en: 'School B' },
        kind: 'school',
        region: otherCounty,
        stages: ['senior'],
        direct: false,
      },
      {
        _id: organisations.provider,
        name: { zh: '某师范大学', en: 'A Normal University' },
        kind: 'provider',
        region: province,
        stages: [],
        direct: false,
      },
      {
        _id: organisations.cityBureau,
        name: { zh: '市教育局', en: 'City Bureau' },
        kind: 'bureau',
        region: city,
        stages: [],
        direct: false,
      },
    ],
  });
  const today = beijingDay(Date.now());
  const day = (n: number) => startOfBeijingDay(addDays(today, n));
  const made = await programmes.create({
    title: { zh: '继续教育全员培训', en: 'Continuing education for all staff' },
    provider: organisations.provider,
    region: city,
    regions: [county, otherCounty],
    hours: 60,
    stages: ['senior'],
    term: { enrolFrom: day(-60), enrolUntil: day(10), from: day(-30), to: day(60) },
    scheme: {
      version: 1,
      passMark: 6000,
      components: [
        { id: 'video', measure: 'video-courses/seconds', weight: 40, full: 600, minimum: 300 },
        { id: 'discussion', measure: 'discussions/points', weight: 20, full: 200 },
        { id: 'tasks', measure: 'assignments/scores', weight: 40, full: 100 },
      ],
      required: [],
    },
  });
  await programmes.open(made._id);
  return made._id;
}
