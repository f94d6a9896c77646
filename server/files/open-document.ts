/** Spreadsheets of the Open Document Format (ISO/IEC 26300), as far as SheetJS does not look at them. */

/** For each table of `content.xml` the rows that are hidden by hand or by a filter, from 0, as pairs of first and last. */
export function hiddenRowsOf(content: string): [number, number][][] {
  const tables: [number, number][][] = [];
  let row = 0;
  for (const [, kind, attributes = ''] of content.matchAll(/<table:(table|table-row)(?=[\s/>])([^>]*)>/g)) {
    if (kind === 'table') {
      tables.push([]);
      row = 0;
      continue;
    }
    const repeated = Number(/\stable:number-rows-repeated="(\d{1,7})"/.exec(attributes)?.[1] ?? 1);
    if (/\stable:visibility="(collapse|filter)"/.test(attributes)) tables.at(-1)?.push([row, row + repeated - 1]);
    row += repeated;
  }
  return tables;
}
