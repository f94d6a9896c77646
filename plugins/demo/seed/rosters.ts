import writeXlsxFile from 'write-excel-file/node';
import { groupBy } from '#platform';
import { demoPassword } from '../accounts.ts';
import { type Learner, rosterColumns, rosterRow } from '../data/learners.ts';
import { schools } from '../data/organisations.ts';
import { signIn } from '../http-client.ts';
import { administratorOf } from './people.ts';

/** Schools at work at the same time. */
const AT_ONCE = 4;

interface Batch {
  id: string;
  accepted: unknown[];
  refused: { row: number; problems: { message: string }[] }[];
}

/**
 * Enrols the learners as their schools do: each school's administrator signs in, uploads an .xlsx per programme, looks at
 * the dry run and confirms it.
 * @param programmes `senior` or `basic` → programme
 * @returns how many were enrolled
 * @throws Error where a row is refused
 */
export async function uploadRosters(
  url: string,
  learners: readonly Learner[],
  programmes: ReadonlyMap<string, string>,
): Promise<number> {
  const bySchool = [...groupBy(learners, ({ school }) => school)];
  let enrolled = 0;
  const worker = async () => {
    for (let next = bySchool.shift(); next; next = bySchool.shift()) {
      const [school, staff] = next;
      enrolled += await uploadSchool(url, school, staff, programmes);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return enrolled;
}

async function uploadSchool(
  url: string,
  school: string,
  staff: readonly Learner[],
  programmes: ReadonlyMap<string, string>,
): Promise<number> {
  const administrator = await signIn(url, administratorOf(school), demoPassword);
  let enrolled = 0;
  for (const [id, learners] of groupBy(staff, ({ programme }) => programme)) {
    const form = new FormData();
    form.set('file', new Blob([await rosterFile(learners)]), `${school}-${id}.xlsx`);
    const batch = await administrator.upload<Batch>(`/enrolment/rosters?programme=${programmes.get(id)}`, form);
    const [refused] = batch.refused;
    if (refused) throw new Error(`roster of ${school}: row ${refused.row}: ${refused.problems[0]?.message}`);
    const done = await administrator.post<{ enrolled: number }>(`/api/v1/enrolment/rosters/${batch.id}/confirm`, {});
    enrolled += done.enrolled;
  }
  return enrolled;
}

/** A workbook as an administrator would fill it in. */
async function rosterFile(learners: readonly Learner[]): Promise<Buffer> {
  const rows = learners.map((learner) => {
    const row = rosterRow(learner, schools);
    return rosterColumns.map((column) => ({ value: row[column], type: String }));
  });
  const header = rosterColumns.map((value) => ({ value, type: String, fontWeight: 'bold' as const }));
  return writeXlsxFile([header, ...rows]).toBuffer();
}
