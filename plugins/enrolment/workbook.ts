import { AppError } from '#platform';
import { NotAZip, readZip, storeZip, ZipTooLarge } from './zip.ts';

/** Teachers in one file at most. */
export const mostRows = 5_000;
/** Unpacked parts of a workbook together; 5,000 full rows are under 8 MB. */
const mostBytes = 24 * 2 ** 20;
/** Rows that the sheet may name, empty formatted ones included, and columns. */
const mostSheetRows = 20_000;
const mostColumns = 100;

/** A number as the file writes it; as a number, an ID number has lost its last digits. */
export class NumberCell {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type CellContent = string | boolean | Date | NumberCell | null;

/**
 * The rows of a workbook's first sheet. What the file claims is checked before its sheet is taken apart, and what was
 * checked is what is read: the parts are put into a fresh archive.
 * @throws enrolment:old-xls, enrolment:not-xlsx, enrolment:too-many-rows
 */
export async function readWorkbook(file: Buffer): Promise<CellContent[][]> {
  if (file.subarray(0, 4).equals(Buffer.from([0xd0, 0xcf, 0x11, 0xe0]))) throw new AppError('enrolment:old-xls', 422);
  const parts = await readZip(file, { maxBytes: mostBytes, wanted: isPart }).catch((error) => {
    if (error instanceof ZipTooLarge) throw tooManyRows();
    if (error instanceof NotAZip) throw new AppError('enrolment:not-xlsx', 422);
    throw error;
  });
  if (!parts.has('xl/workbook.xml')) throw new AppError('enrolment:not-xlsx', 422);
  for (const [name, content] of parts) if (name.startsWith('xl/worksheets/')) checkSize(content);
  // Loaded with the first upload: its modules are a tenth of all that a start would load.
  const { readSheet } = await import('read-excel-file/node');
  try {
    const rows = await readSheet(storeZip(parts), { parseNumber: (text) => new NumberCell(text) });
    return rows as unknown as CellContent[][];
  } catch (error) {
    throw new AppError('enrolment:not-xlsx', 422, { cause: error });
  }
}

export const tooManyRows = () => new AppError('enrolment:too-many-rows', 422, { params: { most: mostRows } });

/** Only what the reader asks for; pictures, settings and macros stay packed. */
function isPart(name: string): boolean {
  return /^(\[Content_Types\]|_rels\/.*|xl\/(workbook|sharedStrings|styles|_rels\/[^/]+|worksheets\/[^/]+))\.(xml|rels)$/.test(
    name,
  );
}

/** The start of a row or cell, and one as every spreadsheet program writes it. */
const anyTag = /<(?:[^\s<>/"'=]*:)?(?:row|c)(?=[\s/>])/g;
const plainTag = /<(?:[^\s<>/"'=]*:)?(?:row|c)((?:\s+[\w:.-]+=(?:"[^"'<>&]*"|'[^"'<>&]*'))*)\s*\/?>/g;

/**
 * Refuses a sheet whose rows or columns lie far out, since the reader would fill the space up to them with empty cells; and
 * one with rows or cells written in an unusual way, since their places could be read differently here and there.
 */
function checkSize(sheet: Buffer): void {
  const text = sheet.toString('latin1');
  let plain = 0;
  let rows = 0;
  for (const [tag, attributes] of text.matchAll(plainTag)) {
    plain += 1;
    const place = /\sr=["']([^"']*)/.exec(attributes!)?.[1];
    const [, column = '', row = '0'] = /^([A-Z]{0,3})(\d{1,7})$/i.exec(place ?? 'A1') ?? ['', 'ZZZ'];
    if (/row\b/.test(tag.slice(0, tag.length - attributes!.length))) rows += 1;
    if (Math.max(rows, Number(row)) > mostSheetRows || columnNumber(column.toUpperCase()) > mostColumns) {
      throw tooManyRows();
    }
  }
  let all = 0;
  for (const _ of text.matchAll(anyTag)) all += 1;
  if (all !== plain) throw new AppError('enrolment:not-xlsx', 422);
}

const columnNumber = (letters: string): number =>
  [...letters].reduce((number, letter) => number * 26 + letter.charCodeAt(0) - 64, 0);
