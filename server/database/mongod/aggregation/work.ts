import { CommandError } from '../errors.ts';
import { checkTime } from '../pauses.ts';

/** Steps between two looks at the clock. */
const STEPS = 64;

/** The longest that expressions may compute without a pause, in milliseconds: nobody else is answered meanwhile. */
const MAX_UNBROKEN = 1000;

/**
 * Guards the loops within expressions: a single document can ask for more work than there is time.
 * @param deadline when the command has to be finished, on the clock of `performance`
 * @returns a function to call for each step, which fails with 50 after the deadline, and with 262 after a second without a pause
 */
export function guardWork(deadline: number | undefined): () => void {
  let steps = 0;
  let since: number | undefined;
  return () => {
    if (++steps % STEPS !== 0) return;
    const now = performance.now();
    checkTime(deadline);
    if (since === undefined) {
      since = now;
      setImmediate(() => {
        since = undefined;
      });
    } else if (now - since > MAX_UNBROKEN)
      throw new CommandError(262, 'ExceededTimeLimit', 'an expression took more than a second for one document');
  };
}
