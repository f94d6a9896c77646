import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type Cell, textOf } from '../../../server/files/workbook.ts';
import { Workbooks } from '../../../server/files/workbooks.ts';

const folder = new URL('../../fixtures/workbooks/', import.meta.url);
const files = readdirSync(folder).filter((name) => !name.endsWith('.py'));

/** What make.py in the fixtures' folder writes by every program. */
const rows = [
  ['姓名', '性别', '身份证号', '手机号', '学校', '学段', '学科', '职称'],
  ['王芳', '女', '11010519491231002X', '13800001001', '甲中学', '高中', '语文', '一级教师'],
  ['阿依古丽·买买提', '女', '110105198001010024', '13800001002', '甲中学', '高中', '数学', ''],
  ['李强', '男', '110105198001010032', '', '甲中学', '高中', '英语', '高级教师'],
];

/** A number in full: Gnumeric's own column is too narrow to show the phone. */
const digits = (cell: Cell): string => (typeof cell === 'object' && cell ? String(cell.number) : textOf(cell));

describe('workbooks by LibreOffice, Gnumeric, openpyxl and XlsxWriter', () => {
  const workbooks = new Workbooks();
  after(() => workbooks.stop());

  it('are there', () => expect(files).to.have.length(11));

  for (const name of files) {
    it(`are read as they show: ${name}`, async () => {
      const [sheet, ...others] = await workbooks.read(readFileSync(new URL(name, folder)));
      const isText = name.endsWith('.csv');
      expect([sheet?.name, ...others.map((other) => other.name)]).to.deep.equal(isText ? [''] : ['名册', '说明']);
      const shown = sheet?.rows.map(({ cells }) => rows[0]!.map((_, place) => digits(cells[place] ?? null)));
      // A text table knows no merged cells.
      const expected = isText ? rows.map((row, n) => (n < 2 ? row : row.with(4, ''))) : rows;
      expect(shown).to.deep.equal(expected);
      const hidden = isText ? [] : [3];
      expect(sheet?.rows.filter((row) => row.hidden).map(({ row }) => row)).to.deep.equal(hidden);
    });
  }
});
