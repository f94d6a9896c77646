import { beijingDay, type Host, type Language, localText } from '#platform';
import type { Workshop, Workshops } from './workshop.service.ts';

/** A workshop among others, as its programme's managers compare them. */
export interface OverviewRow {
  id: string;
  name: string;
  stage: Workshop['stage'];
  subject: Workshop['subject'];
  /** User id and name. */
  moderator: { id: string; name: string };
  members: number;
  /** Members who were active on this Beijing day. */
  today: number;
  /** Sum of the members' totals in hundredths. */
  total: number;
  qualified: number;
}

/** Every workshop of a programme with its sums: three queries, whatever the number of learners. */
export async function overview(
  programme: string,
  language: Language,
  { workshops, core }: { workshops: Workshops; core: Pick<Host, 'progress' | 'accounts'> },
): Promise<OverviewRow[]> {
  const list = await workshops.ofProgramme(programme);
  const scopes = list.map(({ _id }) => `workshop:${_id}`);
  const { rollUps } = core.progress;
  const today = beijingDay(Date.now());
  const [sums, days, people] = await Promise.all([
    rollUps.of(programme, scopes),
    rollUps.days(
      programme,
      scopes.map((scope) => ({ scope, from: today, to: today })),
    ),
    core.accounts.byIds([...new Set(list.map(({ moderator }) => moderator))], ['name']),
  ]);
  const names = new Map(people.map(({ _id, name }) => [_id, name]));
  return list.map((workshop, index) => ({
    id: workshop._id,
    name: localText(workshop.name, language),
    stage: workshop.stage,
    subject: workshop.subject,
    moderator: { id: workshop.moderator, name: names.get(workshop.moderator) ?? '' },
    members: sums[index]!.enrolled,
    today: days[index]![0]!.active,
    total: sums[index]!.total,
    qualified: sums[index]!.counts.qualified,
  }));
}

type SortKey = 'name' | 'members' | 'today' | 'average' | 'qualified';
export const overviewSorts: readonly SortKey[] = ['name', 'members', 'today', 'average', 'qualified'];

/** Average total in hundredths, cut down; 0 for an empty workshop. */
export const average = ({ total, members }: Pick<OverviewRow, 'total' | 'members'>): number =>
  members > 0 ? Math.floor(total / members) : 0;

/** In a new order; where nothing is asked, by stage and subject as stored. */
export function sortOverview(rows: OverviewRow[], sort: SortKey | undefined, descending: boolean): OverviewRow[] {
  if (!sort) return rows;
  const sign = descending ? -1 : 1;
  const value = (row: OverviewRow) => (sort === 'average' ? average(row) : row[sort]);
  return [...rows].sort((a, b) => {
    const [left, right] = [value(a), value(b)];
    return sign * (typeof left === 'string' ? left.localeCompare(String(right), 'zh') : left - Number(right));
  });
}
