import type { CoreHost } from './access.ts';
import type { Batch } from './batch.model.ts';

type Translate = ReturnType<CoreHost['translate']>;
interface AnyRefusal {
  row: number;
  name: string;
  column: string;
  reason: string;
  value?: string | null | undefined;
}

/** A refused row as programs read it, with the reason in the reader's words. */
export const refusalView =
  (t: Translate) =>
  ({ row, name, column, reason, value }: AnyRefusal) => ({
    row,
    name,
    column,
    reason,
    message: t(`reason.${reason}`),
    ...(value && { value }),
  });

/** A checked roster as programs read it: ID numbers are masked. */
export const batchView = (batch: Batch, t: Translate) => ({
  id: batch._id,
  programme: batch.programme,
  fileName: batch.fileName,
  state: batch.state,
  expiresAt: batch.expiresAt,
  accepted: batch.accepted.map(({ row, name, idMasked, organisation, stage, subject, user }) => ({
    ...{ row, name, organisation, stage, subject },
    idNumber: idMasked,
    hasAccount: Boolean(user),
  })),
  refused: batch.refused.map(refusalView(t)),
});
