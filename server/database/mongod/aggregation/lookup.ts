import { failedToParse } from '../errors.ts';
import type { Memory } from '../memory.ts';
import { visitPath } from '../query/paths.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { type Collator, typeRank } from '../values/compare.ts';
import { sizeOf } from '../values/size.ts';
import { kindBy } from './equality.ts';
import { isNil } from './operands.ts';
import { setAt } from './paths.ts';
import { checkVariableName, type Expression, type Variable } from './scope.ts';
import { matchContextOf, type Pipeline, type Rows, type Stage, type StagePlace } from './stage.ts';

/** What equality on a field compares: each value that is reached, and each element of an array; null for what is missing. */
function valuesAt(document: Doc, parts: readonly string[], withArrays: boolean): unknown[] {
  const values: unknown[] = [];
  visitPath(document, parts, (value) => {
    if (Array.isArray(value)) values.push(...value);
    if (!Array.isArray(value) || withArrays) values.push(value ?? null);
    return false;
  });
  return values;
}

/** The documents of a collection by what a field holds: for each value, or each element of an array. */
class Joinable {
  private readonly rows: Doc[] = [];
  private readonly places = new Map<unknown, number[]>();
  private readonly kindOf: (value: unknown) => unknown;

  constructor(collator: Collator) {
    this.kindOf = kindBy(collator);
  }

  add(document: Doc, parts: readonly string[]): void {
    const kinds = new Set(valuesAt(document, parts, true).map((value) => this.kindOf(value)));
    for (const kind of kinds) {
      const places = this.places.get(kind);
      if (places === undefined) this.places.set(kind, [this.rows.length]);
      else places.push(this.rows.length);
    }
    this.rows.push(document);
  }

  /** The documents that have one of the values, in the order of the collection. */
  with(values: readonly unknown[]): Doc[] {
    const found = new Set(values.flatMap((value) => this.places.get(this.kindOf(value)) ?? []));
    return [...found].sort((a, b) => a - b).map((at) => this.rows[at] as Doc);
  }
}

/** A pipeline over another collection; its first filters choose what is read of it. */
export interface ForeignPipeline {
  rest: Pipeline;
  /** The documents that the pipeline begins with. */
  source(filter?: Doc): Rows;
}

/**
 * Compiles a pipeline over another collection, or over $documents of its own.
 * @param from the name of the collection
 */
export function compileForeign(
  stages: unknown,
  from: unknown,
  place: StagePlace,
  variables: StagePlace['variables'] = place.variables,
): ForeignPipeline {
  const list = Array.isArray(stages) ? stages : [];
  if (isDocument(list[0]) && Object.hasOwn(list[0], '$documents')) {
    if (from !== undefined) throw failedToParse('$documents stands in a pipeline without a collection');
    return { rest: place.nested(stages, variables), source: () => [] };
  }
  if (typeof from !== 'string') throw failedToParse('the name of the collection is missing, or no string');
  let filters = 0;
  while (isDocument(list[filters]?.$match)) filters++;
  const scope = place.scope.with(variables);
  place.nested(stages, variables);
  const own: Doc[] = list.slice(0, filters).map((stage) => stage.$match);
  const context = matchContextOf(scope);
  return {
    rest: place.nested(Array.isArray(stages) ? list.slice(filters) : stages, variables),
    source: (filter) => {
      const all = filter === undefined ? own : [filter, ...own];
      return place.sources.find(
        from,
        all.length === 1 ? (all[0] as Doc) : all.length === 0 ? {} : { $and: all },
        context,
      );
    },
  };
}

const FIELDS = new Set(['from', 'localField', 'foreignField', 'let', 'pipeline', 'as']);

/** $lookup: joins the documents of another collection by equality, by a pipeline, or by both. */
export function compileLookup(spec: unknown, place: StagePlace): Stage {
  if (!isDocument(spec)) throw failedToParse('the $lookup specification must be an object');
  const unknown = Object.keys(spec).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) throw failedToParse(`unknown argument to $lookup: ${unknown}`);
  const { from, localField, foreignField, pipeline, as } = spec;
  for (const [name, value] of Object.entries({ as, localField: localField ?? '', foreignField: foreignField ?? '' }))
    if (typeof value !== 'string') throw failedToParse(`$lookup argument '${name}' must be a string`);
  if (isNil(localField) !== isNil(foreignField) || (isNil(localField) && pipeline === undefined))
    throw failedToParse(
      "$lookup requires both or neither of 'localField' and 'foreignField', and one of them or 'pipeline'",
    );
  const bindings = bindingsOf(spec.let, place);
  const variables = new Map([
    ...place.variables,
    ...bindings.map(({ name, cell }): [string, Variable] => [name, cell]),
  ]);
  const foreign = compileForeign(pipeline ?? [], from, place, variables);
  const target = String(as).split('.');
  place.reads.add(target[0]);
  const join = isNil(localField)
    ? joinAll(foreign, bindings.length === 0 && place.variables.size === 0)
    : joinEqual(foreign, from as string, String(localField), String(foreignField), place);
  return {
    *run(input, memory) {
      const joined = join(memory);
      for (const document of input) {
        if (document === undefined) {
          yield undefined;
          continue;
        }
        for (const { cell, value } of bindings) cell.value = value(document);
        const rows: Doc[] = [];
        let bytes = 0;
        for (const row of joined(document)) {
          if (row === undefined) yield undefined;
          else {
            const size = sizeOf(row);
            memory.add(size, '$lookup');
            bytes += size;
            rows.push(row);
          }
        }
        yield setAt(document, target, rows) as Doc;
        memory.add(-bytes, '$lookup');
      }
    },
  };
}

function bindingsOf(given: unknown, { scope }: StagePlace) {
  if (given === undefined) return [];
  if (!isDocument(given)) throw failedToParse("$lookup argument 'let' must be an object");
  return Object.entries(given).map(([name, value]): { name: string; cell: Variable; value: Expression } => {
    checkVariableName(name);
    return { name, cell: { value: undefined }, value: scope.compile(value) };
  });
}

type Join = (memory: Memory) => (document: Doc) => Rows;

/** Runs the pipeline for each document; once for all where it refers to nothing outside of it. */
function joinAll({ rest, source }: ForeignPipeline, isSame: boolean): Join {
  return (memory) => {
    let known: Doc[] | undefined;
    return function* () {
      if (known !== undefined) {
        yield* known;
        return;
      }
      const rows: Doc[] = [];
      for (const row of rest.run(source(), memory)) {
        if (row !== undefined && isSame) {
          memory.add(sizeOf(row), '$lookup');
          rows.push(row);
        }
        yield row;
      }
      if (isSame) known = rows;
    };
  };
}

/** Joins by equality: by an index of the other collection, or by reading all of it once. */
function joinEqual(
  { rest, source }: ForeignPipeline,
  from: string,
  localField: string,
  foreignField: string,
  { scope, reads, sources }: StagePlace,
): Join {
  const local = localField.split('.');
  const parts = foreignField.split('.');
  reads.add(local[0]);
  return (memory) => {
    const isIndexed = scope.collator === undefined && sources.isIndexed(from, foreignField);
    let joinable: Joinable | undefined;
    return function* (document) {
      const values = valuesAt(document, local, false);
      if (isIndexed && values.every(isSearchable)) {
        yield* rest.run(source({ [foreignField]: { $in: values } }), memory);
        return;
      }
      if (joinable === undefined) {
        const all = new Joinable(scope.collator);
        for (const row of source()) {
          if (row === undefined) yield undefined;
          else {
            memory.add(sizeOf(row) + 64, '$lookup');
            all.add(row, parts);
          }
        }
        joinable = all;
      }
      yield* rest.run(joinable.with(values), memory);
    };
  };
}

/** Whether a value stands for itself in a filter: a regular expression does not, and a document may hold operators. */
const isSearchable = (value: unknown): boolean => typeRank(value) !== 50 && typeRank(value) !== 20;
