/** How much two texts are alike: what a learner has already written earns nothing a second time. */

import { endianness } from 'node:os';

/** A text's pairs of neighbouring characters, each once, as 32-bit hashes in ascending order. */
export type Fingerprint = Uint32Array;

/**
 * Letters, ideographs and digits only: no addresses, quotations of others, white space or punctuation. Posts are plain text and
 * shown as such: what stands between < and > is what somebody wrote.
 */
export function essence(text: string): string {
  return text
    .replace(/^[ \t]{0,3}>.*$/gm, ' ')
    .replace(/\bhttps?:\/\/[\w./?&=%#:~+,;@!$'*-]+/gi, ' ')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** The fingerprint of a text as somebody wrote it. */
export function fingerprintOf(text: string): Fingerprint {
  const hashes = new Set<number>();
  let before: number | undefined;
  for (const character of essence(text)) {
    const code = character.codePointAt(0) as number;
    if (before !== undefined) hashes.add(hashOf(before, code));
    before = code;
  }
  return Uint32Array.from(hashes).sort();
}

/** Of a few hundred pairs hardly ever two have the same. */
const hashOf = (one: number, other: number): number =>
  (Math.imul(one, 0x9e3779b1) ^ Math.imul(other + 0x7f4a7c15, 0x85ebca6b)) >>> 0;

/**
 * Whether two texts share so much of their pairs (Jaccard: shared pairs over all pairs, 0 to 1; 0 when both have none). Ends as
 * soon as it is clear that they do not.
 */
export function areAlike(one: Fingerprint, other: Fingerprint, similarity: number): boolean {
  const both = one.length + other.length;
  if (both === 0) return similarity <= 0;
  let shared = 0;
  let [i, j] = [0, 0];
  while (i < one.length && j < other.length) {
    const possible = shared + Math.min(one.length - i, other.length - j);
    if (possible / (both - possible) < similarity) return false;
    const [a, b] = [one[i] as number, other[j] as number];
    if (a === b) shared++;
    if (a <= b) i++;
    if (b <= a) j++;
  }
  return shared / (both - shared) >= similarity;
}

/** A fingerprint as it is stored: four bytes for each pair, the lowest first. */
export function toBytes(print: Fingerprint): Buffer {
  const bytes = Buffer.from(Uint32Array.from(print).buffer);
  return endianness() === 'LE' ? bytes : bytes.swap32();
}

/** What `toBytes` has made. */
export function fromBytes(bytes: Uint8Array): Fingerprint {
  const own = Buffer.from(Uint8Array.from(bytes).buffer);
  return new Uint32Array((endianness() === 'LE' ? own : own.swap32()).buffer);
}
