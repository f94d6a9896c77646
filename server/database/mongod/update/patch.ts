import { type Doc, isDocument } from '../values/codec.ts';
import { decode } from '../values/decode.ts';
import { elementFor } from '../values/element.ts';
import { addNumbers, numberKind } from '../values/numeric.ts';
import { DOCUMENT, type Field, findField, splice } from '../values/raw.ts';
import { comparePaths } from './paths.ts';

/** A kind of update that is done on encoded bytes: fields are replaced in place, all others copied as they are. */
export interface Patch {
  /** The roots of the fields that the update names. */
  roots: ReadonlySet<string>;
  /** The bytes after an update of this shape; the same when nothing changes, undefined when this document needs the general way. */
  apply(raw: Buffer, update: Doc): Buffer | undefined;
}

interface Step {
  operator: string;
  path: string;
  parts: string[];
  /** The names of the documents around the field, and the field's own. */
  holders: Buffer[];
  name: Buffer;
}

const INT32 = 16;
const NOTHING = Buffer.alloc(0);
const REMEMBERED = 2000;

/** Values with more levels are left to the general way: putting them into a document may make that too deep. */
const PLAIN_LEVELS = 80;

const patchable = new Set(['$set', '$inc', '$unset', '$setOnInsert']);

/** Patches by the shape of their updates: most updates differ from earlier ones in their values only. */
export class Patches {
  private readonly known = new Map<string, Patch | null>();

  /**
   * The patch for an update, undefined when it has operators, paths or operands for which that is not possible.
   * @param check called for a new shape: throws when the update is not valid
   */
  find(update: Doc, check: () => unknown): Patch | undefined {
    const shape = shapeOf(update);
    if (shape === undefined) return undefined;
    let patch = this.known.get(shape);
    if (patch === undefined) {
      check();
      if (this.known.size >= REMEMBERED) this.known.clear();
      patch = compilePatch(update) ?? null;
      this.known.set(shape, patch);
    }
    return patch ?? undefined;
  }
}

/**
 * The operators and paths of an update without the values; undefined for a replacement, or when they alone do not say
 * that the update is valid.
 */
function shapeOf(update: Doc): string | undefined {
  let shape = '';
  for (const operator in update) {
    const fields = update[operator];
    if (!patchable.has(operator) || !isDocument(fields)) return undefined;
    shape += operator;
    for (const path in fields) {
      const operand = fields[path];
      if (operand === undefined || (operator === '$inc' && numberKind(operand) === undefined)) return undefined;
      shape += `\0${path}`;
    }
    shape += '\0\0';
  }
  return shape === '' ? undefined : shape;
}

function compilePatch(update: Doc): Patch | undefined {
  const steps: Step[] = [];
  const roots = new Set<string>();
  for (const operator of Object.keys(update)) {
    if (operator === '$setOnInsert') continue;
    for (const path of Object.keys(update[operator] as Doc)) {
      const parts = path.split('.');
      if (path.includes('$') || parts[0] === '_id' || parts.length > PLAIN_LEVELS) return undefined;
      const holders = parts.map((part) => Buffer.from(part));
      const name = holders.pop() as Buffer;
      steps.push({ operator, path, parts, holders, name });
      roots.add(parts[0] as string);
    }
  }
  steps.sort((a, b) => comparePaths(a.parts, b.parts));
  return {
    roots,
    apply: (raw, values) => {
      let result: Buffer | undefined = raw;
      for (const step of steps) {
        const operand = (values[step.operator] as Doc)[step.path];
        result = applyStep(result, step, operand, result !== raw);
        if (result === undefined) return undefined;
      }
      return result;
    },
  };
}

/** @param owned the bytes are this update's own and may be changed in place */
function applyStep(raw: Buffer, step: Step, operand: unknown, owned: boolean): Buffer | undefined {
  const around = [0];
  let holder = 0;
  for (const name of step.holders) {
    const field = findField(raw, holder, name);
    if (field === undefined) return step.operator === '$unset' ? raw : undefined;
    if (raw[field.start] !== DOCUMENT) return undefined;
    holder = field.value;
    around.push(holder);
  }
  const field = findField(raw, holder, step.name);
  const element = elementAfter(raw, field, step, operand);
  if (element === undefined) return undefined;
  if (field !== undefined) return splice(raw, field.start, field.end, element, around, owned);
  const end = holder + raw.readInt32LE(holder) - 1;
  return splice(raw, end, end, element, around, owned);
}

/** The encoded field as the step leaves it. */
function elementAfter(raw: Buffer, field: Field | undefined, step: Step, operand: unknown): Buffer | undefined {
  if (step.operator === '$unset') return NOTHING;
  if (step.operator === '$set' || field === undefined) {
    return isFlat(operand, PLAIN_LEVELS) ? elementFor(step.name, operand) : undefined;
  }
  const old = raw[field.start] === INT32 ? raw.readInt32LE(field.value) : storedValue(raw, field, step.name);
  if (numberKind(old) === undefined) return undefined;
  const sum = addNumbers(old, operand);
  return sum === undefined ? undefined : elementFor(step.name, sum);
}

function storedValue(raw: Buffer, field: Field, name: Buffer): unknown {
  const wrapped = Buffer.alloc(4 + field.end - field.start + 1);
  wrapped.writeInt32LE(wrapped.length, 0);
  raw.copy(wrapped, 4, field.start, field.end);
  return decode(wrapped)[name.toString()];
}

/** Whether a value has at most so many levels. */
function isFlat(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return levels > 0 && value.every((each) => isFlat(each, levels - 1));
  return !isDocument(value) || (levels > 0 && Object.values(value).every((each) => isFlat(each, levels - 1)));
}
