/** Which files may be handed in: known by name and content together, so that neither alone is believed. */
import { decodeText } from '#platform';

export interface FileKind {
  type: string;
  extensions: readonly string[];
  /** Whether the content is of this kind, from its beginning and its end. */
  matches(head: Buffer, tail: Buffer): boolean;
}

/** Bytes of the beginning and of the end that recognising a file needs. */
export const headBytes = 4_096;
export const tailBytes = 262_144;

const starts =
  (...signatures: number[][]) =>
  (head: Buffer): boolean =>
    signatures.some((signature) => signature.every((byte, index) => head[index] === byte));

const zip = starts([0x50, 0x4b, 0x03, 0x04], [0x50, 0x4b, 0x05, 0x06]);

/** Office Open XML (ECMA-376): a ZIP whose directory, at its end, names the part that makes it a document. */
const office = (part: string) => (head: Buffer, tail: Buffer) => zip(head) && tail.includes(part, 0, 'latin1');

const openXml = 'application/vnd.openxmlformats-officedocument';

const fileKinds: readonly FileKind[] = [
  { type: 'application/pdf', extensions: ['pdf'], matches: isPdf },
  { type: `${openXml}.wordprocessingml.document`, extensions: ['docx'], matches: office('word/document') },
  { type: `${openXml}.spreadsheetml.sheet`, extensions: ['xlsx'], matches: office('xl/workbook') },
  { type: `${openXml}.presentationml.presentation`, extensions: ['pptx'], matches: office('ppt/presentation') },
  { type: 'image/jpeg', extensions: ['jpg', 'jpeg'], matches: starts([0xff, 0xd8, 0xff]) },
  { type: 'image/png', extensions: ['png'], matches: starts([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) },
  { type: 'video/mp4', extensions: ['mp4'], matches: (head) => brand(head) !== undefined && !isHeif(head) },
  { type: 'application/zip', extensions: ['zip'], matches: zip },
  { type: 'text/plain', extensions: ['txt'], matches: isText },
  { type: 'text/csv', extensions: ['csv'], matches: isText },
];

/** Every extension that may be handed in. */
export const extensions = fileKinds.flatMap((kind) => kind.extensions);

/** What a file is, or undefined where it may not be handed in or is not what its name says. */
export function kindOf(name: string, head: Buffer, tail: Buffer): FileKind | undefined {
  const extension = extensionOf(name);
  const kind = fileKinds.find(({ extensions: known }) => known.includes(extension));
  if (!kind) return undefined;
  if (kind.matches(head, tail)) return kind;
  // Messengers rename pictures: a PNG called .jpg is a picture all the same.
  return isPicture(kind) ? fileKinds.find((other) => isPicture(other) && other.matches(head, tail)) : undefined;
}

const isPicture = ({ type }: FileKind): boolean => type.startsWith('image/');

/** Contents that are told apart to name them; keys of the locale files, below `kind`. */
const contents: readonly [string, (head: Buffer, tail: Buffer) => boolean][] = [
  ['heic', isHeif],
  ['webp', (head) => head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP'],
  ['gif', starts([0x47, 0x49, 0x46, 0x38])],
  ['old-office', starts([0xd0, 0xcf, 0x11, 0xe0])],
  ['rar', starts([0x52, 0x61, 0x72, 0x21])],
  ['seven-zip', starts([0x37, 0x7a, 0xbc, 0xaf])],
  ['program', starts([0x4d, 0x5a], [0x7f, 0x45, 0x4c, 0x46])],
  ['pdf', isPdf],
  ['word', office('word/document')],
  ['excel', office('xl/workbook')],
  ['powerpoint', office('ppt/presentation')],
  ['jpeg', starts([0xff, 0xd8, 0xff])],
  ['png', starts([0x89, 0x50, 0x4e, 0x47])],
  ['mp4', (head) => brand(head) !== undefined],
  ['zip', zip],
  ['text', isText],
];

/** What a refused file is by its content, as a key, or undefined where that is not known. */
export function contentOf(head: Buffer, tail: Buffer): string | undefined {
  return head.length === 0 ? undefined : contents.find(([, matches]) => matches(head, tail))?.[0];
}

/** The name with the ending of what the file is: a PNG called .jpg becomes .png. */
export function nameFor(name: string, { extensions: [usual = ''], extensions: known }: FileKind): string {
  const extension = extensionOf(name);
  return known.includes(extension) ? name : `${name.slice(0, name.length - extension.length)}${usual}`;
}

const longestName = 100;

/** A name that is safe in folders, headers and pages: no paths, controls or direction marks, of bounded length. */
export function safeName(name: string): string {
  const last = withPlainEnding(name.normalize('NFC').split(/[/\\]/).at(-1) ?? '');
  const clean = last
    .replace(/[\p{C}\p{Zl}\p{Zp}<>:"|?*]/gu, '')
    .replace(/^[.\s]+|[.\s]+$/g, '')
    .trim();
  const extension = extensionOf(clean);
  const stem = extension ? clean.slice(0, -extension.length - 1) : clean;
  const cut = [...stem].slice(0, longestName).join('').trim() || 'file';
  return extension ? `${cut}.${extension}` : cut;
}

function extensionOf(name: string): string {
  return /\.([A-Za-z0-9]{1,8})$/.exec(withPlainEnding(name))?.[1]?.toLowerCase() ?? '';
}

/** Chinese keyboards write the dot and the letters of an ending in full width: 教案．ｄｏｃｘ. */
function withPlainEnding(name: string): string {
  return name.replace(/[.．。｡][A-Za-z0-9Ａ-Ｚａ-ｚ０-９]{1,8}$/, (ending) => `.${ending.slice(1).normalize('NFKC')}`);
}

/** A byte order mark or empty lines may stand before the mark of a PDF; readers look for it in the first 1,024 bytes. */
function isPdf(head: Buffer): boolean {
  return /^(?:\xef\xbb\xbf)?[\s\0]{0,1000}%PDF-/.test(head.toString('latin1', 0, 1_024));
}

/** The brand of a file of ISO/IEC 14496-12. */
function brand(head: Buffer): string | undefined {
  return head.toString('latin1', 4, 8) === 'ftyp' ? head.toString('latin1', 8, 12) : undefined;
}

/** Pictures as telephones store them (ISO/IEC 23008-12). */
function isHeif(head: Buffer): boolean {
  return /^(hei[cxms]|hev[cxms]|mif1|msf1|avif|avis)$/.test(brand(head) ?? '');
}

/** UTF-8, UTF-16 or GB 18030 without binary zeroes and other controls. */
function isText(head: Buffer): boolean {
  return decodeText(head, true) !== undefined;
}
