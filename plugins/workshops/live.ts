import type { CommittedChange, Enrolment, Host, Language } from '#platform';
import { described, lastMoments, linesOf, type Moment, newestLines, type RawLine, titled } from './feed.ts';
import type { Members, RosterMember } from './members.service.ts';
import type { Workshop } from './workshop.service.ts';
import type { WorkshopAccess } from './workshop-access.ts';

/** What a desk is told of one member; `lastAt` in epoch ms. */
export interface MemberUpdate {
  total: number;
  components: Record<string, number>;
  state: Enrolment['state'];
  lastAt: number | undefined;
}

/** Lines that one message to a desk carries at most; a desk shows hardly more. */
const mostLines = 12;
/** Members whose last moments are kept at most. */
const mostKept = 2_000;

interface Deps {
  members: Members;
  access: WorkshopAccess;
  core: Pick<Host, 'publish' | 'enrolments' | 'log'>;
}

/** Keeps the desks of workshops moving: the members' rows and the feed of what happens. */
export class LiveDesk {
  readonly #deps: Deps;
  /** workshop → what happened since its last message, newest last */
  readonly #waiting = new Map<string, RawLine[]>();
  /** enrolment → what its member did last, as of the revision that it was read at */
  readonly #moments = new Map<string, { rev: number; moments: Moment[] }>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Tells the rooms of the workshops what a commit changed. */
  committed(changes: readonly CommittedChange[]): void {
    for (const change of changes) {
      const { before, after } = change;
      if (before.workshop !== after.workshop) this.#membership(before.workshop, after.workshop);
      if (!after.workshop) continue;
      const room = `workshop:${after.workshop}`;
      if (!this.#deps.core.publish(room, `member/${after._id}`, updateOf(after))) continue;
      const lines = linesOf(change);
      if (lines.length > 0) this.#gather(after.workshop, lines);
    }
  }

  /** The newest things that happened in a workshop, newest first; only who has changed since the last time is read. */
  async feed(
    workshop: Workshop,
    members: readonly Pick<RosterMember, 'id' | 'name' | 'rev' | 'lastAt'>[],
    language: Language,
  ) {
    const active = members.filter(({ lastAt }) => lastAt !== undefined).sort((a, b) => b.lastAt! - a.lastAt!);
    const newest = active.slice(0, mostLines);
    const moments = new Map<string, Moment[]>();
    for (const { id, rev } of newest) {
      const kept = this.#moments.get(id);
      if (kept && kept.rev >= rev) moments.set(id, kept.moments);
    }
    const changed = newest.filter(({ id }) => !moments.has(id)).map(({ id }) => id);
    const { access, core } = this.#deps;
    const found = changed.length > 0 ? await core.enrolments.studied(changed, access.membersOf(workshop)) : [];
    for (const studied of found) {
      const last = lastMoments(studied, mostLines);
      moments.set(studied._id, last);
      if (this.#moments.size >= mostKept) this.#moments.clear();
      this.#moments.set(studied._id, { rev: studied.rev, moments: last });
    }
    const people = newest.map(({ id, name }) => ({ id, name, moments: moments.get(id) ?? [] }));
    return titled(newestLines(people, mostLines), language, this.#deps.members.describe);
  }

  #membership(...workshops: (string | undefined)[]): void {
    for (const workshop of workshops) {
      if (workshop) this.#deps.core.publish(`workshop:${workshop}`, 'membership', Date.now());
    }
  }

  #gather(workshop: string, lines: RawLine[]): void {
    const waiting = [...(this.#waiting.get(workshop) ?? []), ...lines].slice(-mostLines);
    this.#waiting.set(workshop, waiting);
    this.#deps.core.publish(`workshop:${workshop}`, 'feed', async () => {
      const taken = this.#waiting.get(workshop) ?? [];
      this.#waiting.delete(workshop);
      return described(taken, this.#deps.members.describe).catch((error) => {
        // The rows travel in the same message and must not wait for a title.
        this.#deps.core.log.error({ err: error, workshop }, 'the feed could not be described');
        return [];
      });
    });
  }
}

function updateOf({ total, components, state, lastAt }: Enrolment): MemberUpdate {
  return { total, components, state, lastAt: lastAt?.getTime() };
}
