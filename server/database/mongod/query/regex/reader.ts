/** Characters that the flag x lets stand between the parts of a pattern. */
const SPACE = new Set([' ', '\t', '\n', '\v', '\f', '\r', '\x85', '\u200e', '\u200f', '\u2028', '\u2029']);

/** A pattern and how far it has been read. */
export class Reader {
  private readonly text: string;
  private position = 0;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.position >= this.text.length;
  }

  /** The next character, empty at the end. */
  peek(): string {
    const code = this.text.codePointAt(this.position);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  /** Takes the next character: its code point, -1 at the end. */
  next(): number {
    const code = this.text.codePointAt(this.position);
    if (code === undefined) return -1;
    this.position += code > 0xffff ? 2 : 1;
    return code;
  }

  at(character: string): boolean {
    return this.text[this.position] === character;
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.position);
  }

  take(character: string): boolean {
    return this.takeText(character);
  }

  takeText(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.position += text.length;
    return true;
  }

  /** Takes what a sticky expression finds here. */
  takeMatch(expression: RegExp): RegExpExecArray | undefined {
    const found = this.match(expression);
    if (found !== undefined) this.position += found[0].length;
    return found;
  }

  /** What a sticky expression finds here. */
  match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.position;
    return expression.exec(this.text) ?? undefined;
  }

  takeSpace(): boolean {
    if (!SPACE.has(this.text[this.position] ?? '')) return false;
    this.position++;
    return true;
  }

  /** Goes past the next such character; says whether there is one. */
  skipPast(character: string): boolean {
    const found = this.text.indexOf(character, this.position);
    if (found < 0) return false;
    this.position = found + 1;
    return true;
  }

  skipAll(): void {
    this.position = this.text.length;
  }
}
