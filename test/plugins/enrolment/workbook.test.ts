import { expect } from 'chai';
import writeXlsxFile from 'write-excel-file/node';
import { rosterTemplate } from '../../../plugins/enrolment/spreadsheets.ts';
import { NumberCell, readWorkbook } from '../../../plugins/enrolment/workbook.ts';
import { processorMs } from '../../support/quick-enough.ts';
import { bomb, headings, workbook, workbookWithSheet } from './workbook-support.ts';

async function refusal(file: Buffer): Promise<string> {
  return readWorkbook(file).then(
    () => 'read',
    (error) => error.code ?? String(error),
  );
}

describe('workbook', () => {
  it('reads the first sheet as it was written, numbers as their text', async () => {
    const rows = await readWorkbook(await workbook([['王 芳', null, 410204, '13800000000']]));
    expect(rows[0]).to.deep.equal(headings);
    expect(rows[1]?.slice(0, 2)).to.deep.equal(['王 芳', null]);
    expect(rows[1]?.[2]).to.be.instanceOf(NumberCell).with.property('text', '410204');
  });

  it('keeps the place of empty rows, so that row numbers are those of the spreadsheet', async () => {
    const rows = await readWorkbook(await workbook([[null], ['王芳']], ['姓名']));
    expect(rows.map((row) => row[0])).to.deep.equal(['姓名', null, '王芳']);
  });

  it('reads its own template: headings and nothing below', async () => {
    const template = await rosterTemplate('zh-CN', (key) => key, []);
    const rows = await readWorkbook(template);
    expect(rows[0]).to.deep.equal(headings);
    expect(rows.slice(1).flat().filter(Boolean)).to.deep.equal([]);
  });

  it('refuses what is no workbook', async () => {
    const xls = Buffer.concat([Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), Buffer.alloc(512)]);
    const good = await workbook([['王芳']]);
    expect(await refusal(xls)).to.equal('enrolment:old-xls');
    for (const file of [
      Buffer.from('姓名,性别\n王芳,女\n'),
      Buffer.alloc(0),
      Buffer.from('PK'),
      bomb('word/document.xml', Buffer.from('<document/>'), 11),
      good.subarray(0, good.length / 2),
      Buffer.concat([good.subarray(0, 200), Buffer.alloc(300), good.subarray(500)]),
    ]) {
      expect(await refusal(file)).to.equal('enrolment:not-xlsx');
    }
  });

  it('refuses 100,000 rows without holding them', async function () {
    this.timeout(20_000);
    const rows = Array.from({ length: 100_000 }, (_, n) => [{ value: `教师${n}`, type: String }]);
    const file = await writeXlsxFile(rows as never).toBuffer();
    const took = await processorMs(async () => expect(await refusal(file)).to.equal('enrolment:too-many-rows'));
    expect(took).to.be.below(2_000);
  });

  it('refuses an archive that unpacks to far more than it says', async () => {
    const before = process.memoryUsage().rss;
    expect(await refusal(bomb('xl/workbook.xml', Buffer.alloc(200 * 2 ** 20), 100))).to.equal(
      'enrolment:too-many-rows',
    );
    expect(await refusal(bomb('xl/worksheets/sheet1.xml', Buffer.alloc(50 * 2 ** 20), 2 ** 32 - 1))).to.equal(
      'enrolment:too-many-rows',
    );
    expect(process.memoryUsage().rss - before).to.be.below(400 * 2 ** 20);
  });

  it('refuses a lone cell at the far end of a sheet, before the space up to it is filled', async () => {
    const cell = (place: string, row: number) =>
      `<row r="${row}"><c r="${place}" t="inlineStr"><is><t>x</t></is></c></row>`;
    expect(await refusal(workbookWithSheet(cell('A1048576', 1_048_576)))).to.equal('enrolment:too-many-rows');
    expect(await refusal(workbookWithSheet(cell('XFD1', 1)))).to.equal('enrolment:too-many-rows');
    expect(await refusal(workbookWithSheet(cell('A1', 1)))).to.equal('read');
    for (const hidden of [`<row r="1"><c s='>' r="XFD1"/></row>`, `<row r="1"><c r="&#88;FD1"/></row>`]) {
      expect(await refusal(workbookWithSheet(hidden))).to.equal('enrolment:not-xlsx');
    }
    expect(await refusal(workbookWithSheet(`<row r="1"><c s=' r="A1' r="XFD1"/></row>`))).to.not.equal('read');
  });
});
