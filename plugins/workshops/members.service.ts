import { trusted } from 'mongoose';
import {
  type ComponentScore,
  type Enrolment,
  errors,
  type Host,
  type Language,
  localText,
  type Missing,
  type Programme,
  unscoped,
} from '#platform';
import { activeMs, defaultGracePercent, expectedTotal } from './behind.ts';
import type { Member } from './desk-figures.ts';
import type { Workshop } from './workshop.service.ts';
import type { WorkshopAccess } from './workshop-access.ts';

type Core = Pick<Host, 'enrolments' | 'programmes' | 'progress' | 'regions' | 'translate'>;

/** A component of the scheme as the desk shows it. */
export interface ComponentHead {
  id: string;
  label: string;
  /** Hundredths. */
  max: number;
}

export interface RosterMember extends Member {
  learner: string;
  /** Grows with every change of the enrolment. */
  rev: number;
}

/** Everything the desk knows of a workshop's members. */
export interface Roster {
  programme: Programme;
  components: ComponentHead[];
  /** Hundredths expected of a member now (see `behind.ts`). */
  expected: number;
  members: RosterMember[];
}

export interface MemberResult {
  enrolment: Enrolment;
  school: string;
  programme: Programme;
  expected: number;
  components: (ComponentHead & ComponentScore & { unit: string; scale: number; full: number; minimum?: number })[];
  missing: Missing[];
  /** The newest first; activities that are gone are left out. */
  recent: { title: string; href: string; at: Date }[];
}

/** A workshop has some fifty members; this bound only keeps a mistake from filling the memory. */
const mostMembers = 2_000;
const recentActivities = 10;

/** Reads the members of workshops. Callers have checked with `WorkshopAccess` that the viewer may look. */
export class Members {
  readonly #access: WorkshopAccess;
  readonly #core: Core;

  constructor(access: WorkshopAccess, core: Core) {
    this.#access = access;
    this.#core = core;
  }

  async roster(workshop: Workshop, language: Language, now: number): Promise<Roster> {
    const { enrolments, regions, programmes } = this.#core;
    const [programme, rows] = await Promise.all([
      programmes.get(workshop.programme),
      enrolments.roster(this.#access.membersOf(workshop), mostMembers),
    ]);
    const schools = await regions.organisationsByIds([...new Set(rows.map(({ organisation }) => organisation))]);
    const names = new Map(schools.map(({ _id, name }) => [_id, localText(name, language)]));
    return {
      programme,
      components: this.#heads(programme, language),
      expected: expectedOf(programme, now),
      members: rows.map(({ _id, rev, learner, name, organisation, state, total, components, lastAt }) => ({
        id: _id,
        rev,
        learner,
        name,
        school: names.get(organisation) ?? organisation,
        state,
        total,
        components,
        ...(lastAt && { lastAt: lastAt.getTime() }),
      })),
    };
  }

  /** @throws core:not-found where the enrolment is not in the workshop */
  async get(workshop: Workshop, id: string): Promise<Enrolment> {
    return this.#core.enrolments.get(id, this.#access.membersOf(workshop));
  }

  /** Those of the ids that are in the workshop and have not left. @throws core:not-found where one is not */
  async those(workshop: Workshop, ids: string[]): Promise<Enrolment[]> {
    const found = await this.#core.enrolments.byIds(ids, this.#access.membersOf(workshop));
    const present = found.filter(({ state }) => state !== 'withdrawn');
    if (present.length !== new Set(ids).size) throw errors.notFound();
    return present;
  }

  async result(workshop: Workshop, id: string, language: Language, now: number): Promise<MemberResult> {
    const { programmes, progress, regions } = this.#core;
    const enrolment = await this.get(workshop, id);
    const [current, { components, missing, scheme }, organisation, recent] = await Promise.all([
      programmes.get(workshop.programme),
      progress.resultOf(enrolment),
      regions.organisation(enrolment.organisation),
      this.#recent(enrolment, language),
    ]);
    const programme = { ...current, scheme };
    const heads = this.#heads(programme, language);
    const t = this.#core.translate(language);
    return {
      enrolment,
      programme,
      school: localText(organisation.name, language),
      expected: expectedOf(programme, now),
      missing,
      recent,
      components: programme.scheme.components.map((component, index) => {
        const measure = progress.measures.get(component.measure);
        return {
          ...components[index]!,
          ...heads[index]!,
          // What was earned stays, also where a value fell afterwards.
          score: enrolment.components[component.id] ?? components[index]!.score,
          unit: measure ? t(`${measure.plugin}:${measure.unit}`) : '',
          scale: measure?.scale ?? 1,
          full: component.full,
          ...(component.minimum !== undefined && { minimum: component.minimum }),
        };
      }),
    };
  }

  /** Members of whom something was recorded within the last two minutes. */
  active(workshop: Workshop, now: number): Promise<number> {
    const since = trusted({ $gte: new Date(now - activeMs) });
    return this.#core.enrolments.count(
      unscoped({
        ...this.#access.membersOf(workshop),
        $and: [{ lastAt: since }, { state: trusted({ $ne: 'withdrawn' }) }],
      }),
    );
  }

  /** Where an activity is found, for people; undefined where it is gone. */
  readonly describe = (activity: string, language: Language): Promise<{ title: string; href: string } | undefined> =>
    this.#core.progress.measures.describe(activity, language);

  async #recent(enrolment: Enrolment, language: Language): Promise<MemberResult['recent']> {
    const newest = Object.entries(enrolment.values)
      .sort(([, a], [, b]) => b.at - a.at)
      .slice(0, recentActivities);
    const described = await Promise.all(
      newest.map(async ([activity, { at }]) => ({ at: new Date(at), about: await this.describe(activity, language) })),
    );
    return described.flatMap(({ at, about }) => (about ? [{ ...about, at }] : []));
  }

  #heads(programme: Programme, language: Language): ComponentHead[] {
    const t = this.#core.translate(language);
    return programme.scheme.components.map(({ id, measure, weight }) => {
      const known = this.#core.progress.measures.get(measure);
      return { id, label: known ? t(`${known.plugin}:${known.label}`) : id, max: weight * 100 };
    });
  }
}

/** The total expected now of this programme's learners, in hundredths. */
function expectedOf({ term, scheme, settings }: Programme, now: number): number {
  const own = (settings as { workshops?: { gracePercent?: unknown } } | undefined)?.workshops?.gracePercent;
  return expectedTotal(term, scheme.passMark, now, typeof own === 'number' ? own : defaultGracePercent);
}
