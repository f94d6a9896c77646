import { badValue, CommandError, notImplemented } from '../errors.ts';
import { type Doc, isDocument, setField } from '../values/codec.ts';
import { addField } from '../values/fields.ts';
import { toDouble } from '../values/numeric.ts';
import { copyOrder, withIdFirst } from '../values/order.ts';
import { pick } from '../values/raw.ts';
import { compileFilter, elementTest, type MatchContext } from './matcher.ts';

/** Changes a document into what the client asked to see of it. */
export type Projection = (document: Doc) => Doc;

type Node = Map<string, Node | Leaf>;
interface Leaf {
  include?: boolean;
  compute?: (value: unknown, document: Doc) => unknown;
}

const isLeaf = (node: Node | Leaf): node is Leaf => !(node instanceof Map);

/** Compiles find's projection; undefined when it leaves documents as they are. */
export function compileProjection(spec: Doc | undefined, filter: Doc, context: MatchContext): Projection | undefined {
  if (spec === undefined || Object.keys(spec).length === 0) return undefined;
  const root: Node = new Map();
  let inclusion: boolean | undefined;
  let includeId: boolean | undefined;
  for (const [path, value] of flatten(spec)) {
    if (path.endsWith('.$')) {
      inclusion = agree(inclusion, true, path);
      place(root, path.slice(0, -2), { include: true, compute: positional(path.slice(0, -2), filter, context) });
      continue;
    }
    if (path.startsWith('$'))
      throw new CommandError(16410, 'Location16410', "FieldPath field names may not start with '$'");
    const leaf = leafFor(value, context);
    if (path === '_id' && leaf.compute === undefined) {
      includeId = leaf.include === true;
      continue;
    }
    if (leaf.include !== undefined) inclusion = agree(inclusion, leaf.include, path);
    place(root, path, leaf);
  }
  if (inclusion === undefined) inclusion = includeId === true || [...root.values()].some(isExpression);
  if (inclusion) {
    const keepId = includeId !== false;
    return (document) => {
      const chosen = include(document, root, document) as Doc;
      if (!keepId || !Object.hasOwn(document, '_id') || Object.hasOwn(chosen, '_id')) return chosen;
      return withIdFirst(document._id, chosen);
    };
  }
  if (includeId === false) root.set('_id', { include: false });
  return (document) => exclude(document, root, document) as Doc;
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

const isExpression = (node: Node | Leaf): boolean =>
  !isLeaf(node)
    ? [...node.values()].some(isExpression)
    : isLeaf(node) && node.compute !== undefined && node.include === undefined && !neutralLeaves.has(node);

/** $slice changes a field without choosing what else is seen. */
const neutralLeaves = new WeakSet<Leaf>();

function agree(before: boolean | undefined, now: boolean, path: string): boolean {
  if (before === undefined || before === now) return now;
  throw now
    ? new CommandError(31253, 'Location31253', `Cannot do inclusion on field ${path} in exclusion projection`)
    : new CommandError(31254, 'Location31254', `Cannot do exclusion on field ${path} in inclusion projection`);
}

function leafFor(value: unknown, context: MatchContext): Leaf {
  if (typeof value === 'boolean') return { include: value };
  if (!isDocument(value)) {
    const number = toDouble(value);
    if (!Number.isNaN(number)) return { include: number !== 0 };
    return { compute: (_old, document) => context.evaluate?.(value, document) };
  }
  if (
    '$slice' in value &&
    (typeof value.$slice !== 'object' ||
      (Array.isArray(value.$slice) &&
        value.$slice.length === 2 &&
        value.$slice.every((each) => !Number.isNaN(toDouble(each)))))
  ) {
    const leaf = { compute: slice(value.$slice) };
    neutralLeaves.add(leaf);
    return leaf;
  }
  if ('$meta' in value) {
    throw notImplemented('$meta is not supported');
  }
  if ('$elemMatch' in value) {
    const test = elementTest(value.$elemMatch, context);
    return {
      include: true,
      compute: (old) => {
        const found = Array.isArray(old) ? old.find(test) : undefined;
        return found === undefined ? undefined : [found];
      },
    };
  }
  if (Object.keys(value).length === 0)
    throw badValue('An empty sub-projection is not a valid value. Found empty object at path');
  return { compute: (_old, document) => context.evaluate?.(value, document) };
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

function positional(path: string, filter: Doc, context: MatchContext): (value: unknown) => unknown {
  const conditions = Object.entries(filter).filter(([name]) => name === path || name.startsWith(`${path}.`));
  if (conditions.length === 0)
    throw badValue(
      `Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array`,
    );
  const prefix = path.split('.').slice(0, -1);
  const matches = compileFilter(Object.fromEntries(conditions), context);
  return (value) => {
    if (!Array.isArray(value)) return value;
    const found = value.find((element) => {
      let wrapped: unknown = { [path.split('.').at(-1) as string]: [element] };
      for (const part of [...prefix].reverse()) wrapped = { [part]: wrapped };
      return matches(wrapped as Doc);
    });
    return found === undefined ? [] : [found];
  };
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

/** Whether something under a node is computed, and so comes into being where there is nothing. */
const computes = (node: Node): boolean =>
  [...node.values()].some((child) => (isLeaf(child) ? child.compute !== undefined && !child.include : computes(child)));

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
    const kept = isLeaf(child)
      ? child.compute
        ? child.compute(value[name], root)
        : value[name]
      : include(value[name], child, root);
    if (kept !== undefined) setField(result, name, kept);
  }
  for (const [name, child] of node) {
    if (Object.hasOwn(value, name)) continue;
    if (!isLeaf(child)) {
      if (computes(child)) addField(result, name, include({}, child, root));
    } else if (child.compute !== undefined && !child.include) {
      const computed = child.compute(undefined, root);
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
    else if (child.include !== false && child.compute !== undefined)
      setField(result, name, child.compute(value[name], root));
  }
  for (const [name, child] of node) {
    if (Object.hasOwn(value, name) || !isLeaf(child) || child.compute === undefined) continue;
    const computed = child.compute(undefined, root);
    if (computed !== undefined) setField(result, name, computed);
  }
  return result;
}
