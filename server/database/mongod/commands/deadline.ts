import { badValue } from '../errors.ts';
import { checkTime } from '../pauses.ts';
import type { Matcher } from '../query/matcher.ts';
import type { Doc } from '../values/codec.ts';
import { toDouble } from '../values/numeric.ts';

/** How many documents are looked at between two looks at the clock. */
const STEP = 64;

/** When a command with maxTimeMS has to give up, on the clock of `performance`. */
export function deadlineOf({ body, name }: { body: Doc; name: string }): number | undefined {
  if (body.maxTimeMS === undefined || name === 'getMore') return undefined;
  const limit = toDouble(body.maxTimeMS);
  if (!(limit >= 0)) throw badValue(`${String(body.maxTimeMS)} value for maxTimeMS is out of range`);
  return limit === 0 ? undefined : performance.now() + limit;
}

/** A matcher that fails when the time of its command is over; later batches of a cursor have no limit. */
export function withinTime(matches: Matcher, command: { deadline?: number | undefined }): Matcher {
  if (command.deadline === undefined) return matches;
  let seen = 0;
  return (document) => {
    if (++seen % STEP === 0) checkTime(command.deadline);
    return matches(document);
  };
}
