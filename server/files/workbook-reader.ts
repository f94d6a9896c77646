/** Reads spreadsheets and text tables; runs in a thread of isolated-work.ts, since SheetJS holds all of a file at once. */
import { type CellObject, read, SSF, type WorkBook, type WorkSheet } from '@e965/xlsx';
import { decodeText } from './decode-text.ts';
import { hiddenRowsOf } from './open-document.ts';
import { completeContentTypes, isCellPart } from './open-xml.ts';
import { parseCsv } from './parse-csv.ts';
import { type Cell, type Sheet, type SheetRow, textOf, type WorkbookLimits, type WorkbookProblem } from './workbook.ts';
import { NotAZip, readZip, storeZip, ZipEncrypted, ZipTooLarge } from './zip.ts';

export interface WorkbookTask {
  file: Uint8Array;
  limits: WorkbookLimits;
}
export type WorkbookAnswer = { sheets: Sheet[] } | { problem: WorkbookProblem };

class Unreadable extends Error {
  readonly problem: WorkbookProblem;

  constructor(problem: WorkbookProblem) {
    super(problem);
    this.problem = problem;
  }
}

/** What `IsolatedWork` calls. */
export function work({ file, limits }: WorkbookTask): WorkbookAnswer {
  try {
    return { sheets: sheetsOf(Buffer.from(file.buffer, file.byteOffset, file.byteLength), limits) };
  } catch (error) {
    if (error instanceof Unreadable) return { problem: error.problem };
    throw error;
  }
}

/** Compound files (MS-CFB): .xls, and anything that Office encrypted. */
const COMPOUND = Buffer.from([0xd0, 0xcf, 0x11, 0xe0]);
const utf16 = (text: string) => Buffer.from(text, 'utf16le');

function sheetsOf(file: Buffer, limits: WorkbookLimits): Sheet[] {
  if (file.subarray(0, 4).equals(COMPOUND)) {
    if (file.includes(utf16('EncryptedPackage'))) throw new Unreadable('encrypted');
    if (!file.includes(utf16('Workbook')) && !file.includes(utf16('Book'))) throw new Unreadable('not-one');
    return fromSheetJs(file, limits);
  }
  if (file.subarray(0, 2).toString('latin1') === 'PK') {
    const { archive, hidden } = checkedArchive(file, limits);
    return withHidden(fromSheetJs(archive, limits), hidden);
  }
  return [{ name: '', hidden: false, rows: fromText(file, limits) }];
}

/** What was counted while it was unpacked is what is read: the parts are put into a fresh archive. */
function checkedArchive(file: Buffer, { bytes }: WorkbookLimits): { archive: Buffer; hidden: [number, number][][] } {
  try {
    const parts = readZip(file, { maxBytes: bytes, wanted: (name) => name === 'mimetype' || isCellPart(name) });
    const isWorkbook = [...parts.keys()].some((name) => /(^|\/)workbook\.(xml|bin)$/.test(name));
    const isOpenDocument = parts.get('mimetype')?.includes('opendocument.spreadsheet') && parts.has('content.xml');
    if (!isWorkbook && !isOpenDocument) throw new Unreadable('not-one');
    completeContentTypes(parts);
    const content = isOpenDocument ? String(parts.get('content.xml')) : '';
    return { archive: storeZip(parts), hidden: hiddenRowsOf(content) };
  } catch (error) {
    if (error instanceof ZipTooLarge) throw new Unreadable('too-large');
    if (error instanceof ZipEncrypted) throw new Unreadable('encrypted');
    if (error instanceof NotAZip) throw new Unreadable('damaged');
    throw error;
  }
}

/** Marks rows as hidden that are known to be so by the place of their sheet. */
function withHidden(sheets: Sheet[], hidden: [number, number][][]): Sheet[] {
  for (const [index, spans] of hidden.entries()) {
    for (const row of sheets[index]?.rows ?? []) {
      row.hidden ||= spans.some(([first, last]) => row.row > first && row.row <= last + 1);
    }
  }
  return sheets;
}

function fromText(file: Buffer, limits: WorkbookLimits): SheetRow[] {
  if (file.subarray(0, 1_024).includes('%PDF-')) throw new Unreadable('not-one');
  const text = decodeText(file);
  const start = (text ?? '').slice(0, 1_000).trimStart();
  if (!start) throw new Unreadable('not-one');
  if (/^<\?xml/.test(start)) {
    throw new Unreadable(/Excel\.Sheet|<(\w+:)?Workbook\b/.test(start) ? 'old-xml' : 'not-one');
  }
  if (/^<(!doctype|html|head|meta|table|body|style|div)\b/i.test(start)) throw new Unreadable('web-page');
  return limited(
    parseCsv(text as string).map((cells, index) => ({
      row: index + 1,
      hidden: false,
      cells: cells.map((cell) => (cell === '' ? null : cell)),
    })),
    limits,
  );
}

function fromSheetJs(file: Buffer, limits: WorkbookLimits): Sheet[] {
  const book = open(file);
  return book.SheetNames.map((name, index) => {
    const sheet = book.Sheets[name];
    const hidden = Boolean(book.Workbook?.Sheets?.[index]?.Hidden);
    return { name, hidden, rows: sheet ? rowsOf(sheet, limits) : [] };
  });
}

function open(file: Buffer): WorkBook {
  try {
    // `cellStyles` is what makes it look for hidden rows, `cellNF` for the formats of numbers.
    return read(file, {
      type: 'buffer',
      dense: true,
      cellHTML: false,
      cellNF: true,
      cellStyles: true,
      dateNF: 'yyyy/m/d',
    });
  } catch (error) {
    throw new Unreadable(/password/i.test(String(error)) ? 'encrypted' : 'damaged');
  }
}

function rowsOf(sheet: WorkSheet, limits: WorkbookLimits): SheetRow[] {
  const rows: SheetRow[] = [];
  const hidden = sheet['!rows'] ?? [];
  // The rows of a sheet with one far-out cell are a sparse array, which forEach passes over.
  (sheet['!data'] ?? []).forEach((cells, index) => {
    const shown: Cell[] = [];
    (cells ?? []).forEach((cell, column) => {
      const read = cell && cellOf(cell);
      if (read) shown[column] = read;
    });
    rows.push({ row: index + 1, hidden: Boolean(hidden[index]?.hidden), cells: shown });
  });
  const kept = limited(rows, limits);
  fillMerged(sheet, kept);
  return kept;
}

/** Without empty rows. @throws Unreadable where there is more than the limits allow */
function limited(rows: SheetRow[], limits: WorkbookLimits): SheetRow[] {
  const kept = rows.filter(({ cells }) => cells.some((cell) => cell && !isBlank(cell)));
  if (kept.length > limits.rows) throw new Unreadable('too-many-rows');
  let characters = 0;
  for (const { cells } of kept) {
    const lengths = cells.map((cell) => textOf(cell).length);
    characters += lengths.reduce((sum, length) => sum + length, 0);
    const tooLong = lengths.some((length) => length > limits.cellLength) || characters > limits.characters;
    if (tooLong || cells.length > limits.columns) throw new Unreadable('too-large');
  }
  // What lies between the cells is filled, so that a row is a plain array when it is handed over.
  return kept.map((row) => ({ ...row, cells: Array.from(row.cells, (cell) => cell ?? null) }));
}

/** A formula that was never calculated is not: nobody knows what it would show. */
const isBlank = (cell: Cell): boolean => /^\s*$/.test(textOf(cell)) && !(typeof cell === 'object' && cell?.fault);

/** The last day that a spreadsheet can show: 31 December 9999. */
const LAST_DAY = 2_958_465;

function cellOf({ t, v, w, f, z }: CellObject): Cell {
  const text = w ?? (v === undefined ? '' : String(v));
  if (t === 'z') return f === undefined ? null : { text: '', fault: 'not-calculated' };
  if (t === 'e') return { text, fault: 'error' };
  if (t === 'n') {
    const number = Number(v);
    const isDate = typeof z === 'string' && SSF.is_date(z);
    if (isDate && (number < 0 || number > LAST_DAY)) return { text: '######', number, fault: 'not-shown' };
    return text === '' ? null : { text, number };
  }
  return text === '' ? null : text;
}

/** A cell merged over several rows shows in each of them; across columns it stands in its first. */
function fillMerged(sheet: WorkSheet, rows: SheetRow[]): void {
  const byRow = new Map(rows.map((row) => [row.row, row]));
  for (const { s, e } of sheet['!merges'] ?? []) {
    const value = byRow.get(s.r + 1)?.cells[s.c];
    if (!value) continue;
    for (let row = s.r + 2; row <= Math.min(e.r + 1, rows.at(-1)?.row ?? 0); row += 1) {
      const cells = byRow.get(row)?.cells;
      if (cells && !cells[s.c]) cells[s.c] = value;
    }
  }
}
