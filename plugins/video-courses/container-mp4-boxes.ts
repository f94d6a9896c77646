import { type ByteSource, ContainerError } from './container-source.ts';

/** A box of ISO/IEC 14496-12: its type, and where its content lies. */
export interface Box {
  type: string;
  from: number;
  to: number;
}

/** Boxes on one level at most, so that a file of empty boxes cannot keep the reader busy. */
const MAX_BOXES = 400_000;

/** The boxes on one level. @throws ContainerError where one ends beyond its parent */
export async function boxes(source: ByteSource, from: number, to: number): Promise<Box[]> {
  const found: Box[] = [];
  for (let at = from; at + 8 <= to; ) {
    const head = await source.read(at, 16);
    if (head.length < 8 || found.length >= MAX_BOXES) throw new ContainerError('incomplete');
    const { size, header } = sizeOf(head, to - at);
    if (size < header || at + size > to) throw new ContainerError('incomplete');
    found.push({ type: head.toString('latin1', 4, 8), from: at + header, to: at + size });
    at += size;
  }
  return found;
}

export const child = (level: readonly Box[], type: string): Box | undefined => level.find((box) => box.type === type);

/** What lies within the box that this path of types leads to. */
export async function descendant(
  source: ByteSource,
  level: readonly Box[],
  ...path: string[]
): Promise<Box[] | undefined> {
  let inside: readonly Box[] = level;
  for (const type of path) {
    const box = child(inside, type);
    if (!box) return undefined;
    inside = await boxes(source, box.from, box.to);
  }
  return [...inside];
}

/** A size of 1 is followed by 64 bits, a size of 0 means up to the end. */
function sizeOf(head: Buffer, left: number): { size: number; header: number } {
  const size = head.readUInt32BE(0);
  if (size === 0) return { size: left, header: 8 };
  if (size !== 1) return { size, header: 8 };
  if (head.length < 16) throw new ContainerError('incomplete');
  return { size: Number(head.readBigUInt64BE(8)), header: 16 };
}
