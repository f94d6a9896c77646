import { type CommandError, failure } from '../errors.ts';
import { type Doc, encode, isDocument } from '../values/codec.ts';
import { addField } from '../values/fields.ts';
import { isIndex } from './paths.ts';

/** Most elements by which an update may lengthen an array through a position. */
const MAX_PADDING = 1_500_000;

/**
 * A document while it is updated: containers are copied the first time something in them changes, so that the parts
 * which an update leaves alone stay the same objects.
 */
export class Draft {
  root: Doc;
  changed = false;
  private readonly owned = new Set<object>();

  constructor(document: Doc) {
    this.root = document;
  }

  private own<T extends Doc | unknown[]>(container: T): T {
    if (this.owned.has(container)) return container;
    const copy = (Array.isArray(container) ? [...container] : { ...container }) as T;
    this.owned.add(copy);
    return copy;
  }

  get(parts: readonly string[]): unknown {
    let current: unknown = this.root;
    for (const part of parts) {
      if (Array.isArray(current)) current = isIndex(part) ? current[Number(part)] : undefined;
      else if (isDocument(current)) current = Object.hasOwn(current, part) ? current[part] : undefined;
      else return undefined;
    }
    return current;
  }

  has(parts: readonly string[]): boolean {
    const holder = this.get(parts.slice(0, -1));
    const last = parts.at(-1) as string;
    if (Array.isArray(holder)) return isIndex(last) && Number(last) < holder.length;
    return isDocument(holder) && Object.hasOwn(holder, last);
  }

  /** Sets a value, creating documents on the way. */
  set(parts: readonly string[], value: unknown): void {
    if (this.has(parts) && isIdentical(this.get(parts), value)) return;
    this.changed = true;
    this.root = this.own(this.root);
    let holder: Doc | unknown[] = this.root;
    for (let i = 0; i < parts.length - 1; i++) {
      const part = parts[i] as string;
      const next = step(holder, part);
      if (next !== undefined && !isDocument(next) && !Array.isArray(next)) throw notViable(parts, i + 1, next, part);
      const child: Doc | unknown[] = this.own(next ?? {});
      if (next === undefined) this.owned.add(child);
      assign(holder, part, child, parts);
      holder = child;
    }
    assign(holder, parts.at(-1) as string, value, parts);
  }

  /** Removes a field; an element of an array becomes null. */
  unset(parts: readonly string[]): void {
    if (!this.has(parts)) return;
    const holder = this.get(parts.slice(0, -1));
    if (Array.isArray(holder)) {
      this.set(parts, null);
      return;
    }
    const copy = { ...(holder as Doc) };
    delete copy[parts.at(-1) as string];
    this.changed = true;
    if (parts.length === 1) this.root = copy;
    else this.set(parts.slice(0, -1), copy);
    this.owned.add(copy);
  }
}

function step(holder: Doc | unknown[], part: string): unknown {
  if (Array.isArray(holder)) return isIndex(part) ? holder[Number(part)] : undefined;
  return Object.hasOwn(holder, part) ? holder[part] : undefined;
}

function assign(holder: Doc | unknown[], part: string, value: unknown, parts: readonly string[]): void {
  if (!Array.isArray(holder)) {
    addField(holder, part, value);
    return;
  }
  if (!isIndex(part)) {
    throw failure(28, `Cannot create field '${part}' in element {${parts[0]}: ${JSON.stringify(holder)}}`);
  }
  const position = Number(part);
  if (position - holder.length > MAX_PADDING) {
    throw failure(28, `can't backfill more than ${MAX_PADDING} elements`);
  }
  while (holder.length < position) holder.push(null);
  holder[position] = value;
}

function notViable(parts: readonly string[], at: number, value: unknown, part: string): CommandError {
  return failure(28, `Cannot create field '${parts[at]}' in element {${part}: ${JSON.stringify(value)}}`);
}

/** Whether two values are the same bytes when they are encoded. */
function isIdentical(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return encode({ v: a }).equals(encode({ v: b }));
}
