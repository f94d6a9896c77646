/**
 * The units of the training. The bureaus, 河大附中 and the two providers are those that the announcement of 2018 names;
 * every other school is invented, and a likeness of its name to a real one is chance.
 */
import type { Organisation, Stage } from '#platform';
import { CITY, NEW_AREA, optIn, regions } from './regions.ts';

export const CITY_BUREAU = 'KF-BUREAU';
export const PROVIDER_SENIOR = 'SNNU';
export const PROVIDER_BASIC = 'TEACHER-CN';
/** The school of the learner who is a minute away from qualifying: senior stage, 鼓楼区. */
export const ALMOST_THERE_SCHOOL = 'KF-GL-01';

const districts = [NEW_AREA, '410204', '410203', '410202', '410205'];

const bureaus: Organisation[] = [
  { ...organisation(CITY_BUREAU, 'bureau', CITY, '开封市教育局', 'Kaifeng Education Bureau'), direct: true },
  ...[...districts, ...optIn].map((code) => {
    const { name } = regions.find(({ _id }) => _id === code)!;
    return organisation(bureauOf(code), 'bureau', code, `${name.zh}教育局`, `${name.en} Education Bureau`);
  }),
];

const providers: Organisation[] = [
  organisation(PROVIDER_SENIOR, 'provider', '410000', '陕西师范大学', 'Shaanxi Normal University'),
  organisation(PROVIDER_BASIC, 'provider', '410000', '中国教师教育网', 'China Teacher Education Network'),
];

/** The 44 schools that take part. */
export const schools: Organisation[] = [
  ...under(CITY, 'KF-SZ', [
    ['河大附中', 'High School Affiliated to Henan University', 'junior', 'senior'],
    ['开封市博远高级中学', 'Boyuan Senior High School', 'senior'],
    ['开封市弘毅高级中学', 'Hongyi Senior High School', 'senior'],
    ['开封市文澜中学', 'Wenlan High School', 'junior', 'senior'],
    ['开封市知远初级中学', 'Zhiyuan Junior High School', 'junior'],
    ['开封市汴梁实验学校', 'Bianliang Experimental School', 'primary', 'junior'],
    ['开封市启明特殊教育学校', 'Qiming Special Education School', 'special'],
    ['开封市春芽幼儿园', 'Chunya Kindergarten', 'kindergarten'],
  ]),
  ...under(NEW_AREA, 'KF-XQ', [
    ['新区郑开高级中学', 'Zhengkai Senior High School', 'senior'],
    ['新区金耀中学', 'Jinyao Junior High School', 'junior'],
    ['新区云帆中学', 'Yunfan Junior High School', 'junior'],
    ['新区三大街学校', 'Third Avenue School', 'primary', 'junior'],
    ['新区五福小学', 'Wufu Primary School', 'primary'],
    ['新区晨风小学', 'Chenfeng Primary School', 'primary'],
    ['新区湖畔小学', 'Lakeside Primary School', 'primary'],
    ['新区小海豚幼儿园', 'Little Dolphin Kindergarten', 'kindergarten'],
  ]),
  ...under('410204', 'KF-GL', [
    ['鼓楼区明远高级中学', 'Mingyuan Senior High School', 'senior'],
    ['鼓楼区晨钟中学', 'Chenzhong Junior High School', 'junior'],
    ['鼓楼区书院中学', 'Shuyuan Junior High School', 'junior'],
    ['鼓楼区西城小学', 'Xicheng Primary School', 'primary'],
    ['鼓楼区青藤小学', 'Qingteng Primary School', 'primary'],
    ['鼓楼区槐荫小学', 'Huaiyin Primary School', 'primary'],
    ['鼓楼区蓓蕾幼儿园', 'Beilei Kindergarten', 'kindergarten'],
  ]),
  ...under('410203', 'KF-SH', [
    ['顺河区求索高级中学', 'Qiusuo Senior High School', 'senior'],
    ['顺河区东苑中学', 'Dongyuan Junior High School', 'junior'],
    ['顺河区汇文中学', 'Huiwen Junior High School', 'junior'],
    ['顺河区花井小学', 'Huajing Primary School', 'primary'],
    ['顺河区曹门里小学', 'Caomenli Primary School', 'primary'],
    ['顺河区铁塔湖小学', 'Tieta Lake Primary School', 'primary'],
    ['顺河区彩虹幼儿园', 'Rainbow Kindergarten', 'kindergarten'],
  ]),
  ...under('410202', 'KF-LT', [
    ['龙亭区清源高级中学', 'Qingyuan Senior High School', 'senior'],
    ['龙亭区午门中学', 'Wumen Junior High School', 'junior'],
    ['龙亭区致知中学', 'Zhizhi Junior High School', 'junior'],
    ['龙亭区双湖小学', 'Shuanghu Primary School', 'primary'],
    ['龙亭区柳园小学', 'Liuyuan Primary School', 'primary'],
    ['龙亭区北辰小学', 'Beichen Primary School', 'primary'],
    ['龙亭区向阳花幼儿园', 'Sunflower Kindergarten', 'kindergarten'],
  ]),
  ...under('410205', 'KF-YW', [
    ['禹王台区南苑高级中学', 'Nanyuan Senior High School', 'senior'],
    ['禹王台区古吹台中学', 'Guchuitai Junior High School', 'junior'],
    ['禹王台区启航中学', 'Qihang Junior High School', 'junior'],
    ['禹王台区繁塔小学', 'Fanta Primary School', 'primary'],
    ['禹王台区新门小学', 'Xinmen Primary School', 'primary'],
    ['禹王台区汪屯小学', 'Wangtun Primary School', 'primary'],
    ['禹王台区小脚印幼儿园', 'Little Footprints Kindergarten', 'kindergarten'],
  ]),
];

/** All of them, in the shape that the regions service takes. */
export const organisations: Organisation[] = [...bureaus, ...providers, ...schools];

/** The id of a region's bureau. */
export function bureauOf(region: string): string {
  return region === CITY ? CITY_BUREAU : `KF-BUREAU-${region}`;
}

type SchoolRow = [zh: string, en: string, ...stages: Stage[]];

function under(region: string, prefix: string, rows: SchoolRow[]): Organisation[] {
  return rows.map(([zh, en, ...stages], index) => {
    const id = `${prefix}-${String(index + 1).padStart(2, '0')}`;
    return { ...organisation(id, 'school', region, zh, en), stages, direct: region === CITY };
  });
}

function organisation(id: string, kind: Organisation['kind'], region: string, zh: string, en: string): Organisation {
  return { _id: id, name: { zh, en }, kind, region, stages: [], direct: false };
}
