import { beijingDay, daysBetween, type Enrolment } from '#platform';
import { daysOf, watchesOf } from './ahead.ts';
import type { StoredAppeal } from './appeal.model.ts';
import { type Appeals, appealable, notDeclined } from './appeals.service.ts';
import type { Catalogue } from './catalogue.service.ts';
import type { DayLedger, PresenceDay, ReasonLine } from './day-ledger.ts';
import type { VideoHost } from './plugin.ts';
import { rulesOf } from './programme-rules.ts';
import type { Ranges } from './ranges.ts';
import { openSeconds, stillOpen } from './watch-grant.ts';
import type { Reason } from './watch-rules.ts';
import { emptyRecord, type WatchRecord } from './watch-time.ts';

interface LostTime extends ReasonLine {
  reason: Reason;
  /** Of the stretches, what is still not credited, in media milliseconds. */
  open: Ranges;
  /** Whole seconds that the lesson would gain by that. */
  openSeconds: number;
  /** Whether the learner may ask a moderator to judge it. */
  mayAppeal: boolean;
  appeals: StoredAppeal[];
}

interface LessonCredit {
  lesson: string;
  title: { zh: string; en?: string | undefined };
  /** Whether it is still there to be opened. */
  present: boolean;
  credited: number;
  /** Of these, seconds that a moderator granted. */
  granted: number;
  lost: LostTime[];
}

export interface DayCredit {
  day: string;
  credited: number;
  presence: PresenceDay & { missed: number };
  lessons: LessonCredit[];
}

/** Why seconds were not credited: an enrolment's days, the newest first. */
export class CreditService {
  readonly #host: VideoHost;
  readonly #catalogue: Catalogue;

  readonly #appeals: Appeals;
  readonly #now: () => number;

  constructor(deps: { host: VideoHost; catalogue: Catalogue; appeals: Appeals; now(): number }) {
    this.#host = deps.host;
    this.#catalogue = deps.catalogue;
    this.#appeals = deps.appeals;
    this.#now = deps.now;
  }

  async days(
    enrolment: Pick<Enrolment, '_id' | 'programme'>,
    page: { skip: number; limit: number },
  ): Promise<{ days: DayCredit[]; total: number }> {
    const { models } = this.#host;
    const [stored, total, courses, watches, appeals, programme] = await Promise.all([
      daysOf(models, enrolment, page),
      models.days.countDocuments({ enrolment: enrolment._id }),
      this.#catalogue.courses(enrolment.programme),
      watchesOf(models, enrolment),
      this.#appeals.of(enrolment),
      this.#host.programmes.get(enrolment.programme),
    ]);
    const { withinDays } = rulesOf(programme).appeals;
    const records = new Map(watches.map((watch) => [watch.lesson, watch]));
    const lessons = new Map(courses.flatMap((course) => course.lessons).map((lesson) => [lesson.id, lesson]));
    const result = stored.map(({ day, credited, presence, lessons: byLesson }) => ({
      day,
      credited,
      presence: presenceOf(presence as Partial<PresenceDay> | undefined),
      lessons: Object.entries((byLesson ?? {}) as DayLedger['lessons']).map(([id, entry]) => ({
        lesson: id,
        title: lessons.get(id)?.title ?? { zh: id },
        present: lessons.has(id),
        credited: entry.credited,
        granted: entry.granted ?? 0,
        lost: lostOf(entry.reasons, {
          record: records.get(id) ?? emptyRecord(),
          appeals: appeals.filter((appeal) => appeal.day === day && appeal.lesson === id),
          inTime: daysBetween(day, beijingDay(this.#now())) <= withinDays,
        }),
      })),
    }));
    return { days: result, total };
  }
}

function presenceOf(stored: Partial<PresenceDay> | undefined): DayCredit['presence'] {
  const presence = { asked: 0, answered: 0, late: 0, checks: [], ...stored };
  return { ...presence, missed: Math.max(0, presence.asked - presence.answered) };
}

/** The costliest reason first. */
function lostOf(
  reasons: Partial<Record<Reason, ReasonLine>>,
  { record, appeals, inTime }: { record: WatchRecord; appeals: StoredAppeal[]; inTime: boolean },
): LostTime[] {
  return Object.entries(reasons)
    .map(([name, line]) => {
      const reason = name as Reason;
      const open = stillOpen(record, line.stretches);
      const made = appeals.filter((appeal) => appeal.reason === reason);
      const judgeable = openSeconds(record, notDeclined(open, made));
      const waits = made.some(({ state }) => state === 'open');
      const mayAppeal = inTime && judgeable > 0 && !waits && appealable.includes(reason);
      return { ...line, reason, open, openSeconds: openSeconds(record, open), mayAppeal, appeals: made };
    })
    .sort((a, b) => b.seconds - a.seconds);
}
