import { badValue } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { toDouble } from '../values/numeric.ts';
import type { Command } from './context.ts';

interface FailPoint {
  /** How many more times it fires; endless for alwaysOn. */
  times: number;
  skip: number;
  data: Doc;
}

/** What a fail point does to a command. */
export interface Failure {
  block: number;
  close: boolean;
  error: { code: number; labels: string[] | undefined } | undefined;
  writeConcernError: Doc | undefined;
}

/** MongoDB's fail points, as far as tests of drivers need them: failCommand makes chosen commands fail on purpose. */
export class FailPoints {
  private readonly points = new Map<string, FailPoint>();

  configure(body: Doc): Doc {
    const name = body.configureFailPoint;
    if (name !== 'failCommand' && name !== 'onPrimaryTransactionalWrite')
      throw badValue(`unknown fail point ${String(name)}`);
    const { mode, data = {} } = body;
    const known = this.points.get(name);
    this.points.delete(name);
    if (mode === 'off') return { count: known === undefined ? 0 : 1, ok: 1 };
    const times = isDocument(mode) && mode.times !== undefined ? toDouble(mode.times) : Number.POSITIVE_INFINITY;
    const skip = isDocument(mode) && mode.skip !== undefined ? toDouble(mode.skip) : 0;
    if (times > 0) this.points.set(name, { times, skip, data: data as Doc });
    return { count: 0, ok: 1 };
  }

  /** Whether the connection breaks at this retryable write, unless it is a repetition, and whether before it is committed. */
  breakAt(command: Command, isRepetition: () => boolean): 'before' | 'after' | undefined {
    const point = this.points.get('onPrimaryTransactionalWrite');
    const { body, sequences } = command;
    if (point === undefined || body.txnNumber === undefined || body.autocommit !== undefined) return undefined;
    if (!['insert', 'update', 'delete', 'findAndModify', 'bulkWrite'].includes(command.name)) return undefined;
    if (isRepetition()) return undefined;
    const [statements] = sequences.values();
    for (let left = statements?.length ?? 1; left > 0; left--) {
      if (point.skip > 0) {
        point.skip--;
        continue;
      }
      if (--point.times <= 0) this.points.delete('onPrimaryTransactionalWrite');
      return point.data.failBeforeCommitExceptionCode === undefined ? 'after' : 'before';
    }
    return undefined;
  }

  /** What happens to this command; uses the fail point up by one. */
  failureOf(command: Command): Failure | undefined {
    const point = this.points.get('failCommand');
    if (point === undefined) return undefined;
    const { data } = point;
    const wanted = data.failCommands as string[] | undefined;
    const name = command.name === 'isMaster' ? 'ismaster' : command.name;
    if (wanted === undefined || !wanted.some((each) => each === command.name || each === name)) return undefined;
    if (data.appName !== undefined && data.appName !== command.connection.appName) return undefined;
    if (point.skip > 0) {
      point.skip--;
      return undefined;
    }
    if (--point.times <= 0) this.points.delete('failCommand');
    const code = data.errorCode === undefined ? undefined : toDouble(data.errorCode);
    return {
      block: data.blockConnection === true ? toDouble(data.blockTimeMS) : 0,
      close: data.closeConnection === true,
      error: code === undefined ? undefined : { code, labels: data.errorLabels as string[] | undefined },
      writeConcernError: data.writeConcernError as Doc | undefined,
    };
  }
}
