/** How a roster names its columns, stages, subjects and sexes: Chinese, English, or the platform's own words. */
import { type Stage, type Subject, stages, subjects } from '#platform';

export const columns = ['name', 'sex', 'idNumber', 'phone', 'school', 'stage', 'subject', 'title'] as const;
export type Column = (typeof columns)[number];

/** The headings of the template, in its order. */
export const headings: Record<Column, { zh: string; en: string }> = {
  name: { zh: '姓名', en: 'Name' },
  sex: { zh: '性别', en: 'Sex' },
  idNumber: { zh: '身份证号', en: 'ID number' },
  phone: { zh: '手机号', en: 'Mobile phone' },
  school: { zh: '学校', en: 'School' },
  stage: { zh: '学段', en: 'Stage' },
  subject: { zh: '学科', en: 'Subject' },
  title: { zh: '职称', en: 'Title' },
};

const otherHeadings: Record<Column, string[]> = {
  name: ['教师姓名', 'full name', 'teacher'],
  sex: ['gender'],
  idNumber: ['身份证号码', '身份证', '证件号码', '证件号', 'id', 'identity number', 'id card'],
  phone: ['手机', '手机号码', '联系电话', '电话', 'phone', 'mobile'],
  school: ['单位', '所在学校', '工作单位', '学校名称', 'organisation'],
  stage: ['任教学段', 'level'],
  subject: ['任教学科'],
  title: ['专业技术职称', 'professional title'],
};

const stageWords: Record<Stage, string[]> = {
  senior: ['高中', '普通高中', 'senior high', 'senior high school'],
  junior: ['初中', 'junior high', 'junior high school'],
  primary: ['小学', 'primary school'],
  kindergarten: ['幼儿园', '学前', '学前教育'],
  special: ['特殊教育', '特教', 'special education'],
};

const subjectWords: Record<Subject, string[]> = {
  chinese: ['语文'],
  mathematics: ['数学', 'maths'],
  english: ['英语', '外语'],
  physics: ['物理'],
  chemistry: ['化学'],
  biology: ['生物', '生物学'],
  politics: ['政治', '思想政治', '道德与法治', '思想品德', '政治(道德与法治)', '品德与社会'],
  history: ['历史'],
  geography: ['地理'],
  science: ['科学'],
  music: ['音乐'],
  art: ['美术'],
  'physical-education': ['体育', '体育与健康', 'pe', 'physical education'],
  'information-technology': ['信息技术', '信息科技', 'information technology', 'it'],
  psychology: ['心理健康', '心理', '心理健康教育'],
  kindergarten: ['学前教育', '学前', '幼儿园', 'early childhood', 'preschool'],
  special: ['特殊教育', '特教', 'special education'],
  general: ['综合', '综合实践', '通识', '综合实践活动'],
};

const sexWords = { male: ['男', 'm'], female: ['女', 'f'] } as const;

const plain = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();

function dictionary<K extends string>(keys: readonly K[], words: Record<K, readonly string[]>): Map<string, K> {
  return new Map(keys.flatMap((key) => [key, ...words[key]].map((word): [string, K] => [plain(word), key])));
}

const byHeading = new Map(
  columns.flatMap((column) =>
    [headings[column].zh, headings[column].en, column, ...otherHeadings[column]].map((word): [string, Column] => [
      plain(word),
      column,
    ]),
  ),
);
const byStage = dictionary(stages, stageWords);
const bySubject = dictionary(subjects, subjectWords);
const bySex = dictionary(['male', 'female'], sexWords);

/** The stage that a cell names, or undefined for none that is known. */
export const readStage = (text: string): Stage | undefined => byStage.get(plain(text));
export const readSubject = (text: string): Subject | undefined => bySubject.get(plain(text));
export const readSex = (text: string): 'male' | 'female' | undefined => bySex.get(plain(text));

/** Which column a heading means; a star for "required" and remarks in brackets are not looked at. */
export function readHeading(text: string): Column | undefined {
  return byHeading.get(
    plain(text)
      .replace(/\(.*\)$/, '')
      .replace(/[*＊:]/g, '')
      .trim(),
  );
}
