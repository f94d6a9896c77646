import type { Reader } from './reader.ts';
import { invalidPattern, unsupportedPattern } from './syntax.ts';

const named: Readonly<Record<string, number>> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 };
const MAX_CODE_POINT = 0x10ffff;

/** General categories that upper and lower case tell apart. */
const cased = /^(Lu|Ll|Lt)$/;

/** Reads what follows a backslash, where it means the same within and outside of a class. */
export class Escapes {
  private readonly reader: Reader;

  constructor(reader: Reader) {
    this.reader = reader;
  }

  /** A reference to a group, by its number or name; `groups` is how many have begun before it. */
  reference(groups: number): number | string | undefined {
    const { reader } = this;
    const name = reader.takeMatch(/k(?:\{([A-Za-z_]\w*)\}|<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')|g\{([A-Za-z_]\w*)\}/y);
    if (name !== undefined) return name.slice(1).find((each) => each !== undefined);
    const relative = reader.takeMatch(/g(?:\{([+-]?\d+)\}|([+-]?\d+))/y);
    if (relative !== undefined) {
      const text = (relative[1] ?? relative[2]) as string;
      if (text.startsWith('-')) return groups + 1 + Number(text);
      return text.startsWith('+') ? groups + Number(text) : Number(text);
    }
    const digits = reader.match(/[1-9]\d*/y)?.[0];
    if (digits === undefined) return undefined;
    const number = Number(digits);
    if (number >= 10 && number > groups && !/^[89]/.test(digits)) return undefined;
    reader.takeMatch(/\d+/y);
    return number;
  }

  /** A character: a code, or one that stands for itself. */
  character(): number {
    const { reader } = this;
    if (reader.done) throw invalidPattern('\\ at end of pattern');
    const octal = reader.takeMatch(/[0-7]{1,3}/y) ?? reader.takeMatch(/o\{([0-7]+)\}/y);
    if (octal !== undefined) return checked(Number.parseInt(octal[1] ?? octal[0], 8));
    const hexadecimal = reader.takeMatch(/x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{0,2}))/y);
    if (hexadecimal !== undefined) {
      if (hexadecimal[1] === undefined && reader.at('{')) throw invalidPattern('malformed \\x{...}');
      return checked(Number.parseInt((hexadecimal[1] ?? hexadecimal[2]) || '0', 16));
    }
    const letter = reader.peek();
    const code = reader.next();
    if (letter === 'c') return control(reader.next());
    const known = named[letter];
    if (known !== undefined) return known;
    if (/[A-Za-z0-9]/.test(letter)) throw unsupportedPattern(`\\${letter}`);
    return code;
  }

  /** A Unicode property, in JavaScript's notation. */
  property(i: boolean): string {
    const { reader } = this;
    const found = reader.takeMatch(/([pP])(?:\{(\^?)([A-Za-z_ &-]+)\}|([A-Za-z]))/y);
    if (found === undefined) throw invalidPattern('malformed \\P or \\p sequence');
    const [, letter, inverted = '', long, short] = found;
    const name = (long ?? short) as string;
    if (i && cased.test(name)) throw unsupportedPattern(`\\p{${name}} without regard to case`);
    const isNegated = (letter === 'P') !== (inverted === '^');
    for (const javascript of [name === 'L&' ? 'LC' : name, `scx=${name}`]) {
      const source = `\\${isNegated ? 'P' : 'p'}{${javascript}}`;
      if (
        /^(Any|C[cfnos]?|L[Clmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?|scx=.*)$/.test(javascript) &&
        isKnown(source)
      )
        return source;
    }
    throw unsupportedPattern(`\\p{${name}}`);
  }
}

function isKnown(source: string): boolean {
  try {
    return new RegExp(source, 'v') instanceof RegExp;
  } catch {
    return false;
  }
}

function control(code: number): number {
  if (code < 32 || code > 126) throw invalidPattern('\\c must be followed by a printable ASCII character');
  const upper = code >= 97 && code <= 122 ? code - 32 : code;
  return upper ^ 64;
}

function checked(code: number): number {
  if (!(code <= MAX_CODE_POINT) || (code >= 0xd800 && code <= 0xdfff)) {
    throw invalidPattern('character code point value in \\x{} or \\o{} is not one of Unicode');
  }
  return code;
}
