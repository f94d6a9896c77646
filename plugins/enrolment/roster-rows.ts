/** From the cells of a roster to its teachers, as far as that can be judged without knowing anybody else. Pure. */
import {
  type Cell,
  type IdDocumentKind,
  isName,
  normaliseName,
  normalisePhone,
  parseIdDocument,
  plainText,
  type Stage,
  type Subject,
  textOf,
} from '#platform';
import { type Column, readDocument, readSex, readStage, readSubject } from './roster-columns.ts';
import type { RosterSheet } from './roster-sheet.ts';

/** Something about one cell: locale key `reason.<reason>`. */
export interface Problem {
  column: Column;
  reason: Reason;
  /** What was typed, where the reader needs it. */
  value?: string | undefined;
}

/** One row of a roster: what could be read of it, and all that is wrong. */
export interface RosterRow {
  /** Row of the sheet, from 1, as the spreadsheet shows it. */
  row: number;
  name: string;
  sex?: 'male' | 'female' | undefined;
  /** Plain, in its one written form. */
  idNumber?: string | undefined;
  /** Where it is another document than the identity card. */
  idKind?: IdDocumentKind | undefined;
  phone?: string | undefined;
  /** As typed: the school's name or its id. */
  school?: string | undefined;
  stage?: Stage | undefined;
  subject?: Subject | undefined;
  title?: string | undefined;
  /** Why the row cannot be enrolled. */
  problems: Problem[];
  /** What of optional fields is left out. */
  warnings: Problem[];
}

/** A row that may not be enrolled, and why. */
export type Refusal = Pick<RosterRow, 'row' | 'name' | 'problems'>;

export type Reason =
  | 'missing'
  | 'cell-error'
  | 'not-calculated'
  | 'not-shown'
  | 'name'
  | 'sex'
  | 'sex-differs'
  | 'document'
  | 'id-length'
  | 'id-characters'
  | 'id-birth'
  | 'id-check-digit'
  | 'id-document'
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

/**
 * Reads the rows below the headings.
 * @param today Beijing day; a later birth is refused
 * @param takeHidden whether rows that a filter hides are read as well
 */
export function readRows({ rows, headingRow, places }: RosterSheet, today: string, takeHidden: boolean): RosterRow[] {
  return rows
    .filter(({ row, hidden }) => row > headingRow && (takeHidden || !hidden))
    .map(({ row, cells }) => new RowReader(row, (column) => cells[places[column] ?? -1] ?? null, today).read());
}

/** Rows below the headings that the spreadsheet does not show. */
export const hiddenRows = ({ rows, headingRow }: RosterSheet): number =>
  rows.filter(({ row, hidden }) => hidden && row > headingRow).length;

class RowReader {
  readonly #row: number;
  readonly #cell: (column: Column) => Cell;
  readonly #today: string;
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];

  constructor(row: number, cell: (column: Column) => Cell, today: string) {
    this.#row = row;
    this.#cell = cell;
    this.#today = today;
  }

  read(): RosterRow {
    const name = this.#name();
    const id = this.#document();
    const sex = this.#sex(id?.sex);
    const phone = this.#optional('phone', (text) => normalisePhone(this.#number('phone') ?? text));
    const school = this.#required('school', plainText);
    const stage = this.#required('stage', readStage);
    const subject = this.#required('subject', readSubject);
    const title = this.#optional('title', (text) => (/^[\p{L}\p{M}\p{N} ()·/-]{1,30}$/u.test(text) ? text : undefined));
    return {
      row: this.#row,
      ...{ name, sex, phone, school, stage, subject, title },
      ...(id && { idNumber: id.number, ...(id.kind !== 'id-number' && { idKind: id.kind }) }),
      problems: this.#problems,
      warnings: this.#warnings,
    };
  }

  #text(column: Column): string {
    return plainText(textOf(this.#cell(column)));
  }

  /** The digits of a cell that holds a whole number, which its format may show otherwise. */
  #number(column: Column): string | undefined {
    const cell = this.#cell(column);
    const number = typeof cell === 'object' ? cell?.number : undefined;
    return Number.isSafeInteger(number) ? String(number) : undefined;
  }

  #problem(column: Column, reason: Reason, value?: string): undefined {
    this.#problems.push({ column, reason, ...(value && { value: shown(value) }) });
  }

  /** What hinders reading a cell at all; a number that shows as ###### is nobody's guess, whatever the column. */
  #fault(column: Column, isOptional: boolean): boolean {
    const cell = this.#cell(column);
    if (typeof cell !== 'object' || !cell?.fault) return false;
    const reason = cell.fault === 'error' ? 'cell-error' : cell.fault;
    const list = isOptional && reason !== 'not-shown' ? this.#warnings : this.#problems;
    list.push({ column, reason, ...(cell.text && { value: cell.text }) });
    return true;
  }

  #required<T>(column: Column, read: (text: string) => T | undefined): T | undefined {
    if (this.#fault(column, false)) return undefined;
    const text = this.#text(column);
    if (text === '') return this.#problem(column, 'missing');
    return read(text) ?? this.#problem(column, column as Reason, text);
  }

  /** Undefined where nothing was typed; what cannot be used is a warning. */
  #optional<T>(column: Column, read: (text: string) => T | undefined): T | undefined {
    if (this.#fault(column, true)) return undefined;
    const text = this.#text(column);
    if (text === '') return undefined;
    const value = read(text);
    if (value === undefined) this.#warnings.push({ column, reason: column as Reason, value: shown(text) });
    return value;
  }

  #name(): string {
    const name = this.#required('name', normaliseName) ?? '';
    if (name && !isName(name)) this.#problem('name', 'name');
    return name.slice(0, 40);
  }

  #document() {
    const kind = this.#optional('document', readDocument);
    if (this.#fault('idNumber', false)) return undefined;
    const cell = this.#cell('idNumber');
    const text = this.#text('idNumber');
    if (text === '') return this.#problem('idNumber', 'missing');
    const isNumber = typeof cell === 'object' && cell?.number !== undefined;
    if (isNumber && kind === undefined) return this.#problem('idNumber', 'id-as-number');
    const parsed = parseIdDocument(this.#number('idNumber') ?? text, this.#today, kind);
    return parsed.ok ? parsed.value : this.#problem('idNumber', `id-${parsed.reason}`);
  }

  /** @param known from the document; where it says nothing the roster must */
  #sex(known: 'male' | 'female' | undefined): 'male' | 'female' | undefined {
    const typed = this.#optional('sex', readSex);
    if (typed && known && typed !== known) return this.#problem('sex', 'sex-differs');
    const hasDocument = !this.#problems.some(({ column }) => column === 'idNumber');
    if (!typed && !known && hasDocument) return this.#problem('sex', 'missing');
    return typed ?? known;
  }
}

const shown = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
