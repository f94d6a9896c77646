import { EncodedUpdate } from '../update/encoded-update.ts';
import type { Doc } from '../values/codec.ts';
import { decode, decodeFields } from '../values/decode.ts';
import { DOCUMENT, findField } from '../values/raw.ts';

export interface UpdateStatement {
  q: Doc;
  /** A document, a pipeline, or operators that are still encoded. */
  u: unknown;
  multi?: boolean;
  upsert?: boolean;
  collation?: Doc;
  arrayFilters?: Doc[];
  hint?: unknown;
  sort?: Doc;
  c?: Doc;
}

const MODIFICATION = Buffer.from('u');
const allButModification = { has: (field: string) => field !== 'u' };
const DOLLAR = 36;

/** Reads a statement of an update command, an `UpdateStatement`. @throws CommandError for malformed bytes */
export function readUpdate(statement: Buffer): Doc {
  const field = findField(statement, 0, MODIFICATION);
  const hasOperators =
    field !== undefined && statement[field.start] === DOCUMENT && statement[field.value + 5] === DOLLAR;
  if (!hasOperators) return decode(statement);
  return Object.assign(decodeFields(statement, allButModification), { u: new EncodedUpdate(statement, field.value) });
}
