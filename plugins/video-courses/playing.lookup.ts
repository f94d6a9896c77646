import { AppError, beijingDay, type Viewer } from '#platform';
import type { KeptSessions } from './kept-sessions.ts';
import type { LivePlaying } from './live-playing.ts';
import type { Commits } from './playing.commits.ts';
import type { Report } from './playing.messages.ts';
import type { PlayingStore } from './playing.store.ts';
import type { VideoHost } from './plugin.ts';

interface Deps {
  host: VideoHost;
  store: PlayingStore;
  kept: KeptSessions;
  commits: Commits;
  now(): number;
}

/** What a message says of its session. */
interface Asked {
  token: string;
  lesson?: string;
  enrolment?: string;
}

/** Finds the session that a message belongs to: in memory where this process has it in hand, else in the database. */
export class Lookup {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** The person's session if the token, and lesson and enrolment where given, are its own. */
  async find(viewer: Viewer, asked: Asked, now: number, fresh: boolean): Promise<LivePlaying | undefined> {
    const kept = fresh ? undefined : this.#deps.kept.get(viewer.id);
    if (kept && isOf(kept.live, asked)) return kept.live;
    // Another process may have started the session; a client that guesses tokens makes us look once a second at most.
    if (kept && now - kept.readAt < 1_000) return undefined;
    const live = await this.#deps.store.load(viewer.id, beijingDay(now));
    if (!live) return undefined;
    const takesPart = await this.#takesPart(viewer, live.enrolment);
    this.#deps.kept.keep(takesPart ? live : { ...live, ended: true }, now);
    return isOf(live, asked) ? (this.#deps.kept.get(viewer.id)?.live ?? live) : undefined;
  }

  /** The session that another place took over, for a report of beats that it made before. */
  async superseded(viewer: Viewer, report: Report, now: number): Promise<LivePlaying | undefined> {
    const live = this.#deps.kept.get(viewer.id)?.live;
    const before = live?.before;
    if (!live || before?.playing.token !== report.token) return undefined;
    if (before.lesson !== report.lesson || before.enrolment !== report.enrolment) return undefined;
    if (!(await this.#takesPart(viewer, before.enrolment))) return undefined;
    const saved = live.ahead > 0 ? await this.#deps.commits.save(live, now) : live;
    return this.#deps.store.superseded(saved, beijingDay(now));
  }

  /** The session on the day of a moment; what it holds of another day is put away first. */
  async onDay(live: LivePlaying, moment: number): Promise<LivePlaying> {
    const day = beijingDay(moment);
    if (live.day.day === day) return live;
    const saved = live.ahead > 0 ? await this.#deps.commits.save(live, this.#deps.now()) : live;
    return { ...saved, day: await this.#deps.store.day(live.enrolment, day) };
  }

  async #takesPart(viewer: Viewer, enrolment: string): Promise<boolean> {
    const own = await this.#deps.host.enrolments.ownHead(viewer, enrolment).catch(ignoreNotFound);
    return own !== undefined && own.state !== 'withdrawn';
  }
}

function isOf(live: LivePlaying, { token, lesson = live.lesson, enrolment = live.enrolment }: Asked): boolean {
  return live.playing.token === token && live.lesson === lesson && live.enrolment === enrolment;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof AppError && error.status === 404;
}

function ignoreNotFound(error: unknown): undefined {
  if (isNotFound(error)) return undefined;
  throw error;
}
