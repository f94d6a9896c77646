type Doc = Record<string, unknown>;

/**
 * Where a document keeps the names of its fields in order. JavaScript lists names like integers ('0', '17') before all others;
 * a document whose fields stand in another order has it noted here. Copies by `...` keep the note.
 */
const ORDER = Symbol('order of fields');

interface Noted {
  [ORDER]?: readonly string[];
}

const noted = (document: Doc): readonly string[] | undefined => (document as Noted)[ORDER];

/** Whether the order of a document's fields is not JavaScript's. */
export const isReordered = (document: Doc): boolean => noted(document) !== undefined;

/** Whether JavaScript may list a field of this name before earlier ones. */
export function isLikeInteger(name: string): boolean {
  const first = name.charCodeAt(0);
  return first >= 48 && first <= 57;
}

/** The names of a document's fields in their order. */
export function fieldNames(document: Doc): string[] {
  const order = noted(document);
  const names = Object.keys(document);
  if (order === undefined) return names;
  const known = new Set(order);
  return [...order.filter((name) => Object.hasOwn(document, name)), ...names.filter((name) => !known.has(name))];
}

/** Notes the order of a document's fields, if JavaScript's is another. */
export function keepOrder(document: Doc, names: readonly string[]): void {
  const listed = Object.keys(document);
  if (names.some((name, at) => name !== listed[at])) (document as Noted)[ORDER] = [...new Set(names)];
}

/** Takes over the order that another document has noted, for the fields that the two have in common. */
export function copyOrder(from: Doc, to: Doc): void {
  const order = noted(from);
  if (order !== undefined) (to as Noted)[ORDER] = order;
}

/** The document with this _id as its first field. */
export function withIdFirst(id: unknown, { _id: _old, ...rest }: Doc): Doc {
  const result: Doc = { _id: id, ...rest };
  keepOrder(result, ['_id', ...fieldNames(rest)]);
  return result;
}
