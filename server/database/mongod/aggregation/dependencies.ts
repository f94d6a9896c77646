import { fieldsOf } from '../query/conditions.ts';
import { type Doc, isDocument } from '../values/codec.ts';

/**
 * The top-level fields that a pipeline reads before a $group forgets all others; undefined when it may read any. Only these
 * need to be decoded.
 */
export function fieldsRead(stages: readonly Doc[]): Set<string> | undefined {
  const fields = new Set<string>();
  for (const stage of stages) {
    const [name, argument] = Object.entries(stage)[0] ?? ['', undefined];
    if (name === '$match' && isDocument(argument)) {
      const matched = fieldsOf(argument);
      if (matched === undefined) return undefined;
      for (const field of matched) fields.add(field);
    } else if (name === '$unwind') {
      if (!addReferences(argument, fields)) return undefined;
    } else return name === '$group' && addReferences(argument, fields) ? fields : undefined;
  }
  return undefined;
}

/** Adds the fields that an expression refers to; false when it refers to the whole document. */
function addReferences(expression: unknown, fields: Set<string>): boolean {
  if (typeof expression === 'string') {
    if (/^\$\$(ROOT|CURRENT)/.test(expression)) return false;
    if (/^\$[^$]/.test(expression)) fields.add(expression.slice(1).split('.', 1)[0] as string);
    return true;
  }
  if (Array.isArray(expression)) return expression.every((each) => addReferences(each, fields));
  if (!isDocument(expression)) return true;
  return Object.entries(expression).every(([name, each]) => name !== '$getField' && addReferences(each, fields));
}
