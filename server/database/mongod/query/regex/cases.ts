/** The last code point that has an upper or lower case, and some room after it. */
const LAST_CASED = 0x1efff;

let classesOfCase: Map<number, readonly number[]> | undefined;

/** The characters that are one character in several cases, by each of them: Unicode's simple case folding. */
function casesByCode(): Map<number, readonly number[]> {
  if (classesOfCase !== undefined) return classesOfCase;
  const byFolded = new Map<string, number[]>();
  for (let code = 0; code <= LAST_CASED; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const text = String.fromCodePoint(code);
    const folded = single(single(text, 'toUpperCase'), 'toLowerCase');
    if (folded === text && single(text, 'toUpperCase') === text) continue;
    byFolded.set(folded, [...(byFolded.get(folded) ?? [folded.codePointAt(0) as number]), code]);
  }
  const found = new Map<number, readonly number[]>();
  for (const [folded, codes] of byFolded) {
    const isSame = new RegExp(`^[\\u{${(folded.codePointAt(0) as number).toString(16)}}]$`, 'iv');
    const members = [...new Set(codes)].filter((code) => isSame.test(String.fromCodePoint(code)));
    if (members.length > 1) for (const code of members) found.set(code, members);
  }
  classesOfCase = found;
  return found;
}

/** A mapping of one character to one; others leave it as it is. */
function single(text: string, change: 'toUpperCase' | 'toLowerCase'): string {
  const changed = text[change]();
  return [...changed].length === 1 ? changed : text;
}

/** Whether a character is another one in upper or lower case. */
export function hasCase(code: number): boolean {
  const text = String.fromCodePoint(code);
  return text.toLowerCase() !== text || text.toUpperCase() !== text;
}

/** The other cases of a character. */
export const otherCases = (code: number): readonly number[] =>
  casesByCode()
    .get(code)
    ?.filter((each) => each !== code) ?? [];

/** The other cases of the characters from one code point to another. */
export function otherCasesIn(from: number, to: number): number[] {
  if (to - from < 1000) {
    return Array.from({ length: to - from + 1 }, (_each, at) => otherCases(from + at)).flat();
  }
  return [...casesByCode()].filter(([code]) => code >= from && code <= to).flatMap(([code]) => otherCases(code));
}
