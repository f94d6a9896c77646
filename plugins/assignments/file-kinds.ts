/** Which files may be handed in: known by name and content together, so that neither alone is believed. */

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
  { type: 'application/pdf', extensions: ['pdf'], matches: starts([0x25, 0x50, 0x44, 0x46, 0x2d]) },
  { type: `${openXml}.wordprocessingml.document`, extensions: ['docx'], matches: office('word/document') },
  { type: `${openXml}.spreadsheetml.sheet`, extensions: ['xlsx'], matches: office('xl/workbook') },
  { type: `${openXml}.presentationml.presentation`, extensions: ['pptx'], matches: office('ppt/presentation') },
  { type: 'image/jpeg', extensions: ['jpg', 'jpeg'], matches: starts([0xff, 0xd8, 0xff]) },
  { type: 'image/png', extensions: ['png'], matches: starts([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) },
  { type: 'video/mp4', extensions: ['mp4'], matches: (head) => head.subarray(4, 8).equals(Buffer.from('ftyp')) },
  { type: 'application/zip', extensions: ['zip'], matches: zip },
  { type: 'text/plain', extensions: ['txt'], matches: isText },
];

/** Every extension that may be handed in. */
export const extensions = fileKinds.flatMap((kind) => kind.extensions);

/** What a file is, or undefined where it may not be handed in or is not what its name says. */
export function kindOf(name: string, head: Buffer, tail: Buffer): FileKind | undefined {
  const extension = extensionOf(name);
  const kind = fileKinds.find(({ extensions: known }) => known.includes(extension));
  return kind?.matches(head, tail) ? kind : undefined;
}

const longestName = 100;

/** A name that is safe in folders, headers and pages: no paths, controls or direction marks, of bounded length. */
export function safeName(name: string): string {
  const last = name.normalize('NFC').split(/[/\\]/).at(-1) ?? '';
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
  return /\.([A-Za-z0-9]{1,8})$/.exec(name)?.[1]?.toLowerCase() ?? '';
}

/** No binary zeroes or other controls: UTF-8 and GB 18030 text have none. */
function isText(head: Buffer): boolean {
  return !head.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d);
}
