/** What a spreadsheet file holds, as the program that made it shows it. */

/** A cell that is more than its text. */
interface SheetCell {
  /** What the spreadsheet shows. */
  text: string;
  /** The number behind it, where it is one. An ID number stored as a number has lost its last digits. */
  number?: number;
  /** A formula's error; a formula that was never calculated; a number that its date format cannot show (######). */
  fault?: 'error' | 'not-calculated' | 'not-shown';
}

/** A plain text, or more; null where the cell is empty. */
export type Cell = string | SheetCell | null;

export interface SheetRow {
  /** From 1, as the spreadsheet shows it. */
  row: number;
  /** Hidden by a filter or by hand. */
  hidden: boolean;
  cells: Cell[];
}

/** A sheet without its empty rows. */
export interface Sheet {
  /** Empty for a text table. */
  name: string;
  hidden: boolean;
  rows: SheetRow[];
}

export interface WorkbookLimits {
  /** Parts of the file together, unpacked. */
  bytes: number;
  /** Rows of one sheet that are not empty. */
  rows: number;
  /** The place of the last column that is not empty. */
  columns: number;
  /** Characters of one cell; spreadsheets hold 32,767. */
  cellLength: number;
  /** Characters of all cells of a sheet. */
  characters: number;
}

/** Why a file cannot be read; `core:errors.workbook-…` says it and what to do. */
export type WorkbookProblem =
  | 'not-one'
  | 'damaged'
  | 'encrypted'
  | 'web-page'
  | 'old-xml'
  | 'too-large'
  | 'too-many-rows'
  | 'too-costly';

export const textOf = (cell: Cell | undefined): string => (typeof cell === 'string' ? cell : (cell?.text ?? ''));
