/**
 * Henan → Kaifeng → its districts and counties, with their codes of GB/T 2260 as in force in 2018 (compared with the
 * yearly lists of the Ministry of Civil Affairs as collected in github.com/yescallop/areacodes and with published
 * tables that agree). 410212 祥符区 was 开封县 (410224) until 2014; 410211 金明区 was merged into 龙亭区 then.
 *
 * 新区 (开封新区, 城乡一体化示范区) is a functional unit, not an administrative division: GB/T 2260 has no code for it,
 * and its land lies mostly in 龙亭区. It has a bureau of its own and is compared with the districts, so it stands here
 * beside them under the city, with the made-up code 410200-XQ, which no six-digit code can collide with.
 */
import type { Region } from '#platform';

const PROVINCE = '410000';
export const CITY = '410200';
/** The functional unit without a code of its own. */
export const NEW_AREA = '410200-XQ';

/** In the shape that the regions service takes. */
export const regions: Region[] = [
  { _id: PROVINCE, name: { zh: '河南省', en: 'Henan' }, level: 'province', path: [PROVINCE] },
  { _id: CITY, name: { zh: '开封市', en: 'Kaifeng' }, level: 'city', path: [PROVINCE, CITY] },
  county(NEW_AREA, '新区', 'New Area'),
  county('410202', '龙亭区', 'Longting District'),
  county('410203', '顺河回族区', 'Shunhe Hui District'),
  county('410204', '鼓楼区', 'Gulou District'),
  county('410205', '禹王台区', 'Yuwangtai District'),
  county('410212', '祥符区', 'Xiangfu District'),
  county('410221', '杞县', 'Qi County'),
  county('410222', '通许县', 'Tongxu County'),
  county('410223', '尉氏县', 'Weishi County'),
  county('410225', '兰考县', 'Lankao County'),
];

/** Whose schools take part without being asked; schools directly under the city stand in the city itself. */
export const takingPart = [CITY, NEW_AREA, '410204', '410203', '410202', '410205'];

/** Organise their own training and take part only when they opt in. 兰考县 answers to the province and does neither. */
export const optIn = ['410212', '410221', '410222', '410223'];

/** The six digits with which the ID numbers of people registered in a region begin: those of 龙亭区 for 新区. */
export const idRegionCode = (region: string): string => (region === NEW_AREA ? '410202' : region);

function county(code: string, zh: string, en: string): Region {
  return { _id: code, name: { zh, en }, level: 'county', path: [PROVINCE, CITY, code] };
}
