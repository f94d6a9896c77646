import type { Doc } from '../values/codec.ts';

/** Errors after which a write may be sent again. */
const retryableWrites = new Set([6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);

/** Errors after which a whole transaction may be tried again. */
const transient = new Set([24, 112, 239, 246, 251, 267]);

/** Whether a command ends a transaction. */
export const endsTransaction = (name: string) => name === 'commitTransaction' || name === 'abortTransaction';

/** The labels that a server adds to an error, so that drivers know what may be tried again. */
export function errorLabels(name: string, body: Doc, code: number, isWriteConcernError: boolean): string[] {
  const inTransaction = body.autocommit === false;
  const labels: string[] = [];
  if (inTransaction && !isWriteConcernError) {
    const retriable = retryableWrites.has(code) && !endsTransaction(name);
    if (transient.has(code) || retriable) labels.push('TransientTransactionError');
  }
  const retryableCommand = body.txnNumber !== undefined && (!inTransaction || endsTransaction(name));
  if (retryableCommand && retryableWrites.has(code)) labels.push('RetryableWriteError');
  return labels;
}
