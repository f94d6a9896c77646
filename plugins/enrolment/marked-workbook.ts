/** The uploaded rows as they were, with a first column that says what is wrong with each. */
import type { Row } from 'write-excel-file/node';
import { textOf } from '#platform';
import type { Batch } from './batch.model.ts';
import type { RosterSheet } from './roster-sheet.ts';
import { heading, text, writer } from './spreadsheets.ts';

type Translate = (key: string, params?: Record<string, unknown>) => string;
interface AnyProblem {
  column: string;
  reason: string;
  value?: string | null | undefined;
}

const refusedColour = { color: '#B42318', wrap: true } as const;
const warnedColour = { color: '#8A5A00', wrap: true } as const;

/**
 * @param batch what the check, and the confirmation where there was one, found
 * @returns an .xlsx that can be corrected and uploaded again: the column of remarks is none of a roster's
 */
export async function markedWorkbook(
  sheet: RosterSheet,
  { accepted, refused, result, hiddenTaken }: Pick<Batch, 'accepted' | 'refused' | 'result' | 'hiddenTaken'>,
  t: Translate,
): Promise<Buffer> {
  const words = (problems: readonly AnyProblem[]) =>
    problems.map(({ column, reason, value }) => {
      const said = t('roster.markedProblem', { column: t(`column.${column}`), reason: t(`reason.${reason}`) });
      return value ? `${said} [${value}]` : said;
    });
  const problems = new Map([...refused, ...(result?.refused ?? [])].map((row) => [row.row, row.problems]));
  const warnings = new Map(accepted.map((row) => [row.row, row.warnings]));
  const remark = (row: RosterSheet['rows'][number]): Row[number] => {
    if (row.row < sheet.headingRow) return null;
    if (row.row === sheet.headingRow) return { ...text(t('roster.marked')), ...heading };
    if (row.hidden && !hiddenTaken) return { ...text(t('roster.markedHidden')), ...warnedColour };
    const bad = problems.get(row.row);
    if (bad) return { ...text(words(bad).join('\n')), ...refusedColour };
    const odd = warnings.get(row.row) ?? [];
    return odd.length > 0 ? { ...text(words(odd).join('\n')), ...warnedColour } : text(t('roster.markedFine'));
  };
  // A file that was marked before has such a column already.
  const headed = sheet.rows.find(({ row }) => row === sheet.headingRow)?.cells ?? [];
  const earlier = headed.findIndex((cell) => textOf(cell) === t('roster.marked'));
  const lines: Row[] = sheet.rows.map((row) => [
    remark(row),
    ...row.cells
      .filter((_, place) => place !== earlier)
      .map((cell) => (textOf(cell) === '' ? null : text(textOf(cell)))),
  ]);
  const width = Math.max(...lines.map((line) => line.length));
  const write = await writer();
  return write(lines, {
    sheet: t('template.sheet'),
    columns: [{ width: 44 }, ...Array.from({ length: width - 1 }, () => ({ width: 18 }))],
  }).toBuffer();
}
