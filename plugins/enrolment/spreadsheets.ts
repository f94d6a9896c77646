/** The .xlsx files that this plugin hands out. Every cell is typed as text, so that no spreadsheet reads one as a formula. */

import type { Row } from 'write-excel-file/node';
import { type Language, type Organisation, stages, subjects } from '#platform';
import type { ActivationSlip } from './learners.service.ts';
import { headings, templateColumns } from './roster-columns.ts';

type Translate = (key: string, params?: Record<string, unknown>) => string;

/** Rows prepared as text, so that typing an ID number does not turn it into a number without its last digits. */
const preparedRows = 300;
const widths = [12, 8, 24, 16, 30, 12, 14, 16];
export const heading = { fontWeight: 'bold', backgroundColor: '#E7EEF9' } as const;

export const text = (value: string) => ({ value, type: String, format: '@' }) as const;

/** Loaded with the first file that is asked for: its modules are an eighth of all that a start would load. */
export const writer = async () => (await import('write-excel-file/node')).default;

/** The roster to fill in, with a second sheet that says how. */
export async function rosterTemplate(language: Language, t: Translate, schools: Organisation[]): Promise<Buffer> {
  const writeXlsxFile = await writer();
  const lang = language === 'en' ? 'en' : 'zh';
  const blank: Row = templateColumns.map(() => ({ value: '', type: String, format: '@' }));
  const rows: Row[] = [
    templateColumns.map((column) => ({ ...text(headings[column][lang]), ...heading })),
    ...Array.from({ length: preparedRows }, () => blank),
  ];
  const list = (keys: readonly string[], kind: string) => keys.map((key) => t(`core:${kind}.${key}`)).join('、');
  const help = [
    ...templateColumns.map((column) => [headings[column][lang], t(`template.${column}`)]),
    [t('template.stages'), list(stages, 'stage')],
    [t('template.subjects'), list(subjects, 'subject')],
    [t('template.rules'), t('template.rulesText')],
    ...schools.map((school, index) => [
      index === 0 ? t('template.schools') : '',
      `${school.name.zh}（${school.stages.map((stage) => t(`core:stage.${stage}`)).join('、')}）`,
    ]),
  ].map((line) => line.map((value) => text(value)));
  return writeXlsxFile([
    { data: rows, sheet: t('template.sheet'), columns: widths.map((width) => ({ width })), stickyRowsCount: 1 },
    { data: help, sheet: t('template.helpSheet'), columns: [{ width: 16 }, { width: 90 }] },
  ]).toBuffer();
}

/** Activation codes to print, cut and hand out. */
export async function codesWorkbook(
  slips: ActivationSlip[],
  names: Map<string, string>,
  t: Translate,
): Promise<Buffer> {
  const writeXlsxFile = await writer();
  const head = ['name', 'school', 'idNumber', 'code'].map((key) => ({ ...text(t(`codes.${key}`)), ...heading }));
  const rows = slips.map(({ name, organisation, idMasked, code }) =>
    [name, names.get(organisation) ?? '', idMasked, code].map(text),
  );
  return writeXlsxFile([head, ...rows], {
    sheet: t('codes.sheet'),
    columns: [12, 30, 24, 14].map((width) => ({ width })),
    stickyRowsCount: 1,
  }).toBuffer();
}
