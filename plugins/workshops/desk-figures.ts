import { byNeed, isActive, needOf, type Standing } from './behind.ts';

/** What the desk shows of a workshop at a glance; also worked out in the browser, from the changes it hears. */
export interface DeskFigures {
  /** Members studying now (see `activeMs`). */
  active: number;
  /** Members of whom something was recorded on this Beijing day. */
  today: number;
  behind: number;
}

const dayMs = 86_400_000;
/** Days since 1970 in Beijing (UTC+8 the year round); without the core's, so that the browser can use it. */
const beijingDayNumber = (at: number): number => Math.floor((at + 8 * 3_600_000) / dayMs);

function studiedToday({ lastAt }: Pick<Standing, 'lastAt'>, now: number): boolean {
  return lastAt !== undefined && beijingDayNumber(lastAt) === beijingDayNumber(now);
}

export function deskFigures(members: Iterable<Standing>, expected: number, now: number): DeskFigures {
  const figures = { active: 0, today: 0, behind: 0 };
  for (const member of members) {
    if (member.state === 'withdrawn') continue;
    if (isActive(member, now)) figures.active += 1;
    if (studiedToday(member, now)) figures.today += 1;
    if (needOf(member, expected) === 'behind') figures.behind += 1;
  }
  return figures;
}

/** A member as the tables need them. */
export interface Member extends Standing {
  id: string;
  name: string;
  school: string;
  /** component id → hundredths */
  components: Record<string, number>;
}

export const memberFilters = ['behind', 'on-track', 'qualified', 'withdrawn', 'active', 'today'] as const;

export interface MemberQuery {
  show?: (typeof memberFilters)[number] | undefined;
  /** Part of the name or school. */
  text?: string | undefined;
  /** `need`, `name`, `total`, `lastAt` or `component:<id>`. */
  sort: string;
  descending: boolean;
}

/** The members that a query asks for, in its order. Ties keep the order by need. */
export function chosenMembers<M extends Member>(
  members: readonly M[],
  query: MemberQuery,
  { expected, now }: { expected: number; now: number },
): M[] {
  const text = query.text?.trim().toLowerCase();
  const wanted = members.filter(
    (member) =>
      matches(member, query.show, { expected, now }) &&
      (!text || `${member.name} ${member.school}`.toLowerCase().includes(text)),
  );
  const key = sortKey(query.sort);
  const sign = query.descending ? -1 : 1;
  return wanted.sort((a, b) => {
    const need = byNeed(a, b, expected) || a.name.localeCompare(b.name, 'zh') || (a.id < b.id ? -1 : 1);
    if (!key) return sign * need;
    const [left, right] = [key(a), key(b)];
    if (typeof left === 'string') return sign * left.localeCompare(String(right), 'zh') || need;
    return sign * (left - Number(right)) || need;
  });
}

function matches(member: Member, show: MemberQuery['show'], at: { expected: number; now: number }): boolean {
  if (!show) return true;
  if (show === 'active') return isActive(member, at.now);
  if (show === 'today') return studiedToday(member, at.now);
  return needOf(member, at.expected) === show;
}

function sortKey(sort: string): ((member: Member) => string | number) | undefined {
  if (sort.startsWith('component:')) return ({ components }) => components[sort.slice('component:'.length)] ?? 0;
  if (sort === 'name') return ({ name }) => name;
  if (sort === 'total') return ({ total }) => total;
  if (sort === 'lastAt') return ({ lastAt }) => lastAt ?? 0;
  return undefined;
}
