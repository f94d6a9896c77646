import type { Doc } from '../values/codec.ts';
import { decode, decodeFields, decodeOperators } from '../values/decode.ts';
import { DOCUMENT, findField } from '../values/raw.ts';

/** An update with operators as it arrived. Most change bytes only (patch.ts): what they set is not decoded for that. */
export class EncodedUpdate {
  /** The operators with their operands; what `$set` sets is encoded where it is plain. */
  readonly operators: Doc;
  readonly #bytes: Buffer;
  readonly #offset: number;
  #whole: Doc | undefined;

  constructor(bytes: Buffer, offset: number) {
    this.#bytes = bytes;
    this.#offset = offset;
    this.operators = decodeOperators(bytes, offset);
  }

  /** All of it decoded. */
  get whole(): Doc {
    this.#whole ??= decode(this.#bytes, this.#offset);
    return this.#whole;
  }
}

const MODIFICATION = Buffer.from('u');
const allButModification = { has: (field: string) => field !== 'u' };
const DOLLAR = 36;

/** Reads a statement of an update command; operators in it stay encoded. @throws CommandError for malformed bytes */
export function readUpdate(statement: Buffer): Doc {
  const field = findField(statement, 0, MODIFICATION);
  const hasOperators =
    field !== undefined && statement[field.start] === DOCUMENT && statement[field.value + 5] === DOLLAR;
  if (!hasOperators) return decode(statement);
  return Object.assign(decodeFields(statement, allButModification), { u: new EncodedUpdate(statement, field.value) });
}
