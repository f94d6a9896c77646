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

/** The newest things that happened to these members, newest first. */
export function newestLines(enrolments: readonly Studied[], most: number): RawLine[] {
  const all = enrolments.flatMap((enrolment) => {
    const moments = Object.entries(enrolment.values).map(([activity, { at }]) => ({ enrolment, activity, at }));
    const { qualifiedAt } = enrolment;
    return qualifiedAt ? [...moments, { enrolment, activity: undefined, at: qualifiedAt.getTime() }] : moments;
  });
  const newest = all.sort((a, b) => b.at - a.at).slice(0, most);
  return newest.map(({ enrolment: { _id, name }, activity, at }) => ({
    enrolment: _id,
    name,
    key: `${_id}|${activity ?? 'qualified'}`,
    at,
    ...(activity === undefined ? { kind: 'qualified' } : { kind: 'activity', activity }),
  }));
}

type Describe = (activity: string, language: Language) => Promise<{ title: string } | undefined>;

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
