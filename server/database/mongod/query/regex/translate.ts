import { hasCase, otherCases, otherCasesIn } from './cases.ts';
import { type ClassItem, invalidPattern, type Node, type Pattern, unsupportedPattern } from './syntax.ts';

/** A pattern in JavaScript's notation, for the flag v. */
export interface Translation {
  source: string;
  flags: string;
}

/** The largest pattern, with its repetitions written out, in parts. */
const MAX_SIZE = 50_000;

/**
 * Writes a pattern for JavaScript so that it finds what PCRE2 finds.
 * @throws CommandError 51091 for what cannot be written so
 */
export function translate({ root, groups }: Pattern): Translation {
  if (sizeOf(root) > MAX_SIZE) throw invalidPattern('regular expression is too large');
  checkReferences(root, new Set());
  const writer = new Writer(caseOf(root), groups);
  const source = writer.write(root);
  return { source, flags: writer.mode === 'flag' ? 'iv' : 'v' };
}

/** `flag`: all of the pattern is without regard to case, by JavaScript's flag; `expanded`: parts of it are, by their characters. */
type CaseMode = 'none' | 'flag' | 'expanded';

class Writer {
  readonly mode: CaseMode;
  /** The number in JavaScript's pattern of each group of the original one, from group 1 on. */
  private readonly groups: number[];
  private captures = 0;
  private behind = false;

  constructor(mode: CaseMode, groups: number) {
    this.mode = mode;
    this.groups = new Array<number>(groups).fill(0);
  }

  write(node: Node): string {
    switch (node.kind) {
      case 'character': {
        const others = this.mode === 'expanded' && node.i ? otherCases(node.code) : [];
        return others.length === 0 ? literal(node.code) : `[${[node.code, ...others].map(literal).join('')}]`;
      }
      case 'class':
        return `[${node.negated ? '^' : ''}${node.items.map((item) => this.item(item, node.i)).join('')}]`;
      case 'set':
      case 'place':
        return node.source;
      case 'newline':
        return '(?:\\r\\n|(?!\\r\\n)[\\n-\\r\\x85\\u2028\\u2029])';
      case 'sequence':
        return node.parts.map((part) => this.write(part)).join('');
      case 'choice':
        return `(?:${node.branches.map((branch) => this.write(branch)).join('|')})`;
      case 'group':
        this.groups[node.number - 1] = ++this.captures;
        return `(${this.write(node.body)})`;
      case 'atomic':
        return this.atomic(node.body, () => this.write(node.body));
      case 'look':
        return this.look(node.mark, node.body);
      case 'repeat':
        return this.repeat(node);
      case 'reference':
        return this.reference(node);
    }
  }

  private item(item: ClassItem, i: boolean): string {
    if ('set' in item) return item.set;
    const range = (from: number, to: number) => (from === to ? literal(from) : `${literal(from)}-${literal(to)}`);
    const own = range(item.from, item.to);
    if (!i || this.mode !== 'expanded') return own;
    return own + [...new Set(otherCasesIn(item.from, item.to))].map((code) => literal(code)).join('');
  }

  /** JavaScript has no atomic groups: what a look-ahead has found is found again as it is. */
  private atomic(node: Node, body: () => string): string {
    if (this.behind) throw unsupportedPattern('an atomic group within a look-behind');
    visit(node, checkRounds);
    const number = ++this.captures;
    return `(?:(?=(${body()}))\\${number})`;
  }

  private look(mark: '=' | '!' | '<=' | '<!', body: Node): string {
    const outer = this.behind;
    if (mark.startsWith('<')) {
      checkFixed(body);
      this.behind = true;
    }
    const written = `(?${mark}${this.write(body)})`;
    this.behind = outer;
    return written;
  }

  private repeat(node: Node & { kind: 'repeat' }): string {
    const { body, min, max, lazy, possessive } = node;
    const counts = max === Number.POSITIVE_INFINITY ? `{${min},}` : `{${min},${max}}`;
    const write = () => `(?:${this.write(body)})${counts}${lazy ? '?' : ''}`;
    return possessive ? this.atomic(node, write) : write();
  }

  private reference({ group, i }: Node & { kind: 'reference' }): string {
    if (this.behind) throw unsupportedPattern('a reference within a look-behind');
    if (i && this.mode === 'expanded') throw unsupportedPattern('a reference without regard to case');
    return `(?:\\${this.groups[group - 1]})`;
  }
}

/** A character, also one that means something in a pattern or in a class. */
function literal(code: number): string {
  const text = String.fromCodePoint(code);
  if (/^[A-Za-z0-9]$/.test(text)) return text;
  return code > 0xff ? `\\u{${code.toString(16)}}` : `\\x${code.toString(16).padStart(2, '0')}`;
}

function visit(node: Node, see: (node: Node) => void): void {
  see(node);
  if (node.kind === 'sequence') for (const part of node.parts) visit(part, see);
  else if (node.kind === 'choice') for (const branch of node.branches) visit(branch, see);
  else if ('body' in node) visit(node.body, see);
}

function caseOf(root: Node): CaseMode {
  const found = { insensitive: false, sensitive: false };
  const note = (i: boolean) => {
    found[i ? 'insensitive' : 'sensitive'] = true;
  };
  visit(root, (node) => {
    if (node.kind === 'reference' || (node.kind === 'character' && hasCase(node.code))) note(node.i);
    else if (node.kind === 'class') {
      if (node.items.some((item) => !('set' in item))) note(node.i);
      if (node.items.some((item) => 'set' in item && hasLetters(item.set))) note(false);
    } else if (node.kind === 'set' && hasLetters(node.source)) note(false);
    else if (node.kind === 'place' && node.isWord) note(false);
  });
  if (!found.insensitive) return 'none';
  return found.sensitive ? 'expanded' : 'flag';
}

/** Whether JavaScript's flag i would change what is in a set. */
const hasLetters = (set: string): boolean => /[A-Z]-|[a-z]-|\\p|\\P/.test(set);

/**
 * Refuses a reference to a group that may not have matched: PCRE2 fails there, JavaScript finds nothing and goes on.
 * @param set the groups that have matched for certain; gets those within the node
 */
function checkReferences(node: Node, set: Set<number>): void {
  switch (node.kind) {
    case 'reference':
      if (!set.has(node.group)) throw unsupportedPattern('a reference to a group that may not have matched');
      break;
    case 'sequence':
      for (const part of node.parts) checkReferences(part, set);
      break;
    case 'choice': {
      const after = node.branches.map((branch) => {
        const own = new Set(set);
        checkReferences(branch, own);
        return own;
      });
      for (const group of after[0] ?? []) if (after.every((each) => each.has(group))) set.add(group);
      break;
    }
    case 'group':
      checkReferences(node.body, set);
      set.add(node.number);
      break;
    case 'atomic':
      checkReferences(node.body, set);
      break;
    case 'look':
      checkReferences(node.body, node.mark.endsWith('!') ? new Set(set) : set);
      break;
    case 'repeat':
      checkReferences(node.body, node.min === 0 ? new Set(set) : set);
      break;
    default:
  }
}

function checkFixed(body: Node): void {
  const inner = body.kind === 'sequence' && body.parts.length === 1 ? (body.parts[0] as Node) : body;
  const branches = inner.kind === 'choice' ? inner.branches : [inner];
  if (branches.some((branch) => widthOf(branch) === undefined))
    throw invalidPattern('lookbehind assertion is not fixed length');
}

/** Refuses a repetition of what may be empty: JavaScript goes on where PCRE2 ends it, which an atomic group shows. */
function checkRounds(node: Node): void {
  if (node.kind === 'repeat' && node.max > 1 && isEmptyable(node.body))
    throw unsupportedPattern('an atomic repetition of what may be empty');
}

function isEmptyable(node: Node): boolean {
  switch (node.kind) {
    case 'place':
    case 'look':
    case 'reference':
      return true;
    case 'sequence':
      return node.parts.every(isEmptyable);
    case 'choice':
      return node.branches.some(isEmptyable);
    case 'group':
    case 'atomic':
      return isEmptyable(node.body);
    case 'repeat':
      return node.min === 0 || isEmptyable(node.body);
    default:
      return false;
  }
}

/** How many characters a node takes; undefined where that varies. */
export function widthOf(node: Node): number | undefined {
  switch (node.kind) {
    case 'character':
    case 'class':
    case 'set':
      return 1;
    case 'place':
    case 'look':
      return 0;
    case 'sequence':
      return node.parts.reduce<number | undefined>((sum, part) => plus(sum, widthOf(part)), 0);
    case 'choice': {
      const widths = new Set(node.branches.map(widthOf));
      return widths.size === 1 ? [...widths][0] : undefined;
    }
    case 'group':
    case 'atomic':
      return widthOf(node.body);
    case 'repeat': {
      const width = widthOf(node.body);
      return node.min === node.max && width !== undefined ? width * node.min : undefined;
    }
    default:
      return undefined;
  }
}

const plus = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a + b;

/** The parts of a pattern, with its repetitions written out. */
export function sizeOf(node: Node): number {
  if (node.kind === 'sequence') return node.parts.reduce((sum, part) => sum + sizeOf(part), 1);
  if (node.kind === 'choice') return node.branches.reduce((sum, branch) => sum + sizeOf(branch), 1);
  if (node.kind === 'repeat') {
    const { min, max } = node;
    return 1 + sizeOf(node.body) * Math.max(1, max === Number.POSITIVE_INFINITY ? min : max);
  }
  return 'body' in node ? 1 + sizeOf(node.body) : 1;
}
