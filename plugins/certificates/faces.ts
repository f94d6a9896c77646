import { fileURLToPath } from 'node:url';
import { type Font, openSync } from 'fontkit';

export type Weight = 'Regular' | 'Bold';

const fontsOf = (module: string) => fileURLToPath(module).replace(/dist\/.*$/, 'fonts/');
const folders = {
  Hans: fontsOf(import.meta.resolve('@embedpdf/fonts-sc')),
  JP: fontsOf(import.meta.resolve('@embedpdf/fonts-jp')),
};

/** Noto Sans SC, and Noto Sans JP for what it lacks, such as 𠮷: the first face that has a character draws it. */
export type Face = keyof typeof folders;
export const faces = Object.keys(folders) as Face[];
export const fileOf = (face: Face, weight: Weight): string => `${folders[face]}NotoSans${face}-${weight}.otf`;

const opened = new Map<string, Font>();

function fontOf(face: Face, weight: Weight): Font {
  const file = fileOf(face, weight);
  const font = opened.get(file) ?? (openSync(file) as Font);
  opened.set(file, font);
  return font;
}

/** Whether the face draws the character as something that can be seen; a space needs none. */
function has(face: Face, weight: Weight, character: string): boolean {
  const code = character.codePointAt(0) as number;
  const font = fontOf(face, weight);
  if (!font.hasGlyphForCodePoint(code)) return false;
  return /\s/.test(character) || font.glyphForCodePoint(code).path.commands.length > 0;
}

const faceOf = (character: string, weight: Weight): Face | undefined =>
  faces.find((face) => has(face, weight, character));

/** A stretch of text that one face draws. */
export interface Run {
  face: Face;
  text: string;
}

/** Cuts a text where the face changes. Characters that no face has stay with the first one; see `missingFrom`. */
export function runsOf(text: string, weight: Weight): Run[] {
  const runs: Run[] = [];
  for (const character of text) {
    const face = faceOf(character, weight) ?? faces[0]!;
    const last = runs.at(-1);
    if (last?.face === face) last.text += character;
    else runs.push({ face, text: character });
  }
  return runs;
}

/** The characters of these texts that no face has, each once. */
export function missingFrom(texts: readonly string[]): string[] {
  const weights = ['Regular', 'Bold'] as const;
  return [...new Set(texts.join(''))].filter((character) => !weights.every((weight) => faceOf(character, weight)));
}
