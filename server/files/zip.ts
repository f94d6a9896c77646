/**
 * Reading a ZIP that a stranger sent (PKWARE APPNOTE 6.3.3, ZIP64 included, without archives in parts). Nothing that the
 * archive says about its own sizes is believed: what comes out of it is counted while it is unpacked.
 */
import { crc32, inflateRawSync } from 'node:zlib';

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_LENGTH = 22;
const LOCATOR_LENGTH = 20;
/** Extra field with the sizes and places that do not fit into 32 bits (4.5.3). */
const EXTRA64 = 0x0001;
const STORED = 0;
const DEFLATED = 8;
const MAX_ENTRIES = 10_000;

/** The bytes are no ZIP archive, or one that is damaged. */
export class NotAZip extends Error {}

/** Unpacked, the archive holds more than was allowed. */
export class ZipTooLarge extends Error {}

/** A wanted file of the archive can only be read with a password. */
export class ZipEncrypted extends Error {}

interface Entry {
  name: string;
  encrypted: boolean;
  method: number;
  size: number;
  offset: number;
}

/**
 * The wanted files of an archive, by name.
 * @param maxBytes of all of them together, unpacked
 * @throws NotAZip, ZipTooLarge, ZipEncrypted
 */
export function readZip(
  archive: Buffer,
  { maxBytes, wanted }: { maxBytes: number; wanted(name: string): boolean },
): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  let left = maxBytes;
  for (const entry of listEntries(archive)) {
    if (!wanted(entry.name)) continue;
    if (entry.encrypted) throw new ZipEncrypted();
    const content = unpack(archive, entry, left);
    left -= content.length;
    files.set(entry.name, content);
  }
  return files;
}

/** An archive of these files as they are, not compressed. */
export function storeZip(files: ReadonlyMap<string, Buffer>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of files) {
    const path = Buffer.from(name);
    const common = commonHeader(path, content);
    directory.push(u32(ENTRY), u16(20), common, Buffer.alloc(10), u32(offset), path);
    parts.push(u32(LOCAL), common, path, content);
    offset += 4 + common.length + path.length + content.length;
  }
  const list = Buffer.concat(directory);
  const count = u16(files.size);
  return Buffer.concat([...parts, list, u32(END), u32(0), count, count, u32(list.length), u32(offset), u16(0)]);
}

function* listEntries(archive: Buffer): Generator<Entry> {
  const { count, from } = findDirectory(archive);
  if (count > MAX_ENTRIES) throw new ZipTooLarge();
  let at = from;
  for (let n = 0; n < count; n += 1) {
    if (at + 46 > archive.length || archive.readUInt32LE(at) !== ENTRY) throw new NotAZip();
    const nameLength = archive.readUInt16LE(at + 28);
    const extraLength = archive.readUInt16LE(at + 30);
    const extraFrom = at + 46 + nameLength;
    const next = extraFrom + extraLength + archive.readUInt16LE(at + 32);
    if (next > archive.length) throw new NotAZip();
    yield {
      name: archive.toString('utf8', at + 46, extraFrom),
      encrypted: (archive.readUInt16LE(at + 8) & 1) === 1,
      method: archive.readUInt16LE(at + 10),
      ...sizeAndOffset(archive, at, archive.subarray(extraFrom, extraFrom + extraLength)),
    };
    at = next;
  }
}

/** Packed size and place of an entry; those that are full are found in the extra field, in this order. */
function sizeAndOffset(archive: Buffer, at: number, extra: Buffer): { size: number; offset: number } {
  const unpacked = archive.readUInt32LE(at + 24);
  let size = archive.readUInt32LE(at + 20);
  let offset = archive.readUInt32LE(at + 42);
  for (let place = 0; place + 4 <= extra.length; place += 4 + extra.readUInt16LE(place + 2)) {
    if (extra.readUInt16LE(place) !== EXTRA64) continue;
    const field = extra.subarray(place + 4, place + 4 + extra.readUInt16LE(place + 2));
    let next = unpacked === 0xffffffff ? 8 : 0;
    if (size === 0xffffffff) {
      size = u64(field, next);
      next += 8;
    }
    if (offset === 0xffffffff) offset = u64(field, next);
  }
  return { size, offset };
}

/** The end record stands last, before a comment of at most 65,535 bytes; that of ZIP64 is named before it. */
function findDirectory(archive: Buffer): { count: number; from: number } {
  const lowest = Math.max(0, archive.length - END_LENGTH - 0xffff);
  for (let at = archive.length - END_LENGTH; at >= lowest; at -= 1) {
    if (archive.readUInt32LE(at) !== END) continue;
    const locator = at - LOCATOR_LENGTH;
    if (locator >= 0 && archive.readUInt32LE(locator) === LOCATOR64) {
      const end = u64(archive, locator + 8);
      if (end + 56 > archive.length || archive.readUInt32LE(end) !== END64) throw new NotAZip();
      return { count: u64(archive, end + 32), from: u64(archive, end + 48) };
    }
    return { count: archive.readUInt16LE(at + 10), from: archive.readUInt32LE(at + 16) };
  }
  throw new NotAZip();
}

function unpack(archive: Buffer, { method, size, offset }: Entry, allowed: number): Buffer {
  if (offset + 30 > archive.length || archive.readUInt32LE(offset) !== LOCAL) throw new NotAZip();
  const start = offset + 30 + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
  if (start + size > archive.length) throw new NotAZip();
  const packed = archive.subarray(start, start + size);
  if (method === STORED && size <= allowed) return packed;
  if (method === STORED || allowed <= 0) throw new ZipTooLarge();
  if (method !== DEFLATED) throw new NotAZip();
  try {
    return inflateRawSync(packed, { maxOutputLength: allowed });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? new ZipTooLarge() : new NotAZip();
  }
}

/** From "version needed" to "length of the extra field", the same in both headers. */
function commonHeader(path: Buffer, content: Buffer): Buffer {
  const size = u32(content.length);
  const utf8 = u16(0x0800);
  return Buffer.concat([u16(20), utf8, u16(STORED), u32(0), u32(crc32(content)), size, size, u16(path.length), u16(0)]);
}

/** @throws NotAZip where it does not fit into the bytes or into an integer */
function u64(bytes: Buffer, at: number): number {
  if (at < 0 || at + 8 > bytes.length) throw new NotAZip();
  const value = Number(bytes.readBigUInt64LE(at));
  if (!Number.isSafeInteger(value)) throw new NotAZip();
  return value;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
