/** Which sheet of a file is the roster, and which of its columns mean what. Pure. */
import { AppError, type Cell, type Sheet, type SheetRow, textOf } from '#platform';
import { type Column, columns, headings, readHeading } from './roster-columns.ts';

/** Teachers in one file at most. */
const MAX_TEACHERS = 5_000;
/** Headings may stand below a title and remarks. */
const HEADING_ROWS = 50;
const required: readonly Column[] = ['name', 'idNumber', 'school', 'stage', 'subject'];

/** The sheet that is read: all of its rows, and where what stands. */
export interface RosterSheet {
  name: string;
  /** Other visible sheets that hold a roster as well and are not read. */
  others: string[];
  rows: SheetRow[];
  /** Number of the row with the headings. */
  headingRow: number;
  /** Column → its place within a row. */
  places: Partial<Record<Column, number>>;
}

export const tooManyRows = () => new AppError('enrolment:too-many-rows', 422, { params: { most: MAX_TEACHERS } });

/**
 * The first visible sheet that has the headings.
 * @throws enrolment:no-headings, missing-columns, two-columns, no-rows, too-many-rows
 */
export function findRoster(sheets: readonly Sheet[]): RosterSheet {
  const visible = sheets.filter(({ hidden }) => !hidden);
  const found = visible.flatMap((sheet) => {
    const heading = findHeadings(sheet.rows);
    return heading ? [{ sheet, heading }] : [];
  });
  const whole = found.filter(({ heading }) => missing(heading).length === 0);
  const [first = found[0]] = whole;
  if (!first) throw new AppError('enrolment:no-headings', 422);
  const { sheet, heading } = first;
  if (missing(heading).length > 0) {
    const list = missing(heading).map((column) => `${headings[column].zh} (${headings[column].en})`);
    throw new AppError('enrolment:missing-columns', 422, { params: { columns: list.join(', ') } });
  }
  const below = sheet.rows.filter(({ row }) => row > heading.row);
  if (below.length === 0) throw new AppError('enrolment:no-rows', 422);
  if (below.length > MAX_TEACHERS) throw tooManyRows();
  return {
    name: sheet.name,
    others: whole.slice(1).map((other) => other.sheet.name),
    rows: sheet.rows,
    headingRow: heading.row,
    places: choosePlaces(heading, below),
  };
}

interface Headings {
  row: number;
  cells: Cell[];
  /** Column → every place that is headed so. */
  places: Map<Column, number[]>;
}

const missing = ({ places }: Headings): Column[] => required.filter((column) => !places.has(column));

/** The first row that names three columns; where headings take two rows, the lower one. */
function findHeadings(rows: readonly SheetRow[]): Headings | undefined {
  const candidates = rows.slice(0, HEADING_ROWS).map(readHeadings);
  const at = candidates.findIndex((found) => found.places.size >= 3);
  const first = candidates[at];
  const next = candidates[at + 1];
  if (!first) return undefined;
  return next && next.row === first.row + 1 && next.places.size >= first.places.size ? next : first;
}

function readHeadings({ row, cells }: SheetRow): Headings {
  const places = new Map<Column, number[]>();
  for (const [place, cell] of cells.entries()) {
    const column = readHeading(textOf(cell));
    if (column) places.set(column, [...(places.get(column) ?? []), place]);
  }
  return { row, cells, places };
}

/** One place per column; of two that mean the same the one that is filled in. @throws enrolment:two-columns */
function choosePlaces({ places, cells }: Headings, rows: readonly SheetRow[]): RosterSheet['places'] {
  const chosen: RosterSheet['places'] = {};
  const doubtful: string[] = [];
  for (const column of columns) {
    const all = places.get(column) ?? [];
    const filled = all.filter((place) => rows.some((row) => textOf(row.cells[place]).trim() !== ''));
    if (filled.length > 1) {
      const named = filled.map(
        (place) => `${columnLetters(place)} “${textOf(cells[place]).replace(/\s+/g, ' ').trim()}”`,
      );
      doubtful.push(named.join('、'));
    }
    const place = filled[0] ?? all[0];
    if (place !== undefined) chosen[column] = place;
  }
  if (doubtful.length > 0)
    throw new AppError('enrolment:two-columns', 422, { params: { columns: doubtful.join('；') } });
  return chosen;
}

/** The letters of a column as spreadsheets show them, from place 0. */
function columnLetters(place: number): string {
  const rest = Math.floor(place / 26);
  return (rest > 0 ? columnLetters(rest - 1) : '') + String.fromCharCode(65 + (place % 26));
}
