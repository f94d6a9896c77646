import { type CommittedChange, type Language, type LocalText, languages, type Studied } from '#platform';

/** One thing that happened in a workshop. `key` is the same for the same member and thing, so that it moves up instead of repeating. */
export interface FeedLine {
  key: string;
  enrolment: string;
  name: string;
  kind: 'activity' | 'qualified';
  /** Title of the activity. */
  title?: LocalText | undefined;
  /** Epoch ms. */
  at: number;
}

/** A line whose activity is not described yet. */
export interface RawLine extends Omit<FeedLine, 'title'> {
  activity?: string;
}

/** What one committed change adds to the feed: each activity whose value moved, and the qualification. */
export function linesOf({ before, after }: CommittedChange): RawLine[] {
  const person = { enrolment: after._id, name: after.name };
  const lines: RawLine[] = [];
  for (const activity in after.values) {
    const { value, at } = after.values[activity]!;
    if (before.values[activity]?.value === value) continue;
    lines.push({ ...person, key: `${after._id}|${activity}`, kind: 'activity', activity, at });
  }
  if (after.state === 'qualified' && before.state !== 'qualified') {
    lines.push({
      ...person,
      key: `${after._id}|qualified`,
      kind: 'qualified',
      at: after.qualifiedAt?.getTime() ?? Date.now(),
    });
  }
  return lines;
}

/** Something that a member did, or, without an activity, that they qualified; `at` in epoch ms. */
export interface Moment {
  activity?: string;
  at: number;
}

/** What somebody did last, newest first. */
export function lastMoments({ values, qualifiedAt }: Studied, most: number): Moment[] {
  const moments: Moment[] = Object.entries(values).map(([activity, { at }]) => ({ activity, at }));
  if (qualifiedAt) moments.push({ at: qualifiedAt.getTime() });
  return moments.sort((a, b) => b.at - a.at).slice(0, most);
}

/** The newest things that happened to these members, newest first. */
export function newestLines(
  members: readonly { id: string; name: string; moments: readonly Moment[] }[],
  most: number,
): RawLine[] {
  const all = members.flatMap(({ id, name, moments }) => moments.map((moment) => ({ id, name, ...moment })));
  const newest = all.sort((a, b) => b.at - a.at).slice(0, most);
  return newest.map(({ id, name, activity, at }) => ({
    enrolment: id,
    name,
    key: `${id}|${activity ?? 'qualified'}`,
    at,
    ...(activity === undefined ? { kind: 'qualified' } : { kind: 'activity', activity }),
  }));
}

type Describe = (activity: string, language: Language) => Promise<{ title: string } | undefined>;

/** With titles for one reader; lines of activities that are gone are left out. */
export async function titled(
  lines: readonly RawLine[],
  language: Language,
  describe: Describe,
): Promise<(Omit<FeedLine, 'title'> & { title?: string })[]> {
  const all = await Promise.all(
    lines.map(async ({ activity, ...line }) => {
      if (activity === undefined) return [line];
      const about = await describe(activity, language);
      return about ? [{ ...line, title: about.title }] : [];
    }),
  );
  return all.flat();
}

/** With titles in every language, so that one message serves all readers; lines of activities that are gone are left out. */
export async function described(lines: readonly RawLine[], describe: Describe): Promise<FeedLine[]> {
  const all = await Promise.all(
    lines.map(async ({ activity, ...line }): Promise<FeedLine[]> => {
      if (activity === undefined) return [line];
      const [zh, en] = await Promise.all(languages.map((language) => describe(activity, language)));
      return zh ? [{ ...line, title: { zh: zh.title, ...(en && { en: en.title }) } }] : [];
    }),
  );
  return all.flat();
}
