import type { Enrolment } from '#platform';
import { daysOf } from './ahead.ts';
import type { Catalogue } from './catalogue.service.ts';
import type { DayLedger, PresenceDay, ReasonLine } from './day-ledger.ts';
import type { VideoHost } from './plugin.ts';
import type { Reason } from './watch-rules.ts';

interface LostTime extends ReasonLine {
  reason: Reason;
}

interface LessonCredit {
  lesson: string;
  title: { zh: string; en?: string | undefined };
  /** Whether it is still there to be opened. */
  present: boolean;
  credited: number;
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

  constructor(host: VideoHost, catalogue: Catalogue) {
    this.#host = host;
    this.#catalogue = catalogue;
  }

  async days(
    enrolment: Pick<Enrolment, '_id' | 'programme'>,
    page: { skip: number; limit: number },
  ): Promise<{ days: DayCredit[]; total: number }> {
    const { models } = this.#host;
    const [stored, total, courses] = await Promise.all([
      daysOf(models, enrolment, page),
      models.days.countDocuments({ enrolment: enrolment._id }),
      this.#catalogue.courses(enrolment.programme),
    ]);
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
        lost: lostOf(entry.reasons),
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
function lostOf(reasons: Partial<Record<Reason, ReasonLine>>): LostTime[] {
  return Object.entries(reasons)
    .map(([reason, line]) => ({ ...line, reason: reason as Reason }))
    .sort((a, b) => b.seconds - a.seconds);
}
