/** From the cells of a sheet to one entry per teacher, as far as that can be judged without knowing anybody else. */
import { AppError, parseIdNumber, type Stage, type Subject } from '#platform';
import { type Column, columns, headings, readHeading, readSex, readStage, readSubject } from './roster-columns.ts';
import { type CellContent, mostRows, NumberCell, tooManyRows } from './workbook.ts';

/** One teacher of a roster; `idNumber` is plain. */
export interface Entry {
  /** Row of the sheet, from 1, as the spreadsheet shows it. */
  row: number;
  name: string;
  sex: 'male' | 'female';
  idNumber: string;
  phone?: string | undefined;
  /** As typed: the school's name or its id. */
  school: string;
  stage: Stage;
  subject: Subject;
  title?: string | undefined;
}

/** Why a row is refused: locale key `reason.<reason>`, and the column that it is about. */
export interface Refusal {
  row: number;
  name: string;
  column: Column;
  reason: Reason;
  /** What was typed, where the reader needs it and it identifies nobody. */
  value?: string | undefined;
}

export type Reason =
  | 'missing'
  | 'name'
  | 'sex'
  | 'sex-differs'
  | 'id-length'
  | 'id-characters'
  | 'id-birth'
  | 'id-check-digit'
  | 'id-as-number'
  | 'duplicate'
  | 'phone'
  | 'duplicate-phone'
  | 'phone-taken'
  | 'unknown-school'
  | 'ambiguous-school'
  | 'outside-scope'
  | 'region-not-taking-part'
  | 'stage'
  | 'stage-not-taught'
  | 'stage-not-in-programme'
  | 'subject'
  | 'title'
  | 'already-enrolled'
  | 'name-differs'
  | 'other-school'
  | 'account-disabled'
  | 'before-enrolment'
  | 'after-deadline'
  | 'programme-closed';

/** Headings may stand below a title line. */
const headingRows = 10;
const required: readonly Column[] = ['name', 'idNumber', 'school', 'stage', 'subject'];

/**
 * Reads the rows below the headings; empty rows are passed over.
 * @param today Beijing day; a later birth is refused
 * @throws enrolment:no-headings, enrolment:missing-columns, enrolment:no-rows, enrolment:too-many-rows
 */
export function readRows(sheet: CellContent[][], today: string): { entries: Entry[]; refused: Refusal[] } {
  const { at, places } = findHeadings(sheet);
  const rows = sheet
    .map((cells, index) => ({ cells, row: index + 1 }))
    .slice(at + 1)
    .filter(({ cells }) => cells.some((cell) => textOf(cell) !== ''));
  if (rows.length === 0) throw new AppError('enrolment:no-rows', 422);
  if (rows.length > mostRows) throw tooManyRows();
  const entries: Entry[] = [];
  const refused: Refusal[] = [];
  for (const { cells, row } of rows) {
    const cell = (column: Column): CellContent => cells[places.get(column) ?? -1] ?? null;
    const result = readRow(cell, row, today);
    if ('reason' in result) refused.push(result);
    else entries.push(result);
  }
  return { entries, refused };
}

function findHeadings(sheet: CellContent[][]): { at: number; places: Map<Column, number> } {
  for (const [at, cells] of sheet.slice(0, headingRows).entries()) {
    const places = new Map<Column, number>();
    for (const [place, cell] of cells.entries()) {
      const column = readHeading(textOf(cell));
      if (column && !places.has(column)) places.set(column, place);
    }
    if (places.size < 3) continue;
    const missing = columns.filter((column) => required.includes(column) && !places.has(column));
    if (missing.length === 0) return { at, places };
    const list = missing.map((column) => `${headings[column].zh} (${headings[column].en})`).join(', ');
    throw new AppError('enrolment:missing-columns', 422, { params: { columns: list } });
  }
  throw new AppError('enrolment:no-headings', 422);
}

function readRow(cell: (column: Column) => CellContent, row: number, today: string): Entry | Refusal {
  const text = (column: Column) => textOf(cell(column));
  const name = text('name').slice(0, 40);
  const refuse = (column: Column, reason: Reason, value?: string): Refusal => ({ row, name, column, reason, value });
  const empty = required.find((column) => text(column) === '');
  if (empty) return refuse(empty, 'missing');
  if (!/^\p{L}[\p{L}\p{M} ·•.'’-]{0,39}$/u.test(text('name'))) return refuse('name', 'name');

  const id = parseIdNumber(text('idNumber'), today);
  if (cell('idNumber') instanceof NumberCell) return refuse('idNumber', 'id-as-number');
  if (!id.ok) return refuse('idNumber', `id-${id.reason}`);

  const sex = text('sex') === '' ? id.value.sex : readSex(text('sex'));
  if (!sex) return refuse('sex', 'sex', shown(text('sex')));
  if (sex !== id.value.sex) return refuse('sex', 'sex-differs');

  const phone = readPhone(text('phone'));
  if (phone === 'wrong') return refuse('phone', 'phone');
  const stage = readStage(text('stage'));
  if (!stage) return refuse('stage', 'stage', shown(text('stage')));
  const subject = readSubject(text('subject'));
  if (!subject) return refuse('subject', 'subject', shown(text('subject')));
  if (!/^[\p{L}\p{M}\p{N} ()·/-]{0,30}$/u.test(text('title'))) return refuse('title', 'title', shown(text('title')));
  const { number: idNumber } = id.value;
  return { row, name, sex, idNumber, phone, school: text('school'), stage, subject, title: text('title') || undefined };
}

/** Eleven digits from 1; +86, spaces and dashes are taken off. Undefined where nothing was typed. */
function readPhone(text: string): string | undefined | 'wrong' {
  const digits = text.replace(/[\s-]/g, '').replace(/^(\+|00)86/, '');
  if (digits === '') return undefined;
  return /^1\d{10}$/.test(digits) ? digits : 'wrong';
}

const shown = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

function textOf(cell: CellContent): string {
  if (cell === null || cell === undefined) return '';
  if (cell instanceof NumberCell) return cell.text;
  if (cell instanceof Date) return cell.toISOString().slice(0, 10);
  return String(cell).normalize('NFKC').replace(/\s+/g, ' ').trim();
}
