/** How a roster names its columns, stages, subjects and sexes: Chinese, English, or the platform's own words. */
import { type IdDocumentKind, idDocumentKinds, placeKey, type Stage, type Subject, stages, subjects } from '#platform';

export const columns = ['name', 'sex', 'document', 'idNumber', 'phone', 'school', 'stage', 'subject', 'title'] as const;
export type Column = (typeof columns)[number];

/** The columns of the template, in its order; it leaves out the kind of document, which few need. */
export const templateColumns = columns.filter((column) => column !== 'document');

export const headings: Record<Column, { zh: string; en: string }> = {
  name: { zh: '姓名', en: 'Name' },
  sex: { zh: '性别', en: 'Sex' },
  document: { zh: '证件类型', en: 'Document' },
  idNumber: { zh: '身份证号', en: 'ID number' },
  phone: { zh: '手机号', en: 'Mobile phone' },
  school: { zh: '学校', en: 'School' },
  stage: { zh: '学段', en: 'Stage' },
  subject: { zh: '学科', en: 'Subject' },
  title: { zh: '职称', en: 'Title' },
};

const otherHeadings: Record<Column, string[]> = {
  name: ['教师姓名', '学员姓名', '参训教师', '参训教师姓名', '教师', 'full name', 'teacher', 'teacher name'],
  sex: ['gender'],
  document: ['身份证件类型', '证件种类', '证件名称', 'document type', 'kind of document'],
  idNumber: [
    ...[
      '身份证号码',
      '身份证',
      '身份证件号',
      '身份证件号码',
      '居民身份证号',
      '居民身份证号码',
      '公民身份号码',
      '公民身份证号码',
    ],
    ...[
      '有效证件号',
      '有效证件号码',
      '证件号码',
      '证件号',
      'id',
      'identity number',
      'id card',
      'id no',
      'document number',
    ],
  ],
  phone: [
    ...[
      '手机',
      '手机号码',
      '联系手机',
      '移动电话',
      '手机联系电话',
      '联系电话',
      '联系方式',
      '电话',
      '电话号码',
      '本人手机号',
    ],
    ...['phone', 'mobile', 'telephone', 'phone number'],
  ],
  school: [
    ...[
      '单位',
      '所在学校',
      '所在单位',
      '工作单位',
      '单位名称',
      '学校名称',
      '学校全称',
      '单位全称',
      '任教学校',
      '任职学校',
    ],
    ...['organisation', 'organization', 'school name'],
  ],
  stage: ['任教学段', '所教学段', '学段名称', 'level'],
  subject: ['任教学科', '所教学科', '任教科目', '科目', '学科名称'],
  title: [
    ...['专业技术职称', '专业技术职务', '职务职称', '教师职称', '现任专业技术职务', '专业技术资格', '职称等级'],
    'professional title',
  ],
};

const documentWords: Record<IdDocumentKind, string[]> = {
  'id-number': ['居民身份证', '身份证', 'id card'],
  'residence-permit': ['港澳台居民居住证', '港澳居民居住证', '台湾居民居住证', '居住证'],
  'permanent-residence': ['外国人永久居留身份证', '外国人永久居留证', '永久居留证'],
  'hong-kong-macau-permit': ['港澳居民来往内地通行证', '港澳通行证', '回乡证'],
  'taiwan-permit': ['台湾居民来往大陆通行证', '台胞证', '台湾通行证'],
  passport: ['护照', '中国护照', '外国护照', '普通护照'],
};

const stageWords: Record<Stage, string[]> = {
  senior: ['高中', '普通高中', '普高', 'senior high', 'senior high school'],
  junior: ['初中', 'junior high', 'junior high school'],
  primary: ['小学', 'primary school'],
  kindergarten: ['幼儿园', '学前', '学前教育', '幼儿', '幼教'],
  special: ['特殊教育', '特教', 'special education'],
};

const subjectWords: Record<Subject, string[]> = {
  chinese: ['语文'],
  mathematics: ['数学', 'maths'],
  english: ['英语', '外语'],
  japanese: ['日语'],
  russian: ['俄语'],
  physics: ['物理'],
  chemistry: ['化学'],
  biology: ['生物', '生物学'],
  politics: [
    ...['政治', '思想政治', '道德与法治', '道法', '思政', '思想品德', '品德', '政治(道德与法治)', '道德与法治(政治)'],
    ...['品德与社会', '品德与生活'],
  ],
  history: ['历史'],
  geography: ['地理'],
  science: ['科学'],
  music: ['音乐'],
  art: ['美术', 'fine art', 'fine arts'],
  arts: ['艺术'],
  calligraphy: ['书法'],
  'physical-education': ['体育', '体育与健康', 'pe', 'physical education'],
  'information-technology': ['信息技术', '信息科技', '信息', '计算机', 'information technology', 'it'],
  'general-technology': ['通用技术', '技术', 'general technology'],
  labour: ['劳动', '劳动教育', '劳技', '劳动与技术', '劳动技术', 'labour education'],
  psychology: ['心理健康', '心理', '心理健康教育'],
  kindergarten: ['学前教育', '学前', '幼儿园', '幼教', '幼儿教育', 'early childhood', 'preschool'],
  special: ['特殊教育', '特教', 'special education'],
  general: ['综合', '综合实践', '通识', '综合实践活动', '全科'],
};

const sexWords = { male: ['男', 'm'], female: ['女', 'f'] } as const;

function dictionary<K extends string>(keys: readonly K[], words: Record<K, readonly string[]>): Map<string, K> {
  return new Map(keys.flatMap((key) => [key, ...words[key]].map((word): [string, K] => [placeKey(word), key])));
}

const byHeading = new Map(
  columns.flatMap((column) =>
    [headings[column].zh, headings[column].en, column, ...otherHeadings[column]].map((word): [string, Column] => [
      placeKey(word),
      column,
    ]),
  ),
);
const byDocument = dictionary(idDocumentKinds, documentWords);
const byStage = dictionary(stages, stageWords);
const bySubject = dictionary(subjects, subjectWords);
const bySex = dictionary(['male', 'female'], sexWords);

/** The stage that a cell names, or undefined for none that is known. */
export const readStage = (text: string): Stage | undefined => byStage.get(placeKey(text));
export const readSubject = (text: string): Subject | undefined => bySubject.get(placeKey(text));
export const readSex = (text: string): 'male' | 'female' | undefined => bySex.get(placeKey(text));
export const readDocument = (text: string): IdDocumentKind | undefined => byDocument.get(placeKey(text));

/** Marks for "required", numbering and colons around a heading. */
const ornaments = /^[*★☆△▲※#\d.、]+|[*★☆△▲※:]+$/g;

/** Which column a heading means; spaces, breaks, a star for "required" and remarks are not looked at. */
export function readHeading(text: string): Column | undefined {
  const lines = text.split(/[\r\n]+/);
  const whole = placeKey(text);
  const candidates = [whole, whole.replace(/\([^)]*\)?/g, ''), whole.replace(/\(.*$/, ''), placeKey(lines[0] ?? '')];
  return candidates
    .map((candidate) => byHeading.get(candidate.replace(ornaments, '')))
    .find((column) => column !== undefined);
}
