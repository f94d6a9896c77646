import { CommandError, notImplemented } from '../errors.ts';
import { type Doc, isDocument, setField } from '../values/codec.ts';
import { addField } from '../values/fields.ts';
import { toDouble } from '../values/numeric.ts';
import { copyOrder, withIdFirst } from '../values/order.ts';
import { pick } from '../values/raw.ts';
import { elementTest, type MatchContext } from './matcher.ts';
import { matchedPosition } from './position.ts';

/** Changes a document into what the client asked to see of it. */
export type Projection = (document: Doc) => Doc;

type Node = Map<string, Node | Leaf>;
interface Leaf {
  include?: boolean;
  compute?: (value: unknown, document: Doc) => unknown;
  /** Computed where the field stands, from its value; other computed fields come last. */
  inPlace?: boolean;
  /** It changes a field without choosing what else is seen. */
  isNeutral?: boolean;
}

const isLeaf = (node: Node | Leaf): node is Leaf => !(node instanceof Map);

/** A compiled projection. */
export interface CompiledProjection {
  project: Projection;
  /** The top-level fields of its documents that it names, if it shows no others; beside them it reads those of its expressions. */
  fields: ReadonlySet<string> | undefined;
}

/** Compiles find's projection; undefined when it leaves documents as they are. */
export function compileProjection(spec: Doc | undefined, filter: Doc, context: MatchContext): Projection | undefined {
  if (spec === undefined || Object.keys(spec).length === 0) return undefined;
  return compile(spec, context, filter).project;
}

/** Compiles the projection of a $project stage, which knows no positions, and its $slice and $elemMatch are expressions. */
export function compileStageProjection(spec: Doc, context: MatchContext): CompiledProjection {
  return compile(spec, context, undefined);
}

function compile(spec: Doc, context: MatchContext, filter: Doc | undefined): CompiledProjection {
  const root: Node = new Map();
  let inclusion: boolean | undefined;
  let includeId: boolean | undefined;
  checkElementChoices(spec);
  for (const [path, value] of flatten(spec)) {
    const isPositional = path.endsWith('.$');
    if (path.includes('.$.')) throw located(31394, 'the positional operator may only be used at the end of a path');
    if (!isPositional) checkPath(path);
    const leaf = isPositional ? positionalLeaf(path, value, filter, context) : leafFor(value, path, filter, context);
    if (path === '_id' && leaf.compute === undefined) {
      includeId = leaf.include === true;
      continue;
    }
    if (leaf.include !== undefined) inclusion = agree(inclusion, leaf.include, path);
    else if (!leaf.isNeutral) {
      if (inclusion === false) throw located(31252, `Cannot use an expression in an exclusion projection: ${path}`);
      inclusion = true;
    }
    place(root, path.replace(/\.\$$/, ''), leaf);
  }
  if (inclusion ?? includeId === true) {
    const keepId = includeId !== false;
    return {
      fields: new Set(['_id', ...root.keys()]),
      project: (document) => {
        const chosen = include(document, root, document) as Doc;
        if (!keepId || !Object.hasOwn(document, '_id') || Object.hasOwn(chosen, '_id')) return chosen;
        return withIdFirst(document._id, chosen);
      },
    };
  }
  if (includeId === false) root.set('_id', { include: false });
  return { fields: undefined, project: (document) => exclude(document, root, document) as Doc };
}

const located = (code: number, message: string) => new CommandError(code, `Location${code}`, message);

/** An array of which one element is shown stands alone: the filter has matched one position. */
function checkElementChoices(spec: Doc): void {
  const positional = Object.keys(spec).filter((path) => path.endsWith('.$'));
  if (positional.length > 1) throw located(31276, 'Cannot specify more than one positional projection per query.');
  const matches = Object.values(spec).some((value) => isDocument(value) && '$elemMatch' in value);
  if (positional.length > 0 && matches) throw located(31255, 'Cannot specify positional operator and $elemMatch.');
}

function checkPath(path: string): void {
  if (path.split('.').some((part) => part.startsWith('$')))
    throw located(16410, `FieldPath field names may not start with '$': '${path}'`);
  if (path === '') throw located(40352, 'FieldPath cannot be constructed with empty string');
  if (path.endsWith('.')) throw located(40353, "FieldPath must not end with a '.'.");
  if (path.startsWith('.') || path.includes('..'))
    throw located(15998, 'FieldPath field names may not be empty strings.');
}

/**
 * The same for a projection that only names whole fields to be seen, done on encoded documents; undefined for any other.
 * @param spec one that `compileProjection` accepts
 */
export function compilePick(spec: Doc | undefined): ((raw: Buffer) => Buffer) | undefined {
  const { _id: id = true, ...fields } = spec ?? {};
  const names = Object.keys(fields);
  const isPlain = (value: unknown): boolean =>
    typeof value === 'boolean' || (typeof value === 'number' && !Number.isNaN(value));
  if (!isPlain(id) || names.length === 0 || names.some((name) => name.includes('.'))) return undefined;
  if (!Object.values(fields).every((value) => isPlain(value) && value)) return undefined;
  const wanted = [...(id ? ['_id'] : []), ...names].map((name) => Buffer.from(name));
  return (raw) => pick(raw, wanted);
}

/** The paths of a specification with what is said about each; documents in it are paths as well, operators are not. */
export function flatten(spec: Doc, prefix = ''): [path: string, value: unknown][] {
  return Object.entries(spec).flatMap(([name, value]) => {
    const path = `${prefix}${name}`;
    const isPath = isDocument(value) && Object.keys(value).length > 0 && !Object.keys(value)[0]?.startsWith('$');
    return isPath ? flatten(value, `${path}.`) : [[path, value] as [string, unknown]];
  });
}

function agree(before: boolean | undefined, now: boolean, path: string): boolean {
  if (before === undefined || before === now) return now;
  throw now
    ? new CommandError(31253, 'Location31253', `Cannot do inclusion on field ${path} in exclusion projection`)
    : new CommandError(31254, 'Location31254', `Cannot do exclusion on field ${path} in inclusion projection`);
}

/** Whether $slice is that of find: how many, or how many to skip and how many. */
const isFindSlice = (operand: unknown): boolean =>
  !isDocument(operand) &&
  (!Array.isArray(operand) || operand.length === 2) &&
  [operand].flat().every((each) => !Number.isNaN(toDouble(each)));

function leafFor(value: unknown, path: string, filter: Doc | undefined, context: MatchContext): Leaf {
  if (typeof value === 'boolean') return { include: value };
  if (!isDocument(value)) {
    const number = toDouble(value);
    if (!Number.isNaN(number)) return { include: number !== 0 };
    return computed(value, context);
  }
  const isFind = filter !== undefined;
  if ('$meta' in value) throw notImplemented('$meta is not supported');
  if (isFind && '$slice' in value && isFindSlice(value.$slice))
    return { isNeutral: true, inPlace: true, compute: slice(value.$slice) };
  if (isFind && '$elemMatch' in value) {
    if (path.includes('.')) throw located(31275, 'Cannot use $elemMatch projection on a nested field.');
    const test = elementTest(value.$elemMatch, context);
    return {
      include: true,
      inPlace: true,
      compute: (old) => {
        const found = Array.isArray(old) ? old.find(test) : undefined;
        return found === undefined ? undefined : [found];
      },
    };
  }
  if (Object.keys(value).length === 0) throw located(51270, `Invalid empty sub-projection: ${path}`);
  return computed(value, context);
}

function computed(expression: unknown, { expression: compileExpression }: MatchContext): Leaf {
  if (compileExpression === undefined) throw notImplemented('expressions are not allowed in this context');
  const evaluate = compileExpression(expression);
  return { compute: (_old, document) => evaluate(document) };
}

function slice(operand: unknown): (value: unknown) => unknown {
  const [first, count] = Array.isArray(operand) ? operand.map(toDouble) : [undefined, toDouble(operand)];
  return (value) => {
    if (!Array.isArray(value)) return value;
    const size = count as number;
    if (first === undefined) return size < 0 ? value.slice(size) : value.slice(0, size);
    const start = first < 0 ? Math.max(value.length + first, 0) : first;
    return value.slice(start, start + size);
  };
}

function positionalLeaf(path: string, value: unknown, filter: Doc | undefined, context: MatchContext): Leaf {
  if (filter === undefined) throw located(31324, 'Cannot use positional projection in aggregation projection');
  if (isDocument(value)) throw located(31271, 'positional projection cannot be used with an expression or sub object');
  const number = typeof value === 'boolean' ? Number(value) : toDouble(value);
  if (Number.isNaN(number)) throw located(31308, 'positional projection cannot be used with a literal');
  if (number === 0) throw located(31395, 'positional projection cannot be used with exclusion');
  return { include: true, inPlace: true, compute: positional(path.slice(0, -2), filter, context) };
}

/** The element of an array that the filter has matched. */
function positional(path: string, filter: Doc, context: MatchContext): (value: unknown, document: Doc) => unknown {
  const parts = path.split('.');
  return (value, document) => {
    if (!Array.isArray(value)) return value;
    if (!isReachedDirectly(document, parts))
      throw notImplemented(`positional projection of '${path}' within another array is not supported`);
    return [value[positionIn(filter, document, path, value, context)]];
  };
}

function positionIn(filter: Doc, document: Doc, path: string, value: unknown, context: MatchContext): number {
  try {
    return matchedPosition(filter, document, path, value, context);
  } catch (error) {
    if (!(error instanceof CommandError) || error.code !== 2) throw error;
    throw located(51246, `Executor error during find command :: caused by :: ${error.message}`);
  }
}

/** Whether no array lies on a path before its end. */
function isReachedDirectly(document: Doc, parts: readonly string[]): boolean {
  let value: unknown = document;
  for (const part of parts) {
    if (!isDocument(value)) return false;
    value = value[part];
  }
  return true;
}

function place(root: Node, path: string, leaf: Leaf): void {
  const parts = path.split('.');
  let node = root;
  for (const part of parts.slice(0, -1)) {
    const next = node.get(part);
    if (next !== undefined && isLeaf(next)) throw collision(path);
    const child = next ?? new Map();
    node.set(part, child);
    node = child as Node;
  }
  const last = parts.at(-1) as string;
  if (node.has(last)) throw collision(path);
  node.set(last, leaf);
}

const collision = (path: string) => new CommandError(31249, 'Location31249', `Path collision at ${path}`);

const comesLast = (leaf: Leaf): boolean => leaf.compute !== undefined && !leaf.inPlace;

/** What a projection shows of a field where it stands. */
function leafValue(leaf: Leaf, value: unknown, root: Doc): unknown {
  if (leaf.compute === undefined) return value;
  return leaf.inPlace ? leaf.compute(value, root) : undefined;
}

/** Whether something under a node is computed, and so comes into being where there is nothing. */
const computes = (node: Node): boolean =>
  [...node.values()].some((child) => (isLeaf(child) ? comesLast(child) : computes(child)));

function include(value: unknown, node: Node, root: Doc): unknown {
  if (Array.isArray(value)) {
    const kept = computes(node) ? value : value.filter((each) => isDocument(each) || Array.isArray(each));
    return kept.map((each) => include(each, node, root));
  }
  if (!isDocument(value)) return computes(node) ? include({}, node, root) : undefined;
  const result: Doc = {};
  copyOrder(value, result);
  for (const name of Object.keys(value)) {
    const child = node.get(name);
    if (child === undefined) continue;
    const kept = isLeaf(child) ? leafValue(child, value[name], root) : include(value[name], child, root);
    if (kept !== undefined) setField(result, name, kept);
  }
  for (const [name, child] of node) {
    if (!isLeaf(child)) {
      if (!Object.hasOwn(value, name) && computes(child)) addField(result, name, include({}, child, root));
    } else if (comesLast(child)) {
      const computed = child.compute?.(undefined, root);
      if (computed !== undefined) addField(result, name, computed);
    }
  }
  return result;
}

function exclude(value: unknown, node: Node, root: Doc): unknown {
  if (Array.isArray(value)) return value.map((each) => exclude(each, node, root));
  if (!isDocument(value)) return value;
  const result: Doc = {};
  copyOrder(value, result);
  for (const name of Object.keys(value)) {
    const child = node.get(name);
    if (child === undefined) setField(result, name, value[name]);
    else if (!isLeaf(child)) setField(result, name, exclude(value[name], child, root));
    else if (child.compute !== undefined) setField(result, name, child.compute(value[name], root));
  }
  return result;
}
