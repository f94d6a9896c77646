import { checkMeta } from '../query/sort.ts';
import { type Doc, isDocument } from '../values/codec.ts';

/** The field that carries a document's text score through a pipeline; nobody sees it. */
export const SCORE = '__textScore';

/** Whether stages ask for the text score. */
export const asksForScore = (stages: readonly Doc[]): boolean => JSON.stringify(stages).includes('"$meta"');

/** The same stages with the score taken from its field, which goes in the end. */
export function withScore(stages: readonly Doc[]): Doc[] {
  return [...stages.map(scoredStage), { $unset: SCORE }];
}

function scoredStage(stage: Doc): Doc {
  if (isDocument(stage.$sort)) {
    const keys = Object.entries(stage.$sort).map(([field, direction]) =>
      isMeta(direction) ? [SCORE, -1] : [field, direction],
    );
    return { $sort: Object.fromEntries(keys) };
  }
  const replaced = replace(stage) as Doc;
  const fields = replaced.$project;
  const includes =
    isDocument(fields) && Object.entries(fields).some(([name, value]) => name !== '_id' && value && value !== SCORE);
  return includes ? { $project: { ...fields, [SCORE]: 1 } } : replaced;
}

function isMeta(value: unknown): boolean {
  if (!isDocument(value) || !('$meta' in value)) return false;
  checkMeta(value);
  return true;
}

function replace(value: unknown): unknown {
  if (isMeta(value)) return `$${SCORE}`;
  if (Array.isArray(value)) return value.map(replace);
  if (!isDocument(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, replace(each)]));
}
