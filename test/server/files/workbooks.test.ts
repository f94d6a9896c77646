import { expect } from 'chai';
import writeXlsxFile from 'write-excel-file/node';
import { rosterTemplate } from '../../../plugins/enrolment/spreadsheets.ts';
import { type Sheet, textOf } from '../../../server/files/workbook.ts';
import { Workbooks } from '../../../server/files/workbooks.ts';
import { bomb, headings, workbook, workbookWithSheet } from '../../support/workbook-files.ts';

describe('workbooks', () => {
  const workbooks = new Workbooks();
  after(() => workbooks.stop());

  const read = (file: Buffer): Promise<Sheet[]> => workbooks.read(file);
  const refusal = (file: Buffer): Promise<string> =>
    read(file).then(
      () => 'read',
      (error) => error.code ?? String(error),
    );
  const texts = async (file: Buffer) => (await read(file))[0]?.rows.map(({ cells }) => cells.map(textOf));

  it('reads what a sheet shows, and the numbers behind it', async () => {
    const [sheet] = await read(await workbook([['王 芳', null, 410204, '13800000000']]));
    expect(sheet?.rows[0]?.cells).to.deep.equal(headings);
    expect(sheet?.rows[1]?.cells.slice(0, 4)).to.deep.equal([
      '王 芳',
      null,
      { text: '410204', number: 410204 },
      '13800000000',
    ]);
  });

  it('passes over empty rows, and numbers the others as the spreadsheet does', async () => {
    const [sheet] = await read(await workbook([[null], ['王芳']], ['姓名']));
    expect(sheet?.rows.map(({ row, cells }) => [row, cells[0]])).to.deep.equal([
      [1, '姓名'],
      [3, '王芳'],
    ]);
  });

  it('reads its own template: headings and nothing below', async () => {
    expect(await texts(await rosterTemplate('zh-CN', (key) => key, []))).to.deep.equal([headings]);
  });

  it('shows the value of a cell that is merged over rows in each of them', async () => {
    const cell = (place: string, text: string) => `<c r="${place}" t="inlineStr"><is><t>${text}</t></is></c>`;
    const rows = `<row r="1">${cell('A1', '王芳')}${cell('B1', '甲中学')}</row><row r="2">${cell('A2', '李强')}</row>`;
    const file = workbookWithSheet(rows, '<mergeCells count="1"><mergeCell ref="B1:B900000"/></mergeCells>');
    expect(await texts(file)).to.deep.equal([
      ['王芳', '甲中学'],
      ['李强', '甲中学'],
    ]);
  });

  const encodings: [string, Buffer][] = [
    ['UTF-8', Buffer.from('姓名,学校\r\n王芳,"甲,中学"\r\n')],
    ['UTF-8 with its mark', Buffer.from('\uFEFF姓名\t学校\n王芳\t"甲,中学"')],
    ['UTF-16LE', Buffer.from('\uFEFF姓名\t学校\r\n王芳\t甲,中学\r\n', 'utf16le')],
    ['UTF-16BE', Buffer.from('\uFEFF姓名\t学校\r\n王芳\t甲,中学\r\n', 'utf16le').swap16()],
    ['UTF-16LE without a mark', Buffer.from('姓名\t学校\r\n王芳\t甲,中学\r\n', 'utf16le')],
    ['GB 18030', Buffer.from('d0d5c3fb2cd1a7d0a30d0acdf5b7bc2c22bcd72cd6d0d1a7220d0a', 'hex')],
    ['the text that Excel is told to keep', Buffer.from('姓名;学校\r\n王芳;="甲,中学"')],
  ];
  for (const [what, file] of encodings) {
    it(`reads a text table in ${what}`, async () => {
      expect(await texts(file)).to.deep.equal([
        ['姓名', '学校'],
        ['王芳', '甲,中学'],
      ]);
    });
  }

  it('says of what cannot be read what it is', async () => {
    const compound = (words: string) =>
      Buffer.concat([
        Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
        Buffer.alloc(512),
        Buffer.from(words, 'utf16le'),
      ]);
    const good = await workbook([['王芳']]);
    const cases: [string, Buffer][] = [
      ['not-one', Buffer.alloc(0)],
      ['not-one', Buffer.from('%PDF-1.7\n')],
      ['not-one', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 1, 2, 3])],
      ['not-one', compound('WordDocument')],
      ['not-one', bomb('word/document.xml', Buffer.from('<document/>'), 11)],
      ['encrypted', compound('EncryptedPackage')],
      ['damaged', compound('Workbook')],
      ['damaged', Buffer.from('PK')],
      ['damaged', good.subarray(0, good.length / 2)],
      ['damaged', Buffer.concat([good.subarray(0, 200), Buffer.alloc(300), good.subarray(500)])],
      ['web-page', Buffer.from('\uFEFF\n<html><body><table>')],
      ['old-xml', Buffer.from('<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>')],
    ];
    const answers = await Promise.all(cases.map(([, file]) => refusal(file)));
    expect(answers).to.deep.equal(cases.map(([problem]) => `core:workbook-${problem}`));
  });

  it('refuses more rows than a sheet may have', async () => {
    const rows = Array.from({ length: 20_001 }, (_, n) => [{ value: `教师${n}`, type: String }]);
    expect(await refusal(await writeXlsxFile(rows as never).toBuffer())).to.equal('core:workbook-too-many-rows');
  });

  it('refuses an archive that unpacks to far more than it says, without holding it', async () => {
    const before = process.memoryUsage().rss;
    expect(await refusal(bomb('xl/workbook.xml', Buffer.alloc(200 * 2 ** 20), 100))).to.equal(
      'core:workbook-too-large',
    );
    expect(await refusal(bomb('xl/worksheets/sheet1.xml', Buffer.alloc(50 * 2 ** 20), 2 ** 32 - 1))).to.equal(
      'core:workbook-too-large',
    );
    expect(process.memoryUsage().rss - before).to.be.below(400 * 2 ** 20);
  });

  it('reads a lone cell at the last row, and refuses one in a column far out', async () => {
    const cell = (place: string, row: number) =>
      `<row r="${row}"><c r="${place}" t="inlineStr"><is><t>x</t></is></c></row>`;
    const [sheet] = await read(workbookWithSheet(cell('A1048576', 1_048_576)));
    expect(sheet?.rows).to.deep.equal([{ row: 1_048_576, hidden: false, cells: ['x'] }]);
    expect(await refusal(workbookWithSheet(cell('XFD1', 1)))).to.equal('core:workbook-too-large');
  });

  it('refuses a cell of millions of characters', async () => {
    const cell = `<c r="A1" t="inlineStr"><is><t>${'字'.repeat(2_000_000)}</t></is></c>`;
    expect(await refusal(workbookWithSheet(`<row r="1">${cell}</row>`))).to.equal('core:workbook-too-large');
  });

  it('leaves the main thread to others while it reads', async () => {
    const cells = (row: number) =>
      Array.from({ length: 20 }, (_, n) => `<c r="${String.fromCharCode(65 + n)}${row}"><v>${row}</v></c>`).join('');
    const rows = Array.from({ length: 4_000 }, (_, n) => `<row r="${n + 1}">${cells(n + 1)}</row>`).join('');
    const file = workbookWithSheet(rows);
    let longest = 0;
    const began = performance.now();
    let last = began;
    const pulse = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const [sheet] = await read(file);
    clearInterval(pulse);
    expect(sheet?.rows).to.have.length(4_000);
    expect(longest / (performance.now() - began), 'part of the time that nothing else could happen').to.be.below(0.5);
  });
});
