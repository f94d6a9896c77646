import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { hiddenRows, type RosterRow, readRows } from '../../../plugins/enrolment/roster-rows.ts';
import { findRoster } from '../../../plugins/enrolment/roster-sheet.ts';
import { Workbooks } from '../../../server/files/workbooks.ts';
import { workbookWithSheet } from '../../support/workbook-files.ts';

const folder = new URL('../../fixtures/rosters/', import.meta.url);

/** `row name` for a good row, then `row column/reason` for each problem, and with a question mark for each warning. */
const told = (rows: readonly RosterRow[]): string[] =>
  rows.flatMap(({ row, name, problems, warnings }) => [
    ...(problems.length === 0 ? [`${row} ${name}`] : []),
    ...problems.map(({ column, reason }) => `${row} ${column}/${reason}`),
    ...warnings.map(({ column, reason }) => `${row} ${column}/${reason}?`),
  ]);

/** Files of the world (test/fixtures/rosters/README.md) → what is read of them, or why they are refused. */
const read: Record<string, string[]> = {
  'bom-parts.xlsx': ['2 教师寅三'],
  'cover-sheet.xlsx': ['2 教师己'],
  'error-cells.xlsx': ['2 school/cell-error', '3 教师卯七', '3 title/cell-error?'],
  'formula-uncached.xlsx': ['2 school/not-calculated'],
  'head-ideographic-space.xlsx': ['2 教师丙'],
  'head-late.xlsx': ['13 教师丙'],
  'head-official.xlsx': ['2 教师丙'],
  'head-remark.xlsx': ['2 教师丙'],
  'head-remark2.xlsx': ['2 教师丙'],
  'head-spaced.xlsx': ['2 教师丙'],
  'head-wrapped.xlsx': ['2 教师丙'],
  'head-zerowidth.xlsx': ['2 教师丙'],
  'hidden-first-sheet.xlsx': ['2 教师己'],
  'hidden-rows.xlsx': ['2 教师庚一', '4 教师庚三'],
  'id-date-format.xlsx': ['2 idNumber/not-shown'],
  'no-refs.xlsx': ['2 教师寅二'],
  'phone-date-format.xlsx': ['2 phone/not-shown'],
  'phonetic.xlsx': ['2 张伟'],
  'prefix-x.xlsx': ['2 教师寅一'],
  'roster-gb18030.csv': ['2 䶮三'],
  'strict.xlsx': ['2 教师寅五'],
  'tail-notes.xlsx': [
    '3 教师子',
    ...['idNumber/id-length', 'school/missing', 'stage/missing', 'subject/missing'].map((problem) => `4 ${problem}`),
    ...['name/name', 'idNumber/missing', 'school/missing', 'stage/missing', 'subject/missing'].map((p) => `5 ${p}`),
    '5 phone/phone?',
  ],
  'x000d.xlsx': ['2 王芳', '3 王芳', '4 王芳'],
  'zip64-Always.xlsx': ['2 教师庚一', '4 教师庚三'],
  'zip64-AsNeeded.xlsx': ['2 教师庚一', '4 教师庚三'],
};
const refused: Record<string, string> = {
  'encrypted.xlsx': 'core:workbook-encrypted',
  'head-duplicate.xlsx': 'enrolment:two-columns',
  'head-two-units.xlsx': 'enrolment:two-columns',
  'html-as.xls': 'core:workbook-web-page',
  'xml2003.xls': 'core:workbook-old-xml',
};

describe('rosters of the world', () => {
  const workbooks = new Workbooks();
  after(() => workbooks.stop());

  const open = async (file: Buffer) => findRoster(await workbooks.read(file));
  const fixture = (name: string) => readFileSync(new URL(name, folder));
  const rowsOf = async (file: Buffer, takeHidden = false) => readRows(await open(file), '2026-11-30', takeHidden);

  for (const [name, expected] of Object.entries(read)) {
    it(`reads ${name}`, async () => expect(told(await rowsOf(fixture(name)))).to.deep.equal(expected));
  }

  for (const [name, code] of Object.entries(refused)) {
    it(`refuses ${name} with ${code}`, async () => {
      const error = await open(fixture(name)).catch((thrown) => thrown);
      expect(error).to.have.property('code', code);
    });
  }

  it('names both of two columns that mean the same', async () => {
    const error = await open(fixture('head-two-units.xlsx')).catch((thrown) => thrown);
    expect(error.params).to.deep.equal({ columns: 'E “单位”、F “学校”' });
  });

  it('counts hidden rows, and takes them where that is asked for', async () => {
    expect(hiddenRows(await open(fixture('hidden-rows.xlsx')))).to.equal(1);
    expect(told(await rowsOf(fixture('hidden-rows.xlsx'), true))).to.deep.equal([
      '2 教师庚一',
      '3 教师庚二',
      '4 教师庚三',
    ]);
  });

  it('reads every way to write one mobile phone, and leaves out with a warning what is none or two', async () => {
    const rows = await rowsOf(fixture('phones.xlsx'));
    expect(rows.flatMap(({ problems }) => problems)).to.deep.equal([]);
    const phones = rows.map(({ row, phone, warnings }) => [row, phone ?? warnings.map(({ value }) => value).join()]);
    expect(Object.fromEntries(phones)).to.deep.equal({
      ...Object.fromEntries(
        Array.from({ length: 10 }, (_, n) => [n + 2, `138000010${String(n + 1).padStart(2, '0')}`]),
      ),
      12: '13800001011/13900001011',
      13: '13800001012、13900001012',
      14: '0371-22222222',
      15: '13800001013',
      16: '13800001014',
      17: '13800001015',
      18: '无',
      19: '-',
      20: '/',
      21: '暂无',
    });
  });

  it('leaves out with a warning what is not one title', async () => {
    const rows = await rowsOf(fixture('titles.xlsx'));
    expect(rows.flatMap(({ problems }) => problems)).to.deep.equal([]);
    expect(rows.map(({ title }) => title)).to.deep.equal([...Array(5).fill(undefined), '一级教师']);
    expect(rows.filter(({ warnings }) => warnings.some(({ reason }) => reason === 'title'))).to.have.length(5);
  });

  it('does not count thousands of empty formatted rows', async () => {
    const cell = (place: string, text: string) => `<c r="${place}" t="inlineStr"><is><t>${text}</t></is></c>`;
    const line = (row: number, texts: string[]) =>
      `<row r="${row}">${texts.map((text, n) => cell(`${'ABCDE'[n]}${row}`, text)).join('')}</row>`;
    const blank = Array.from({ length: 20_500 }, (_, n) => `<row r="${n + 3}"><c r="A${n + 3}" s="0"/></row>`).join('');
    const head = line(1, ['姓名', '身份证号', '学校', '学段', '学科']);
    const file = workbookWithSheet(head + line(2, ['王芳', '11010519491231002X', '甲中学', '高中', '语文']) + blank);
    expect(told(await rowsOf(file))).to.deep.equal(['2 王芳']);
  });

  it('tells all that is wrong with a row at once', async () => {
    const file = Buffer.from('姓名,性别,身份证号,手机号,学校,学段,学科\n=1,甲,41020419800101,12,,大学,炼金术\n');
    expect(told(await rowsOf(file))).to.deep.equal([
      '2 name/name',
      '2 idNumber/id-length',
      '2 school/missing',
      '2 stage/stage',
      '2 subject/subject',
      '2 sex/sex?',
      '2 phone/phone?',
    ]);
  });

  it('knows what schools teach by the words that they use', async () => {
    const words = {
      labour: ['劳动', '劳技'],
      'general-technology': ['通用技术'],
      japanese: ['日语'],
      russian: ['俄语'],
      calligraphy: ['书法'],
      arts: ['艺术'],
      politics: ['道法', '道德与法治（政治）'],
      kindergarten: ['幼教'],
    };
    const lines = Object.entries(words).flatMap(([subject, all]) => all.map((word) => [subject, word] as const));
    const table = lines.map(([, word]) => `王芳,11010519491231002X,甲中学,高中,${word}`);
    const rows = await rowsOf(Buffer.from(['姓名,身份证号,学校,学段,学科', ...table].join('\n')));
    expect(rows.map(({ subject }) => subject)).to.deep.equal(lines.map(([subject]) => subject));
  });

  it('reads documents of those who have no identity card where their kind is said', async () => {
    const file = Buffer.from(
      [
        '姓名,性别,证件类型,证件号码,学校,学段,学科',
        'Anna Smith,女,护照,AB 123456,甲中学,高中,英语',
        '陳大文,,港澳居民来往内地通行证,H12345678,甲中学,高中,英语',
        '林小美,女,台胞证,12345678,甲中学,高中,英语',
        '王芳,女,,12345678,甲中学,高中,英语',
        '李明,,台湾居民居住证,830000199201300022,甲中学,高中,英语',
      ].join('\n'),
    );
    const rows = await rowsOf(file);
    expect(told(rows)).to.deep.equal(['2 Anna Smith', '3 sex/missing', '4 林小美', '5 idNumber/id-length', '6 李明']);
    expect(rows.map(({ idKind }) => idKind)).to.deep.equal([
      'passport',
      'hong-kong-macau-permit',
      'taiwan-permit',
      undefined,
      'residence-permit',
    ]);
  });
});
