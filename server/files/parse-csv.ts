/** Rows of a text table: RFC 4180, with the separators and habits of the programs that people save from. */

const separators = [',', '\t', ';', '，'] as const;

/** The cells of each line; a line break within quotation marks belongs to its cell. */
export function parseCsv(text: string): string[][] {
  const separator = separatorOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = new RegExp(
    `(?:=?"((?:[^"]|"")*)"[^${separator}\\r\\n]*|([^${separator}\\r\\n]*))(${separator}|\\r\\n|\\r|\\n|$)`,
    'gy',
  );
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (!found) break;
    const [, quoted, bare, end] = found;
    // Excel is told by ="…" that digits are text.
    row.push(quoted === undefined ? bare! : quoted.replaceAll('""', '"'));
    if (end === separator) {
      if (cell.lastIndex === text.length) row.push('');
      continue;
    }
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

/** The separator that the beginning has most of. */
function separatorOf(text: string): string {
  const head = text.slice(0, 2_000);
  const counts = separators.map((separator) => head.split(separator).length);
  return separators[counts.indexOf(Math.max(...counts))] as string;
}
