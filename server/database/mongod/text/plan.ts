import { CommandError } from '../errors.ts';
import type { Collection, Index } from '../storage/catalog.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { compileText, type TextSearch } from './search.ts';
import type { TextSpec } from './spec.ts';

/** The text index of a collection. */
export const textIndexOf = (collection: Collection | undefined): Index | undefined =>
  collection?.indexes.find((index) => index.terms !== undefined);

/** Compiles a $text for a collection. */
export function textSearchIn(collection: Collection | undefined, operand: unknown): TextSearch {
  const index = textIndexOf(collection);
  if (index === undefined) throw new CommandError(27, 'IndexNotFound', 'text index required for $text query');
  return compileText(index.spec as unknown as TextSpec, operand);
}

/** The $text that every match of a filter fulfils. */
export function textOperand(filter: Doc): Doc | undefined {
  if (isDocument(filter.$text)) return filter.$text;
  for (const each of Array.isArray(filter.$and) ? filter.$and : []) {
    const found = isDocument(each) ? textOperand(each) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
