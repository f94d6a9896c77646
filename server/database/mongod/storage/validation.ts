import { CommandError } from '../errors.ts';
import { compileSchema } from '../query/json-schema.ts';
import type { Doc } from '../values/codec.ts';
import type { Collection } from './catalog.ts';
import { compiled } from './index-entries.ts';

/**
 * Refuses a document that does not fulfil its collection's validator.
 * @param before the document as it was: level `moderate` leaves alone what did not fulfil it before
 */
export function checkValidator({ options, namespace }: Collection, document: Doc, before?: Doc): void {
  const { validator, validationAction, validationLevel } = options;
  if (validationLevel === 'off') return;
  const fulfils = compiled(validator as Doc);
  if (fulfils(document)) return;
  if (validationLevel === 'moderate' && before !== undefined && !fulfils(before)) return;
  if (validationAction === 'warn') {
    process.stdout.write(`Document would fail validation: ${namespace} _id ${String(document._id)}\n`);
    return;
  }
  throw new CommandError(121, 'DocumentValidationFailure', 'Document failed validation', {
    errInfo: { failingDocumentId: document._id, details: detailsOf(validator as Doc, document) },
  });
}

/** The first of the validator's operators that the document does not fulfil, with MongoDB's details for a schema. */
function detailsOf(validator: Doc, document: Doc): Doc {
  for (const [name, operand] of Object.entries(validator)) {
    if (name === '$jsonSchema') {
      const schemaRulesNotSatisfied = compileSchema(operand)(document);
      const { title, description } = operand as Doc;
      const about = {
        ...(title === undefined ? {} : { title }),
        ...(description === undefined ? {} : { description }),
      };
      if (schemaRulesNotSatisfied.length > 0) return { operatorName: name, ...about, schemaRulesNotSatisfied };
    } else if (!compiled({ [name]: operand })(document)) {
      return { operatorName: name, specifiedAs: { [name]: operand }, reason: 'expression did not match' };
    }
  }
  return {};
}
