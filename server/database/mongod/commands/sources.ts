import type { PipelineContext } from '../aggregation/stage.ts';
import type { Step } from '../pauses.ts';
import type { Found } from '../query/scan.ts';
import type { Doc } from '../values/codec.ts';
import { decode, decodeFields } from '../values/decode.ts';
import { type Command, settingsOf, variablesOf } from './context.ts';

/** What the pipelines of a command are compiled with. `constants` are variables beside those of `let`. */
export function pipelineContext(
  command: Command,
  { collation, constants }: { collation?: unknown; constants?: Doc | undefined } = {},
): PipelineContext {
  return {
    settings: settingsOf(command, collation),
    variables: variablesOf(command, constants),
  };
}

/** Found documents, decoded for a pipeline: all of each, or only the fields that it reads. */
export function* decoded(found: Iterable<Step<Found>>, fields?: ReadonlySet<string>): Generator<Step<Doc>> {
  for (const each of found)
    yield each && (fields === undefined ? (each.document ?? decode(each.raw)) : decodeFields(each.raw, fields));
}
