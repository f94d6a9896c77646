import type { Migration } from '#platform';

interface OldRefusal {
  row: number;
  name: string;
  column?: string;
  reason?: string;
  value?: string;
}

/** A refused row has all of its problems; before, it had its first. */
const allProblems: Migration = {
  id: '2026-12-all-problems-of-a-row',
  async up(db) {
    const batches = db.collection<{ _id: string; refused: OldRefusal[]; result?: { refused: OldRefusal[] } }>(
      'enrolment_batches',
    );
    const listed = (refused: OldRefusal[]) =>
      refused.map(({ row, name, column, reason, value, ...rest }) =>
        column ? { row, name, problems: [{ column, reason, ...(value && { value }) }] } : { row, name, ...rest },
      );
    for await (const { _id, refused, result } of batches.find()) {
      const change = {
        refused: listed(refused ?? []),
        ...(result && { 'result.refused': listed(result.refused ?? []) }),
      };
      await batches.updateOne({ _id }, { $set: change as never });
    }
  },
};

export const migrations = [allProblems];
