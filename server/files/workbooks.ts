import { AppError } from '../errors.ts';
import { CostsTooMuch, IsolatedWork } from './isolated-work.ts';
import type { Sheet, WorkbookLimits, WorkbookProblem } from './workbook.ts';
import type { WorkbookAnswer, WorkbookTask } from './workbook-reader.ts';

/** 5,000 full rows of a roster are under 8 MB; a sheet of 20,000 formatted ones under 2 MB. */
const limits: WorkbookLimits = {
  bytes: 32 * 2 ** 20,
  rows: 20_000,
  columns: 200,
  cellLength: 32_767,
  characters: 5_000_000,
};
/** A file at the limits takes 3 s alone on a slow machine. */
const cost = { milliseconds: 20_000, heapMegabytes: 512 };

/** Reads spreadsheets (.xlsx, .xlsm, .xlsb, .xls, .ods) and text tables (.csv, .txt) that people send. */
export class Workbooks {
  readonly #work = new IsolatedWork<WorkbookTask, WorkbookAnswer>(
    new URL('./workbook-reader.ts', import.meta.url),
    cost,
  );

  /**
   * The sheets of a file, in their order, known by its content and not by its name.
   * @throws core:workbook-… for what cannot be read, with what to do about it
   */
  async read(file: Buffer): Promise<Sheet[]> {
    const answer = await this.#work.run({ file, limits }).catch((error): WorkbookAnswer => {
      if (error instanceof CostsTooMuch) return { problem: 'too-costly' };
      throw error;
    });
    if ('problem' in answer) throw problem(answer.problem);
    return answer.sheets;
  }

  /** Ends the threads; files under way fail. */
  stop(): Promise<void> {
    return this.#work.stop();
  }
}

const problem = (what: WorkbookProblem): AppError =>
  new AppError(`core:workbook-${what}`, 422, { params: { rows: limits.rows } });
