import type { CoreHost } from './access.ts';
import type { Batch } from './batch.model.ts';

type Translate = ReturnType<CoreHost['translate']>;
interface AnyProblem {
  column: string;
  reason: string;
  value?: string | null | undefined;
}

/** A problem or warning as programs read it, with the reason in the reader's words. */
const problemView =
  (t: Translate) =>
  ({ column, reason, value }: AnyProblem) => ({
    column,
    reason,
    message: t(`reason.${reason}`),
    ...(value && { value }),
  });

/** A refused row as programs read it, with all that is wrong. */
export const refusalView =
  (t: Translate) =>
  ({ row, name, problems }: { row: number; name: string; problems: readonly AnyProblem[] }) => ({
    row,
    name,
    problems: problems.map(problemView(t)),
  });

/** A checked roster as programs read it: ID numbers are masked. */
export const batchView = (batch: Batch, t: Translate) => ({
  id: batch._id,
  programme: batch.programme,
  fileName: batch.fileName,
  sheet: batch.sheet,
  otherSheets: batch.otherSheets,
  hiddenRows: batch.hiddenRows,
  hiddenTaken: batch.hiddenTaken,
  state: batch.state,
  expiresAt: batch.expiresAt,
  accepted: batch.accepted.map(({ row, name, idMasked, organisation, stage, subject, user, warnings }) => ({
    ...{ row, name, organisation, stage, subject },
    idNumber: idMasked,
    hasAccount: Boolean(user),
    warnings: warnings.map(problemView(t)),
  })),
  refused: batch.refused.map(refusalView(t)),
});
