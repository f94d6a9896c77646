import { deflateRawSync } from 'node:zlib';
import writeXlsxFile from 'write-excel-file/node';
import { storeZip } from '../../server/files/zip.ts';

export const headings = ['姓名', '性别', '身份证号', '手机号', '学校', '学段', '学科', '职称'];

/** An .xlsx as a spreadsheet program writes it: headings, then one row per teacher; numbers stay numbers. */
export function workbook(rows: (string | number | null)[][], head: (string | null)[] = headings): Promise<Buffer> {
  const cells = [head, ...rows].map((row) =>
    row.map((value) =>
      value === null ? null : typeof value === 'number' ? { value, type: Number } : { value, type: String },
    ),
  );
  return writeXlsxFile(cells as never).toBuffer();
}

/** A workbook whose one sheet holds this XML, for what no spreadsheet program would write. */
export function workbookWithSheet(sheet: string, afterRows = ''): Buffer {
  const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const parts: Record<string, string> = {
    '[Content_Types].xml': '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    'xl/workbook.xml': `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="${relations}"><sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships><Relationship Id="rId1" Type="${relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${sheet}</sheetData>${afterRows}</worksheet>`,
  };
  return storeZip(new Map(Object.entries(parts).map(([name, text]) => [name, Buffer.from(text)])));
}

/** A ZIP with one deflated entry, whose directory claims `claimed` bytes. */
export function bomb(name: string, content: Buffer, claimed: number): Buffer {
  const packed = deflateRawSync(content, { level: 9 });
  const path = Buffer.from(name);
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0);
  header.writeUInt16LE(8, 4);
  header.writeUInt32LE(packed.length, 14);
  header.writeUInt32LE(claimed, 18);
  header.writeUInt16LE(path.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), header, path, packed]);
  const entry = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), header, Buffer.alloc(14), path]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, entry, end]);
}
