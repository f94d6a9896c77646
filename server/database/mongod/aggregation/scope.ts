import { failure } from '../errors.ts';
import type { Effort } from '../query/effort.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import type { Collator } from '../values/compare.ts';
import { addField } from '../values/fields.ts';
import { fieldNames } from '../values/order.ts';
import { treeSize } from '../values/size.ts';
import { fieldPath, pathGetter } from './paths.ts';
import type { Reads } from './reads.ts';

/** A compiled expression: its value for a document, undefined for what is missing. */
export type Expression = (root: unknown) => unknown;

/** Compiles an operator of expressions with its operand. */
export type Operator = (operand: unknown, scope: Scope, name: string) => Expression;

/** A variable of an expression; whoever binds it sets its value before the expression is evaluated. */
export interface Variable {
  value: unknown;
}

/** What all expressions of a command have in common. */
export interface ScopeSettings {
  collator: Collator;
  /** The value of $$NOW. */
  now: Date;
  /** Ends what takes too long or makes too much. */
  effort: Effort;
  /** The operator with a name; an error for one that there is not. */
  operatorNamed(name: string): Operator;
}

/** Where an expression stands: the variables that it may name, and the note of the fields that it reads. */
export class Scope {
  readonly settings: ScopeSettings;
  readonly variables: ReadonlyMap<string, Variable>;
  readonly reads: Reads;

  constructor(settings: ScopeSettings, variables: ReadonlyMap<string, Variable>, reads: Reads) {
    this.settings = settings;
    this.variables = variables;
    this.reads = reads;
  }

  get collator(): Collator {
    return this.settings.collator;
  }

  /**
   * Compiles an expression.
   * @throws CommandError 238 for an operator that this engine has not, and MongoDB's codes
   *   for malformed operands, whatever documents there are
   */
  compile(expression: unknown): Expression {
    if (typeof expression === 'string') return expression.startsWith('$') ? this.path(expression) : () => expression;
    if (Array.isArray(expression)) return this.list(expression);
    if (!isDocument(expression)) return () => expression;
    const names = fieldNames(expression);
    const [first] = names;
    if (first === undefined) return () => ({});
    if (!first.startsWith('$')) return this.fields(expression, names);
    if (names.length > 1)
      throw failure(15983, `An object representing an expression must have exactly one field: ${names.join(', ')}`);
    return this.settings.operatorNamed(first)(expression[first], this, first);
  }

  /** Compiles an expression whose value becomes part of a document: it counts wherever it is put. */
  compileField(expression: unknown): Expression {
    const value = this.compile(expression);
    return (root) => this.made(value(root));
  }

  private list(elements: readonly unknown[]): Expression {
    const compiled = elements.map((each) => this.compile(each));
    return (root) => this.made(compiled.map((each) => each(root) ?? null));
  }

  private fields(document: Doc, names: readonly string[]): Expression {
    const fields = names.map((name) => {
      checkFieldName(name);
      return { name, value: this.compile(document[name]) };
    });
    return (root) => {
      const result: Doc = {};
      for (const { name, value } of fields) {
        const computed = value(root);
        if (computed !== undefined) addField(result, name, computed);
      }
      return this.made(result);
    };
  }

  /** A value that an operator has made, counted. @throws CommandError 146 when there are too many, or they are too large */
  made<T>(value: T): T {
    this.settings.effort.make(treeSize(value));
    return value;
  }

  /** Reads a path, and counts the arrays that it makes. */
  private getter(parts: readonly string[]): (value: unknown) => unknown {
    const { effort } = this.settings;
    return pathGetter(parts, (length) => {
      effort.step(length);
      effort.make(8 * length);
    });
  }

  private path(text: string): Expression {
    if (!text.startsWith('$$')) {
      const parts = fieldPath(text.slice(1));
      this.reads.add(parts[0] as string);
      return this.getter(parts);
    }
    const [name = '', ...parts] = fieldPath(text.slice(2));
    if (name === 'ROOT' || name === 'CURRENT') {
      this.reads.add(parts[0]);
      return parts.length === 0 ? (root) => root : this.getter(parts);
    }
    if (name === 'REMOVE') return () => undefined;
    if (name === 'NOW') return parts.length === 0 ? () => this.settings.now : () => undefined;
    const variable = this.variables.get(name);
    if (variable === undefined) throw failure(17276, `Use of undefined variable: ${name}`);
    if (parts.length === 0) return () => variable.value;
    const get = this.getter(parts);
    return () => get(variable.value);
  }
}

/** Refuses a name that no field of a document written in an expression can have. */
function checkFieldName(name: string): void {
  if (name.startsWith('$')) throw failure(16410, `FieldPath field names may not start with '$': '${name}'`);
  if (name.includes('.')) throw failure(16412, `FieldPath field names may not contain '.': '${name}'`);
}
