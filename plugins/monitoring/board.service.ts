import {
  addDays,
  beijingDay,
  beijingHour,
  covers,
  daysBetween,
  errors,
  type Host,
  idsOf,
  isInTerm,
  type LocalText,
  type Programme,
  type Region,
  type RollUp,
  type RollUpDay,
  regionScopes,
  type Scope,
  scopesOf,
  type Viewer,
} from '#platform';
import { type Attention, attentionOf } from './attention.ts';
import { planOf, progressOf } from './plan.ts';
import { averageOf } from './rates.ts';

/** Part of the tree that a board shows: a region, or one school. */
export interface Place {
  kind: 'region' | 'school';
  id: string;
  name: LocalText;
  /** Region whose room tells changes of it. */
  region: Region;
  /** Regions above that the viewer watches too, from the top. */
  above: { id: string; name: LocalText }[];
}

/** A place directly below the board's, with its sums. */
export interface Unit {
  kind: 'region' | 'school';
  id: string;
  name: LocalText;
  sums: RollUp;
  today: RollUpDay;
  yesterday: RollUpDay;
  /** Hundredths. */
  average: number;
  /** Ten-thousandths of what the end of the term asks for. */
  progress: number;
}

export interface Board {
  at: Date;
  programme: Programme;
  place: Place;
  sums: RollUp;
  /** Seconds of credited video. */
  seconds: number;
  average: number;
  progress: number;
  /** Ten-thousandths of the term that have passed. */
  plan: number;
  /** The last days up to today, in order. */
  days: RollUpDay[];
  units: Unit[];
  /** Regions below that do not take part. */
  absent: LocalText[];
  attention: Attention[];
}

/** Days of the trend at most. */
const trendDays = 30;
const weekMost = 12;
const videoMeasure = 'video-courses/seconds';

/** Boards of regions and schools: a handful of roll-up documents, whatever the number of learners. */
export function createBoards(host: Host) {
  const watchers = host.rolesFor('watch');

  const placeOf = async (
    viewer: Viewer,
    { region, school }: { region?: string | undefined; school?: string | undefined },
  ) => {
    const tree = await host.regions.all();
    if (school) {
      const organisation = await host.regions.organisation(school);
      const home = await host.regions.get(organisation.region);
      const scopes = [...regionScopes(home.path), `organisation:${school}`];
      if (organisation.kind !== 'school' || !covers(viewer, watchers, scopes)) throw errors.notFound();
      return place('school', school, organisation.name, home, home.path);
    }
    const found = region ? tree.get(region) : undefined;
    if (!found || !covers(viewer, watchers, regionScopes(found.path))) throw errors.notFound();
    return place('region', found._id, found.name, found, found.path.slice(0, -1));

    function place(kind: Place['kind'], id: string, name: LocalText, home: Region, path: string[]): Place {
      const watched = path
        .map((code) => tree.get(code))
        .filter((above): above is Region => above !== undefined && covers(viewer, watchers, regionScopes(above.path)));
      return { kind, id, name, region: home, above: watched.map(({ _id, name }) => ({ id: _id, name })) };
    }
  };

  /** Regions below, and the schools that stand directly in the region. */
  const below = async (place: Place, programme: Programme) => {
    if (place.kind === 'school') return { units: [], absent: new Set<string>() };
    const regions = await host.regions.below(place.id);
    const schools = await host.regions.organisationsIn(place.id, 'school');
    const direct = schools.filter(
      ({ region, stages }) => region === place.id && stages.some((stage) => programme.stages.includes(stage as never)),
    );
    const units = [
      ...regions.map(({ _id, name }) => ({ kind: 'region' as const, id: _id, name })),
      ...direct.map(({ _id, name }) => ({ kind: 'school' as const, id: _id, name })),
    ];
    const takesPart = (code: string) => programme.regions.some((joined) => joined === code || isBelow(joined, code));
    const tree = await host.regions.all();
    function isBelow(code: string, above: string): boolean {
      return tree.get(code)?.path.includes(above) ?? false;
    }
    return { units, absent: new Set(regions.map(({ _id }) => _id).filter((code) => !takesPart(code))) };
  };

  /** What stands below a place, with the sums and days of the place itself, in two reads. */
  const read = async (place: Place, programme: Programme, days: { from: string; today: string }) => {
    const { units, absent } = await below(place, programme);
    const scopes = units.map(scopeOf);
    const recent = { from: addDays(days.today, -1), to: days.today };
    const [[sums, ...unitSums], [trend, ...unitDays]] = await Promise.all([
      host.progress.rollUps.of(programme._id, [scopeOf(place), ...scopes]),
      host.progress.rollUps.days(programme._id, [
        { scope: scopeOf(place), from: days.from, to: days.today },
        ...scopes.map((scope) => ({ scope, ...recent })),
      ]),
    ]);
    const all = units.map((unit, index): Unit => {
      const of = unitSums[index] as RollUp;
      const [yesterday, today] = unitDays[index] as [RollUpDay, RollUpDay];
      const progress = progressOf(of, programme.scheme.passMark);
      return { ...unit, sums: of, today, yesterday, average: averageOf(of), progress };
    });
    const isAbsent = (unit: Unit) => unit.sums.enrolled === 0 && absent.has(unit.id);
    return {
      sums: sums as RollUp,
      days: trend as RollUpDay[],
      // Who has to act comes first.
      units: all.filter((unit) => !isAbsent(unit)).sort((a, b) => a.progress - b.progress || a.average - b.average),
      absent: all.filter(isAbsent).map(({ name }) => name),
    };
  };

  return {
    /** Programmes that the viewer may watch. */
    programmes: (viewer: Viewer): Promise<Programme[]> => host.programmes.visibleTo(viewer, watchers),

    /** The region that a viewer sees first in a programme. */
    async home(viewer: Viewer, programme: Programme): Promise<string> {
      const held = scopesOf(viewer, watchers);
      const [own] = held === 'all' ? [] : idsOf(held, 'region');
      return own ?? programme.region;
    },

    /** @throws core:not-found for a programme that does not concern the viewer, or a place outside their scope */
    async board(
      viewer: Viewer,
      {
        programme: id,
        region,
        school,
      }: { programme: string; region?: string | undefined; school?: string | undefined },
      now = Date.now(),
    ): Promise<Board> {
      const [programme, place] = await Promise.all([watched(viewer, id), placeOf(viewer, { region, school })]);
      const today = beijingDay(now);
      const first = beijingDay(programme.term.from);
      const from =
        daysBetween(first, today) < trendDays ? minimum(first, addDays(today, -6)) : addDays(today, 1 - trendDays);
      const { sums, days, units, absent } = await read(place, programme, { from, today });
      const plan = planOf(programme.term, now);
      const average = averageOf(sums);
      return {
        at: new Date(now),
        programme,
        place,
        sums,
        seconds: sums.measures[videoMeasure] ?? 0,
        average,
        progress: progressOf(sums, programme.scheme.passMark),
        plan,
        days,
        units,
        absent,
        attention: attentionOf(units.map(stateOf), {
          plan,
          average,
          hour: beijingHour(now),
          inTerm: isInTerm(programme, now),
          enrolmentOpen: programme.state === 'open' && now < programme.term.enrolUntil.getTime(),
        }),
      };
    },

    /**
     * Minutes per enrolled learner, by unit and week of the term (weeks start on the weekday of its first day).
     * At most the last twelve weeks. @throws core:not-found
     */
    async weeks(viewer: Viewer, { programme: id, region }: { programme: string; region: string }, now = Date.now()) {
      const [programme, place] = await Promise.all([watched(viewer, id), placeOf(viewer, { region })]);
      const today = beijingDay(now);
      const start = beijingDay(programme.term.from);
      const last = minimum(today, beijingDay(programme.term.to.getTime() - 1));
      const count = Math.max(0, Math.floor(daysBetween(start, last) / 7) + 1);
      const firstWeek = Math.max(0, count - weekMost);
      const from = addDays(start, firstWeek * 7);
      const { units } = await read(place, programme, { from: today, today });
      const spans = units.map((unit) => ({ scope: scopeOf(unit), from, to: last }));
      const days = count > 0 ? await host.progress.rollUps.days(id, spans) : [];
      const rows = units.map((unit, index) => ({ unit, minutes: weekly(days[index] ?? [], unit.sums.enrolled) }));
      const weeks = Array.from({ length: count - firstWeek }, (_, index) => ({
        number: firstWeek + index + 1,
        from: addDays(from, index * 7),
      }));
      return { at: new Date(now), programme, place, weeks, rows };
    },
  };

  async function watched(viewer: Viewer, id: string): Promise<Programme> {
    const found = (await host.programmes.visibleTo(viewer, watchers)).find((programme) => programme._id === id);
    if (!found) throw errors.notFound();
    return found;
  }
}

export type Boards = ReturnType<typeof createBoards>;

const scopeOf = ({ kind, id }: { kind: 'region' | 'school'; id: string }): Scope =>
  kind === 'school' ? `organisation:${id}` : `region:${id}`;

const minimum = (a: string, b: string): string => (a < b ? a : b);

function stateOf({ id, sums, today, yesterday, average, progress }: Unit) {
  return {
    id,
    enrolled: sums.enrolled,
    notStarted: sums.counts.enrolled,
    activeToday: today.active,
    activeYesterday: yesterday.active,
    average,
    progress,
  };
}

/** Minutes per learner of each run of seven days. */
function weekly(days: RollUpDay[], enrolled: number): number[] {
  const seconds: number[] = [];
  for (const [index, day] of days.entries()) {
    const week = Math.floor(index / 7);
    seconds[week] = (seconds[week] ?? 0) + (day.measures[videoMeasure] ?? 0);
  }
  return seconds.map((sum) => (enrolled > 0 ? Math.floor(sum / 6 / enrolled) / 10 : 0));
}
