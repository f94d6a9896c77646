import { fieldPath } from '../aggregation/paths.ts';
import { failure, notImplemented } from '../errors.ts';
import { type Doc, isDocument, setField } from '../values/codec.ts';
import { addField } from '../values/fields.ts';
import { numberKind, toDouble } from '../values/numeric.ts';
import { copyOrder, withIdFirst } from '../values/order.ts';
import type { MatchContext } from './matcher.ts';

/** Changes a document into what the client asked to see of it. */
type Projection = (document: Doc) => Doc;

/** What is said about a field: whether it is seen, or its value in a document. */
type Leaf = boolean | ((document: Doc) => unknown);
type Node = Map<string, Node | Leaf>;

/** A compiled projection. */
export interface CompiledProjection {
  project: Projection;
  /** The top-level fields of its documents that it names, if it shows no others; beside them it reads those of its expressions. */
  fields: ReadonlySet<string> | undefined;
}

/** Compiles find's projection; undefined when it leaves documents as they are. */
export function compileProjection(spec: Doc | undefined, context: MatchContext): CompiledProjection | undefined {
  if (spec === undefined || Object.keys(spec).length === 0) return undefined;
  const { project, fields } = compileStageProjection(spec, context);
  // What expressions read is not noted here.
  const isPlain = flatten(spec).every(([, value]) => typeof value === 'boolean' || numberKind(value) !== undefined);
  return { project, fields: isPlain ? fields : undefined };
}

/** Compiles the projection of a $project stage. */
export function compileStageProjection(spec: Doc, context: MatchContext): CompiledProjection {
  const root: Node = new Map();
  let inclusion: boolean | undefined;
  let includeId: boolean | undefined;
  for (const [path, value] of flatten(spec)) {
    checkPath(path);
    const leaf = leafFor(value, path, context);
    if (path === '_id' && typeof leaf === 'boolean') {
      includeId = leaf;
      continue;
    }
    if (typeof leaf === 'boolean') inclusion = agree(inclusion, leaf, path);
    else if (inclusion === false) throw failure(31252, `Cannot use an expression in an exclusion projection: ${path}`);
    else inclusion = true;
    place(root, path, leaf);
  }
  if (inclusion ?? includeId === true) {
    // What names an _id of its own, or a part of it, shows no more than that.
    const keepId = includeId !== false && !root.has('_id');
    return {
      fields: new Set(['_id', ...root.keys()]),
      project: (document) => {
        const chosen = include(document, root, document) as Doc;
        return keepId && Object.hasOwn(document, '_id') ? withIdFirst(document._id, chosen) : chosen;
      },
    };
  }
  if (includeId === false) root.set('_id', false);
  return { fields: undefined, project: (document) => exclude(document, root) as Doc };
}

function checkPath(path: string): void {
  if (path.split('.').includes('$')) throw notImplemented('positional projections are not supported');
  if (path === '') throw failure(40352, 'FieldPath cannot be constructed with empty string');
  fieldPath(path);
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
    ? failure(31253, `Cannot do inclusion on field ${path} in exclusion projection`)
    : failure(31254, `Cannot do exclusion on field ${path} in inclusion projection`);
}

function leafFor(value: unknown, path: string, { expression }: MatchContext): Leaf {
  if (typeof value === 'boolean') return value;
  const number = toDouble(value);
  if (!Number.isNaN(number)) return number !== 0;
  if (isDocument(value)) {
    if (Object.keys(value).length === 0) throw failure(51270, `Invalid empty sub-projection: ${path}`);
    const operator = ['$elemMatch', '$meta', '$slice'].find((name) => name in value);
    if (operator !== undefined) throw notImplemented(`${operator} in a projection is not supported`);
  }
  if (expression === undefined) throw notImplemented('expressions are not allowed in this context');
  return expression(value);
}

function place(root: Node, path: string, leaf: Leaf): void {
  const parts = path.split('.');
  const last = parts.pop() as string;
  let node = root;
  for (const part of parts) {
    const child = node.get(part) ?? new Map();
    if (!(child instanceof Map)) throw collision(path);
    node.set(part, child);
    node = child;
  }
  if (node.has(last)) throw collision(path);
  node.set(last, leaf);
}

const collision = (path: string) => failure(31249, `Path collision at ${path}`);

/** Whether something under a node is computed, and so comes into being where there is nothing. */
const computes = (child: Node | Leaf): boolean =>
  child instanceof Map ? [...child.values()].some(computes) : typeof child === 'function';

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
    const kept = child instanceof Map ? include(value[name], child, root) : child === true ? value[name] : undefined;
    if (kept !== undefined) setField(result, name, kept);
  }
  // Computed fields come last.
  for (const [name, child] of node) {
    if (!computes(child) || (child instanceof Map && Object.hasOwn(value, name))) continue;
    const made = child instanceof Map ? include({}, child, root) : (child as (document: Doc) => unknown)(root);
    if (made !== undefined) addField(result, name, made);
  }
  return result;
}

function exclude(value: unknown, node: Node): unknown {
  if (Array.isArray(value)) return value.map((each) => exclude(each, node));
  if (!isDocument(value)) return value;
  const result: Doc = {};
  copyOrder(value, result);
  for (const name of Object.keys(value)) {
    const child = node.get(name);
    if (child === undefined) setField(result, name, value[name]);
    else if (child instanceof Map) setField(result, name, exclude(value[name], child));
  }
  return result;
}
