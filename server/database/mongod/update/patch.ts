import { type Doc, decode, encode } from '../values/codec.ts';
import { addNumbers, numberKind } from '../values/numeric.ts';
import { type Field, findField, splice } from '../values/raw.ts';

/** Changes encoded bytes; undefined when this document needs the general way. */
export type Patch = (raw: Buffer) => Buffer | undefined;

interface Step {
  names: Buffer[];
  last: Buffer;
  operand: unknown;
  /** The encoded value of $set; undefined for $inc. */
  value: Buffer | undefined;
}

const DOCUMENT = 3;
const HEADER = 4;

/** Operators that are done on the bytes; others make the whole update go the general way. */
const patchable = new Set(['$set', '$inc', '$setOnInsert']);

/**
 * The update as a change of bytes: fields that are set or incremented are replaced in place, all others are copied as
 * they are. Undefined when the update has operators or paths for which that is not possible. It must have been compiled
 * before, which checks it.
 */
export function compilePatch(update: Doc): Patch | undefined {
  const steps: Step[] = [];
  for (const operator of Object.keys(update)) {
    if (!patchable.has(operator)) return undefined;
    if (operator === '$setOnInsert') continue;
    const fields = update[operator] as Doc;
    for (const path of Object.keys(fields)) {
      if (path.includes('$') || path === '_id' || path.startsWith('_id.')) return undefined;
      const names = path.split('.').map((part) => Buffer.from(part));
      const last = names.pop() as Buffer;
      const operand = fields[path];
      if (operand === undefined) return undefined;
      const value = operator === '$set' ? elementFor(last, operand) : undefined;
      steps.push({ names, last, operand, value });
    }
  }
  // The general way adds several new fields in the order of their names.
  if (steps.length > 1) steps.sort((a, b) => Buffer.compare(a.last, b.last));
  return (raw) => {
    let result: Buffer | undefined = raw;
    for (const step of steps) {
      result = applyStep(result, step);
      if (result === undefined) return undefined;
    }
    return result;
  };
}

/** The roots of the fields that an update's operators name. */
export function touchedRoots(update: Doc): Set<string> {
  const roots = new Set<string>();
  for (const fields of Object.values(update)) {
    for (const path of Object.keys(fields as Doc)) roots.add(path.split('.', 1)[0] as string);
  }
  return roots;
}

function elementFor(name: Buffer, value: unknown): Buffer {
  const encoded = encode({ v: value });
  const type = encoded[HEADER] as number;
  const element = Buffer.allocUnsafe(1 + name.length + 1 + encoded.length - HEADER - 4);
  element[0] = type;
  name.copy(element, 1);
  element[1 + name.length] = 0;
  encoded.copy(element, 2 + name.length, HEADER + 3, encoded.length - 1);
  return element;
}

function applyStep(raw: Buffer, { names, last, operand, value }: Step): Buffer | undefined {
  const holders = [0];
  let holder = 0;
  for (const name of names) {
    const field = findField(raw, holder, name);
    if (field === undefined || raw[field.start] !== DOCUMENT) return undefined;
    holder = field.value;
    holders.push(holder);
  }
  const field = findField(raw, holder, last);
  const element = value ?? incremented(raw, field, last, operand);
  if (element === undefined) return undefined;
  if (field === undefined) {
    const end = holder + raw.readInt32LE(holder) - 1;
    return splice(raw, end, end, element, holders);
  }
  if (raw.compare(element, 0, element.length, field.start, field.end) === 0) return raw;
  return splice(raw, field.start, field.end, element, holders);
}

function incremented(raw: Buffer, field: Field | undefined, name: Buffer, operand: unknown): Buffer | undefined {
  if (field === undefined) return elementFor(name, operand);
  const old = storedValue(raw, field, name);
  if (numberKind(old) === undefined) return undefined;
  const sum = addNumbers(old, operand);
  return sum === undefined ? undefined : elementFor(name, sum);
}

function storedValue(raw: Buffer, field: Field, name: Buffer): unknown {
  if (raw[field.start] === 16) return raw.readInt32LE(field.value);
  const size = field.end - field.start;
  const wrapped = Buffer.allocUnsafe(HEADER + size + 1);
  wrapped.writeInt32LE(wrapped.length, 0);
  raw.copy(wrapped, HEADER, field.start, field.end);
  wrapped[HEADER + size] = 0;
  return decode(wrapped)[name.toString()];
}
