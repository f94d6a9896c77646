/**
 * Reading a ZIP that a stranger sent (PKWARE APPNOTE 6.3.3, without ZIP64, encryption and archives in parts, which no
 * spreadsheet program writes at this size). Nothing that the archive says about its own sizes is believed: what comes out
 * of it is counted while it is unpacked.
 */
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const endLength = 22;
const stored = 0;
const deflated = 8;

const inflate = promisify(inflateRaw) as (data: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

/** The bytes are no ZIP archive, or one that is damaged. */
export class NotAZip extends Error {}

/** Unpacked, the archive holds more than was allowed. */
export class ZipTooLarge extends Error {}

interface Entry {
  name: string;
  method: number;
  size: number;
  offset: number;
}

/**
 * The wanted files of an archive, by name.
 * @param maxBytes of all of them together, unpacked
 * @throws NotAZip, ZipTooLarge
 */
export async function readZip(
  archive: Buffer,
  { maxBytes, wanted }: { maxBytes: number; wanted(name: string): boolean },
): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  let left = maxBytes;
  for (const entry of listEntries(archive)) {
    if (!wanted(entry.name)) continue;
    const content = await unpack(archive, entry, left);
    left -= content.length;
    files.set(entry.name, content);
  }
  return files;
}

/** An archive of these files as they are, not compressed. */
export function storeZip(files: Map<string, Buffer>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of files) {
    const path = Buffer.from(name);
    const common = commonHeader(path, content);
    const local = Buffer.concat([u32(LOCAL), common, path, content]);
    directory.push(u32(ENTRY), u16(20), common, Buffer.alloc(10), u32(offset), path);
    parts.push(local);
    offset += local.length;
  }
  const list = Buffer.concat(directory);
  const count = u16(files.size);
  return Buffer.concat([...parts, list, u32(END), u32(0), count, count, u32(list.length), u32(offset), u16(0)]);
}

function* listEntries(archive: Buffer): Generator<Entry> {
  const end = findEnd(archive);
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  for (let n = 0; n < count; n += 1) {
    if (at + 46 > archive.length || archive.readUInt32LE(at) !== ENTRY) throw new NotAZip();
    const [nameLength, extra, comment] = [28, 30, 32].map((place) => archive.readUInt16LE(at + place));
    const next = at + 46 + nameLength! + extra! + comment!;
    if (next > archive.length) throw new NotAZip();
    const encrypted = (archive.readUInt16LE(at + 8) & 1) === 1;
    if (encrypted) throw new NotAZip();
    yield {
      name: archive.toString('utf8', at + 46, at + 46 + nameLength!),
      method: archive.readUInt16LE(at + 10),
      size: archive.readUInt32LE(at + 20),
      offset: archive.readUInt32LE(at + 42),
    };
    at = next;
  }
}

/** The end record stands last, before a comment of at most 65,535 bytes. */
function findEnd(archive: Buffer): number {
  const lowest = Math.max(0, archive.length - endLength - 0xffff);
  for (let at = archive.length - endLength; at >= lowest; at -= 1) {
    if (archive.readUInt32LE(at) === END) return at;
  }
  throw new NotAZip();
}

async function unpack(archive: Buffer, { method, size, offset }: Entry, allowed: number): Promise<Buffer> {
  if (offset + 30 > archive.length || archive.readUInt32LE(offset) !== LOCAL) throw new NotAZip();
  const start = offset + 30 + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
  if (start + size > archive.length) throw new NotAZip();
  const packed = archive.subarray(start, start + size);
  if (method === stored && size <= allowed) return packed;
  if (method === stored || allowed <= 0) throw new ZipTooLarge();
  if (method !== deflated) throw new NotAZip();
  return inflate(packed, { maxOutputLength: allowed }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ERR_BUFFER_TOO_LARGE' ? new ZipTooLarge() : new NotAZip();
  });
}

/** From "version needed" to "length of the extra field", the same in both headers. */
function commonHeader(path: Buffer, content: Buffer): Buffer {
  const size = u32(content.length);
  const utf8 = u16(0x0800);
  return Buffer.concat([u16(20), utf8, u16(stored), u32(0), u32(crc32(content)), size, size, u16(path.length), u16(0)]);
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
