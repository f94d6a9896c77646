import type { Batch } from '../cursors.ts';

const OK = Buffer.from('016f6b00000000000000f03f', 'hex');

/** Encodes the answer that carries a batch of documents, copying their bytes as they are. */
export function cursorReply(namespace: string, { documents, id }: Batch, field: 'firstBatch' | 'nextBatch'): Buffer {
  const names = documents.map((_document, at) => String(at));
  let list = 5;
  for (let i = 0; i < documents.length; i++) list += 2 + (names[i] as string).length + (documents[i] as Buffer).length;
  const ns = Buffer.from(namespace);
  const cursor = 4 + 1 + field.length + 1 + list + 1 + 3 + 8 + 1 + 3 + 4 + ns.length + 1 + 1;
  const size = 4 + 1 + 7 + cursor + OK.length + 1;
  const bytes = Buffer.allocUnsafe(size);
  let at = bytes.writeInt32LE(size, 0);
  at = name(bytes, at, 3, 'cursor');
  at = bytes.writeInt32LE(cursor, at);
  at = name(bytes, at, 4, field);
  at = bytes.writeInt32LE(list, at);
  for (let i = 0; i < documents.length; i++) {
    const document = documents[i] as Buffer;
    at = name(bytes, at, 3, names[i] as string);
    document.copy(bytes, at);
    at += document.length;
  }
  bytes[at++] = 0;
  at = name(bytes, at, 18, 'id');
  at = bytes.writeInt32LE(id.low, at);
  at = bytes.writeInt32LE(id.high, at);
  at = name(bytes, at, 2, 'ns');
  at = bytes.writeInt32LE(ns.length + 1, at);
  at += ns.copy(bytes, at);
  bytes[at++] = 0;
  bytes[at++] = 0;
  at += OK.copy(bytes, at);
  bytes[at] = 0;
  return bytes;
}

function name(bytes: Buffer, at: number, type: number, text: string): number {
  bytes[at] = type;
  const end = at + 1 + bytes.latin1Write(text, at + 1, text.length);
  bytes[end] = 0;
  return end + 1;
}
