import type { Doc } from '../values/codec.ts';
import { decode, decodeOperators } from '../values/decode.ts';

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
