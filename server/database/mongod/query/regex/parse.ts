import { ClassReader } from './classes.ts';
import { Escapes } from './escapes.ts';
import { Reader } from './reader.ts';
import { escapedSet, type Flags, invalidPattern, type Node, type Pattern, unsupportedPattern } from './syntax.ts';

/** The most groups within groups. */
const MAX_NESTING = 250;

/** PCRE2's limit for the numbers of a repetition. */
const MAX_REPEAT = 65_535;

/**
 * Reads a pattern of PCRE2 with UTF and without UCP, as MongoDB compiles it.
 * @throws CommandError 51091 for a pattern that PCRE2 refuses, or that has what this engine does not know
 */
export function parse(pattern: string, flags: Flags): Pattern {
  return new Parser(pattern).pattern(flags);
}

class Parser {
  private readonly reader: Reader;
  private readonly escapes: Escapes;
  private readonly classes: ClassReader;
  private groups = 0;
  private nesting = 0;
  /** How many look-aheads and look-behinds are open. */
  private looking = 0;
  /** Between \Q and \E. */
  private isQuoting = false;
  private readonly names = new Map<string, number>();
  /** References, to be checked when all groups are known. */
  private readonly references: { group: number | string; node: { group: number } }[] = [];

  constructor(pattern: string) {
    this.reader = new Reader(pattern);
    this.escapes = new Escapes(this.reader);
    this.classes = new ClassReader(this.reader, this.escapes);
  }

  pattern(flags: Flags): Pattern {
    if (this.reader.startsWith('(*')) throw unsupportedPattern('a verb (*...)');
    const root = this.choice({ ...flags });
    if (!this.reader.done) throw invalidPattern('unmatched closing parenthesis');
    for (const { group, node } of this.references) {
      node.group = typeof group === 'string' ? (this.names.get(group) ?? 0) : group;
      if (node.group < 1 || node.group > this.groups) throw invalidPattern('reference to non-existent subpattern');
    }
    return { root, groups: this.groups };
  }

  /** Branches up to a closing parenthesis; flags that are set within hold to its end, also in later branches. */
  private choice(flags: Flags): Node {
    if (++this.nesting > MAX_NESTING) throw invalidPattern('parentheses are too deeply nested');
    const branches = [this.sequence(flags)];
    while (this.reader.take('|')) branches.push(this.sequence(flags));
    this.nesting--;
    return branches.length === 1 ? (branches[0] as Node) : { kind: 'choice', branches };
  }

  private sequence(flags: Flags): Node {
    const parts: Node[] = [];
    let isRepeatable = false;
    const { reader } = this;
    for (;;) {
      if (this.isQuoting && !reader.done) {
        if (reader.takeText('\\E')) this.isQuoting = false;
        else {
          parts.push({ kind: 'character', code: reader.next(), i: flags.i });
          isRepeatable = true;
        }
        continue;
      }
      this.skipIgnored(flags);
      if (reader.takeText('\\E')) continue;
      if (reader.takeText('\\Q')) {
        this.isQuoting = true;
        continue;
      }
      if (reader.done || reader.at('|') || reader.at(')')) return { kind: 'sequence', parts };
      const repetition = this.repetition(flags);
      if (repetition !== undefined) {
        const body = parts.pop();
        if (body === undefined || !isRepeatable) throw invalidPattern('quantifier does not follow a repeatable item');
        parts.push({ kind: 'repeat', body, ...repetition });
        isRepeatable = false;
        continue;
      }
      const part = this.item(flags);
      if (part !== undefined) parts.push(part);
      isRepeatable = part !== undefined && part.kind !== 'place' && part.kind !== 'look';
    }
  }

  /** Comments, and with the flag x white space and what follows a hash. */
  private skipIgnored(flags: Flags): void {
    const { reader } = this;
    for (;;) {
      if (reader.startsWith('(?#')) {
        if (!reader.skipPast(')')) throw invalidPattern('missing ) after (?# comment');
      } else if (flags.x && reader.takeSpace()) continue;
      else if (flags.x && reader.at('#')) {
        if (!reader.skipPast('\n')) reader.skipAll();
      } else return;
    }
  }

  private repetition(flags: Flags): Omit<Node & { kind: 'repeat' }, 'kind' | 'body'> | undefined {
    const { reader } = this;
    let [min, max] = [0, Number.POSITIVE_INFINITY];
    if (reader.take('*')) min = 0;
    else if (reader.take('+')) min = 1;
    else if (reader.take('?')) max = 1;
    else {
      const counted = reader.takeMatch(/\{(\d+)(?:(,)(\d*))?\}/y);
      if (counted === undefined) return undefined;
      min = Number(counted[1]);
      max = counted[2] === undefined ? min : counted[3] === '' ? max : Number(counted[3]);
      if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY))
        throw invalidPattern('number too big in {} quantifier');
      if (max < min) throw invalidPattern('numbers out of order in {} quantifier');
    }
    const lazy = reader.take('?');
    const possessive = !lazy && reader.take('+');
    this.skipIgnored(flags);
    return { min, max, lazy, possessive };
  }

  /** One item; undefined for what stands for nothing, as a setting of flags. */
  private item(flags: Flags): Node | undefined {
    const { reader } = this;
    const code = reader.next();
    switch (String.fromCodePoint(code)) {
      case '.':
        return { kind: 'set', source: flags.s ? '[^]' : '[^\\n]' };
      case '^':
        return place(flags.m ? '(?:^|(?<=\\n)(?!$))' : '^');
      case '$':
        return place(flags.m ? '(?=\\n|$)' : '(?=\\n?$)');
      case '[':
        return this.classes.read(flags.i);
      case '(':
        return this.parenthesis(flags);
      case '\\':
        return this.escape(flags);
      default:
        return { kind: 'character', code, i: flags.i };
    }
  }

  private escape({ i }: Flags): Node | undefined {
    const { reader, escapes } = this;
    const letter = reader.peek();
    const set = escapedSet(letter);
    if (set !== undefined) {
      reader.next();
      return { kind: 'set', source: `[${set.negated ? '^' : ''}${set.set}]` };
    }
    const plain = places[letter];
    if (plain !== undefined) {
      reader.next();
      return plain;
    }
    if (reader.take('K')) {
      if (this.looking > 0) throw invalidPattern('\\K is not allowed in lookarounds');
      // It moves the start of what is found: whether something is found stays the same.
      return undefined;
    }
    if (reader.take('N')) {
      if (reader.at('{')) throw unsupportedPattern('\\N{...}');
      return { kind: 'set', source: '[^\\n]' };
    }
    if (reader.take('R')) return { kind: 'newline' };
    if (letter === 'p' || letter === 'P')
      return { kind: 'class', items: [{ set: escapes.property(i) }], negated: false, i: false };
    const reference = escapes.reference(this.groups);
    if (reference === undefined) return { kind: 'character', code: escapes.character(), i };
    return this.reference(reference, i);
  }

  private reference(group: number | string, i: boolean): Node {
    const node = { kind: 'reference' as const, group: 0, i };
    this.references.push({ group, node });
    return node;
  }

  private parenthesis(flags: Flags): Node | undefined {
    const { reader } = this;
    if (reader.at('*')) throw unsupportedPattern('a verb (*...)');
    if (!reader.take('?')) return this.group(flags);
    const look = reader.takeMatch(/<?[=!]/y)?.[0] as '=' | '!' | '<=' | '<!' | undefined;
    if (look !== undefined) return this.look(look, flags);
    if (reader.take('>')) return { kind: 'atomic', body: this.closed(flags) };
    const name = reader.takeMatch(/P?<([A-Za-z_]\w{0,31})>|'([A-Za-z_]\w{0,31})'/y);
    if (name !== undefined) return this.group(flags, name[1] ?? name[2]);
    const reference = reader.takeMatch(/P=([A-Za-z_]\w{0,31})\)/y)?.[1];
    if (reference !== undefined) return this.reference(reference, flags.i);
    return this.settings(flags);
  }

  private look(mark: '=' | '!' | '<=' | '<!', flags: Flags): Node {
    this.looking++;
    const body = this.closed(flags);
    this.looking--;
    return { kind: 'look', mark, body };
  }

  private group(flags: Flags, name?: string): Node {
    const number = ++this.groups;
    if (name !== undefined) {
      if (this.names.has(name)) throw invalidPattern('two named subpatterns have the same name');
      this.names.set(name, number);
    }
    return { kind: 'group', number, body: this.closed(flags) };
  }

  /** `(?i)`, `(?i:...)` and `(?:...)`. */
  private settings(flags: Flags): Node | undefined {
    const { reader } = this;
    const set = reader.takeMatch(/(\^?)([a-zA-Z]*)(?:(-)([a-zA-Z]*))?([:)])/y);
    if (set === undefined) throw unsupportedPattern(`(?${reader.peek()}`);
    const [, reset, on = '', , off = '', end] = set;
    const other = [...on, ...off].find((letter) => !'imsx'.includes(letter));
    if (other !== undefined) throw unsupportedPattern(`(?${other}`);
    if (reset !== '' && set[3] !== undefined) throw invalidPattern('invalid hyphen in option setting');
    if (`${on}${off}`.includes('xx')) throw unsupportedPattern('(?xx');
    const changed: Flags = reset === '' ? { ...flags } : { i: false, m: false, s: false, x: false };
    for (const letter of on) changed[letter as keyof Flags] = true;
    for (const letter of off) changed[letter as keyof Flags] = false;
    if (end === ':') return this.closed(changed);
    Object.assign(flags, changed);
    return undefined;
  }

  /** What a parenthesis encloses, up to its end; flags that are set within end with it. */
  private closed(flags: Flags): Node {
    const body = this.choice({ ...flags });
    if (!this.reader.take(')')) throw invalidPattern('missing closing parenthesis');
    return { kind: 'sequence', parts: [body] };
  }
}

const place = (source: string, isWord = false): Node => ({ kind: 'place', source, isWord });

const places: Readonly<Record<string, Node>> = {
  A: place('^'),
  G: place('^'),
  z: place('$'),
  Z: place('(?=\\n?$)'),
  b: place('\\b', true),
  B: place('\\B', true),
};
