import { encode } from './codec.ts';
import { numberKind } from './numeric.ts';

/** Encodes one field; what updates set most is written without the detour of a document. */
export function elementFor(name: Buffer, value: unknown): Buffer {
  const start = name.length + 2;
  if (typeof value === 'string') {
    const size = Buffer.byteLength(value);
    const element = begin(2, name, 4 + size + 1);
    const end = element.writeInt32LE(size + 1, start) + size;
    element.utf8Write(value, start + 4, size);
    element[end] = 0;
    return element;
  }
  if (typeof value === 'number') {
    const isInt = numberKind(value) === 'int';
    const element = begin(isInt ? 16 : 1, name, isInt ? 4 : 8);
    if (isInt) element.writeInt32LE(value, start);
    else element.writeDoubleLE(value, start);
    return element;
  }
  if (value instanceof Date) {
    const element = begin(9, name, 8);
    element.writeBigInt64LE(BigInt(value.getTime()), start);
    return element;
  }
  const encoded = encode({ v: value });
  const first = 4 + 1 + 2;
  const element = begin(encoded[4] as number, name, encoded.length - first - 1);
  encoded.copy(element, start, first, encoded.length - 1);
  return element;
}

function begin(type: number, name: Buffer, size: number): Buffer {
  const element = Buffer.allocUnsafe(name.length + 2 + size);
  element[0] = type;
  name.copy(element, 1);
  element[name.length + 1] = 0;
  return element;
}
