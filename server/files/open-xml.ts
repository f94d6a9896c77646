/** Office Open XML workbooks (ECMA-376, both editions of its namespaces) as other writers make them. */

/** Parts that hold cells or say how they are shown; pictures, macros, comments and settings stay packed. */
export function isCellPart(name: string): boolean {
  if (/(^|\/)(media|drawings|theme|charts|printerSettings|pivot\w*|customXml|externalLinks|embeddings)\//.test(name)) {
    return false;
  }
  if (/(^|\/)(comments|threadedComments|vbaProject|calcChain)[^/]*$/.test(name)) return false;
  return /\.(xml|rels|bin)$/.test(name) && !/worksheets\/_rels\//.test(name);
}

const spreadsheet = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
const contentTypes: Record<string, string> = {
  worksheet: `${spreadsheet}.worksheet+xml`,
  sharedStrings: `${spreadsheet}.sharedStrings+xml`,
  styles: `${spreadsheet}.styles+xml`,
};
const TYPES = '[Content_Types].xml';
const WORKBOOK = 'xl/workbook.xml';
const RELATIONS = 'xl/_rels/workbook.xml.rels';

/**
 * Names in the list of content types the parts that only the workbook's relations name: Excel finds them there, SheetJS
 * looks at the list alone and would leave out the texts and the formats.
 */
export function completeContentTypes(parts: Map<string, Buffer>): void {
  const types = parts.get(TYPES)?.toString('utf8');
  const relations = parts.get(RELATIONS)?.toString('utf8');
  if (types === undefined || relations === undefined || !parts.has(WORKBOOK)) return;
  const related = [...relations.matchAll(/<(?:\w+:)?Relationship\s[^>]*>/g)].map(([tag]) => {
    const type = contentTypes[/\sType\s*=\s*["'][^"']*\/(\w+)["']/.exec(tag)?.[1] ?? ''];
    const target = /\sTarget\s*=\s*["']([^"']+)["']/.exec(tag)?.[1] ?? '';
    return { type, part: target.startsWith('/') ? target : `/xl/${target}` };
  });
  const missing = [{ type: `${spreadsheet}.sheet.main+xml`, part: `/${WORKBOOK}` }, ...related]
    .filter(({ type, part }) => type && parts.has(part.slice(1)))
    .filter(({ part }) => !types.includes(`"${part}"`) && !types.includes(`'${part}'`))
    .map(({ type, part }) => `<Override PartName="${part}" ContentType="${type}"/>`);
  if (missing.length === 0) return;
  const whole = types.replace(/<((?:\w+:)?Types)([^>]*)\/>/, '<$1$2></$1>');
  parts.set(TYPES, Buffer.from(whole.replace(/<(?:\w+:)?Types[^>]*>/, (tag) => tag + missing.join(''))));
}
