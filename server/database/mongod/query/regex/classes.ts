import type { Escapes } from './escapes.ts';
import type { Reader } from './reader.ts';
import { type ClassItem, escapedSet, invalidPattern, type Node, posix, unsupportedPattern } from './syntax.ts';

/** `[:alpha:]`, `[.a.]` or `[=a=]`: it ends before the next bracket. */
const POSIX = /\[([:.=])((?:\\[\]\\]|(?!\[\1|\1\])[^\]])*)\1\]/y;

/** Reads classes of characters. */
export class ClassReader {
  private readonly reader: Reader;
  private readonly escapes: Escapes;

  constructor(reader: Reader, escapes: Escapes) {
    this.reader = reader;
    this.escapes = escapes;
  }

  /** The class whose opening bracket has been taken. */
  read(i: boolean): Node {
    const { reader } = this;
    if (reader.match(/[:.=](?:\\[\]\\]|[^\]])*?[:.=]\]/y) !== undefined)
      throw invalidPattern('POSIX named classes are supported only within a class');
    const negated = reader.take('^');
    const items: ClassItem[] = [];
    let isQuoting = false;
    /** The character before a hyphen, while it may begin a range. */
    let from: number | undefined;
    let hyphen = false;
    const add = (code: number) => {
      if (hyphen && from !== undefined) {
        if (code < from) throw invalidPattern('range out of order in character class');
        items.pop();
        items.push({ from, to: code });
        from = undefined;
      } else {
        items.push({ from: code, to: code });
        from = code;
      }
      hyphen = false;
    };
    for (let isFirst = true; ; isFirst = false) {
      if (reader.done) throw invalidPattern('missing terminating ] for character class');
      if (isQuoting && reader.takeText('\\E')) isQuoting = false;
      else if (isQuoting) add(reader.next());
      else if (reader.takeText('\\Q')) isQuoting = true;
      else if (reader.takeText('\\E')) continue;
      else if (reader.at(']') && !isFirst) break;
      else if (reader.at('-') && from !== undefined && !hyphen) {
        reader.next();
        hyphen = true;
      } else {
        const set = this.set(i);
        if (set === undefined) add(reader.at('\\') ? this.escaped() : reader.next());
        else {
          if (hyphen || reader.match(/-[^\]]/y) !== undefined) throw invalidPattern('invalid range in character class');
          items.push(set);
          from = undefined;
        }
      }
    }
    reader.next();
    if (hyphen) items.push({ from: 45, to: 45 });
    return { kind: 'class', items, negated, i };
  }

  /** A set within a class: `[:alpha:]`, `\d`, `\p{L}`. */
  private set(i: boolean): ClassItem | undefined {
    const { reader } = this;
    const found = reader.takeMatch(POSIX);
    if (found !== undefined) return posixItem(found, i);
    const letter = reader.match(/\\([A-Za-z])/y)?.[1];
    if (letter === undefined) return undefined;
    const set = escapedSet(letter);
    if (set !== undefined) {
      reader.takeText(`\\${letter}`);
      return { set: set.negated ? `[^${set.set}]` : set.set };
    }
    if (letter !== 'p' && letter !== 'P') return undefined;
    reader.next();
    return { set: this.escapes.property(i) };
  }

  private escaped(): number {
    const { reader } = this;
    reader.next();
    if (reader.take('b')) return 8;
    if (/[BRXN]/.test(reader.peek())) throw invalidPattern(`escape sequence is invalid in character class`);
    return this.escapes.character();
  }
}

function posixItem([, mark, text = '']: RegExpExecArray, i: boolean): ClassItem {
  if (mark !== ':') throw unsupportedPattern(`[${mark}...${mark}]`);
  const name = text.replace(/^\^/, '');
  const set = posix[i && (name === 'upper' || name === 'lower') ? 'alpha' : name];
  if (set === undefined) throw invalidPattern('unknown POSIX class name');
  return { set: text.startsWith('^') ? `[^${set}]` : set };
}
