import { encode } from './codec.ts';
import { numberKind } from './numeric.ts';
import { Encoded } from './raw.ts';

/** Encodes one field; what updates copy and count without the detour of a document. */
export function elementFor(name: Buffer, value: unknown): Buffer {
  if (value instanceof Encoded) {
    const element = begin(value.type, name, value.end - value.start);
    value.bytes.copy(element, name.length + 2, value.start, value.end);
    return element;
  }
  if (typeof value === 'number' && numberKind(value) === 'int') {
    const element = begin(16, name, 4);
    element.writeInt32LE(value, name.length + 2);
    return element;
  }
  const encoded = encode({ v: value });
  const start = 4 + 1 + 2;
  const element = begin(encoded[4] as number, name, encoded.length - start - 1);
  encoded.copy(element, name.length + 2, start, encoded.length - 1);
  return element;
}

function begin(type: number, name: Buffer, size: number): Buffer {
  const element = Buffer.allocUnsafe(name.length + 2 + size);
  element[0] = type;
  name.copy(element, 1);
  element[name.length + 1] = 0;
  return element;
}
