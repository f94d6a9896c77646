import { Long } from 'bson';
import { Aggregator } from 'mingo/aggregator';
import type { AnyObject, Options } from 'mingo/types';
import { CommandError, failedToParse } from '../errors.ts';
import { compileFilter } from '../query/matcher.ts';
import { indexedValues } from '../query/paths.ts';
import type { Doc } from '../values/codec.ts';
import { collatorFor } from '../values/collation.ts';
import { toDouble } from '../values/numeric.ts';
import { kindBy } from './equality.ts';
import { evaluate, within } from './options.ts';
import { type Stage, setAt } from './stage.ts';

/** The documents of a collection by what a field holds: for each value, or each element of an array. */
class Joinable {
  readonly documents: Doc[];
  private readonly kindOf: (value: unknown) => unknown;
  private readonly places = new Map<unknown, number[]>();

  constructor(documents: Doc[], field: string, options: Options) {
    this.documents = documents;
    this.kindOf = kindBy(options);
    const parts = field.split('.');
    for (let at = 0; at < documents.length; at++) {
      for (const value of valuesAt(documents[at] as Doc, parts)) {
        const kind = this.kindOf(value);
        const places = this.places.get(kind);
        if (places === undefined) this.places.set(kind, [at]);
        else places.push(at);
      }
    }
  }

  /** Which documents have one of the values, in the order of the collection. */
  with(values: readonly unknown[]): number[] {
    const found = new Set(values.flatMap((value) => this.places.get(this.kindOf(value)) ?? []));
    return [...found].sort((a, b) => a - b);
  }
}

/** What equality on a field compares: the value, or the elements of an array; null for what is missing. */
const valuesAt = (document: Doc, parts: readonly string[]): unknown[] =>
  indexedValues(document, parts).values.filter((value) => value !== undefined);

function documentsOf(stage: string, from: unknown, options: Options): Doc[] {
  if (typeof from !== 'string') throw failedToParse(`${stage} needs the name of a collection in 'from'`);
  return (options.collectionResolver?.(from) ?? []) as Doc[];
}

function checkKnown(stage: string, spec: Doc, known: readonly string[]): void {
  const unknown = Object.keys(spec).find((name) => !known.includes(name));
  if (unknown !== undefined) throw failedToParse(`unknown argument to ${stage}: ${unknown}`);
  if (typeof spec.as !== 'string') throw failedToParse(`${stage} needs 'as'`);
}

/** Joins the documents of another collection by equality, by a pipeline, or by both. */
export const $lookup: Stage = (input, argument, options) => {
  const spec = argument as Doc;
  checkKnown('$lookup', spec, ['from', 'localField', 'foreignField', 'let', 'pipeline', 'as']);
  const { localField, foreignField, pipeline } = spec as Record<string, never>;
  if ((localField === undefined) !== (foreignField === undefined) || (localField ?? pipeline) === undefined)
    throw failedToParse("$lookup needs both 'localField' and 'foreignField', or 'pipeline'");
  const as = String(spec.as).split('.');
  const stages = pipeline as Doc[] | undefined;
  const all =
    spec.from === undefined && stages?.[0]?.$documents !== undefined ? [] : documentsOf('$lookup', spec.from, options);
  const joinable = foreignField === undefined ? undefined : new Joinable(all, foreignField, options);
  const local = localField === undefined ? [] : String(localField).split('.');
  return input.map((document) => {
    const rows = joinable?.with(valuesAt(document as Doc, local)).map((at) => joinable.documents[at] as Doc) ?? all;
    if (stages === undefined) return setAt(document, as, rows) as AnyObject;
    const variables = evaluate(document, spec.let ?? {}, options) as object;
    const own = within(options, { root: null, variables });
    return setAt(document, as, new Aggregator(stages as AnyObject[], own).run(rows as AnyObject[], own)) as AnyObject;
  });
};

/** Follows references from document to document. */
export const $graphLookup: Stage = (input, argument, options) => {
  const spec = argument as Doc;
  checkKnown('$graphLookup', spec, [
    ...['from', 'startWith', 'connectFromField', 'connectToField', 'as'],
    ...['maxDepth', 'depthField', 'restrictSearchWithMatch'],
  ]);
  const { connectFromField, connectToField, maxDepth, depthField, restrictSearchWithMatch: filter } = spec;
  if (typeof connectFromField !== 'string' || typeof connectToField !== 'string')
    throw failedToParse("$graphLookup needs 'connectFromField' and 'connectToField'");
  const deepest = maxDepth === undefined ? Number.POSITIVE_INFINITY : toDouble(maxDepth);
  if (!(deepest >= 0)) throw new CommandError(40101, 'Location40101', 'maxDepth must be a non-negative number');
  const joinable = new Joinable(documentsOf('$graphLookup', spec.from, options), connectToField, options);
  const matches = compileFilter((filter ?? {}) as Doc, { collator: collatorFor(options.collation as Doc | undefined) });
  const onwards = connectFromField.split('.');
  return input.map((document) => {
    const start = evaluate(document, spec.startWith, options) ?? null;
    let values = Array.isArray(start) ? start : [start];
    const found = new Map<number, number>();
    for (let depth = 0; depth <= deepest && values.length > 0; depth++) {
      const fresh = joinable.with(values).filter((at) => !found.has(at) && matches(joinable.documents[at] as Doc));
      for (const at of fresh) found.set(at, depth);
      values = fresh.flatMap((at) => valuesAt(joinable.documents[at] as Doc, onwards));
    }
    const rows = [...found].map(([at, depth]) => {
      const row = joinable.documents[at] as Doc;
      return depthField === undefined ? row : { ...row, [String(depthField)]: Long.fromNumber(depth) };
    });
    return setAt(document, String(spec.as).split('.'), rows) as AnyObject;
  });
};
