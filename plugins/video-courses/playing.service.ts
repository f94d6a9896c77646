import {
  AppError,
  beijingDay,
  type Enrolment,
  errors,
  type Language,
  localText,
  own,
  type Programme,
  type Viewer,
} from '#platform';
import type { Access } from './access.ts';
import { BeatCounters } from './beat-counters.ts';
import type { Catalogue, Lesson } from './catalogue.service.ts';
import { noteBeat, notePresenceAnswer, notePresenceAsked } from './day-ledger.ts';
import { Lanes } from './lanes.ts';
import type { Report, ReportReply, StartReply, StartWish } from './playing.messages.ts';
import { isDuplicate, type LivePlaying, newSecret, PlayingStore, StaleSession } from './playing.store.ts';
import { startSession } from './playing-session.ts';
import { lessonActivity, type VideoHost } from './plugin.ts';
import { answerPresence, askPresence, extendPresence, isPresenceDue } from './presence.ts';
import { checkOf, hashOf, random, tokenOf } from './presence-token.ts';
import { rulesOf, termOf } from './programme-rules.ts';
import { coveredSeconds } from './ranges.ts';
import { standingOf } from './standing.ts';
import type { Reason, WatchRules } from './watch-rules.ts';
import { credit, type Uncredited } from './watch-time.ts';

/** A player that was silent for this long is taken to be away: another one starts without asking. */
const AWAY_MS = 45_000;
/** Sessions of people who have gone are forgotten after this; the database keeps them. */
const KEPT_MS = 5 * 60_000;
const MOST_TRIES = 4;

interface Deps {
  host: VideoHost;
  catalogue: Catalogue;
  access: Access;
  now(): number;
}

/** Everything a beat is judged by. */
interface Setting {
  lesson: Lesson;
  programme: Programme;
  rules: WatchRules;
  now: number;
}

/**
 * Playing, from the first beat to the last. Each person's messages are handled one after the other; a session is kept in
 * memory between them, and its revision in the database decides where several server processes serve one person.
 */
export class Playing {
  readonly counters = new BeatCounters();
  readonly #deps: Deps;
  readonly #store: PlayingStore;
  readonly #lanes = new Lanes();
  readonly #kept = new Map<string, { live: LivePlaying; readAt: number }>();

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#store = new PlayingStore(deps.host.models);
  }

  /**
   * Starts a playing session, or says where the person is playing already.
   * @throws core:not-found where the viewer does not study the lesson
   */
  start(viewer: Viewer, wish: StartWish, language: Language): Promise<StartReply> {
    return this.#inLane(viewer, async () => {
      const { lesson, rules, now } = await this.#setting(wish.lesson);
      const enrolment = await this.#deps.access.study(viewer, lesson);
      const day = beijingDay(now);
      let before = await this.#store.load(viewer.id, day);
      if (before && !wish.takeover && wish.resume !== before.playing.token && isAlive(before, now)) {
        const { lesson: other } = await this.#deps.catalogue.lesson(before.lesson);
        return { state: 'elsewhere', lesson: other.id, title: localText(other.title, language) };
      }
      if (before && before.ahead > 0) before = await this.#save(before, now);
      const playing = startSession({
        token: newSecret(),
        lesson: lesson.id,
        now,
        ...(wish.sentAt !== undefined && { sentAt: wish.sentAt }),
        rules,
        rng: random,
        ...(before && { previous: before.playing }),
      });
      const live: LivePlaying = {
        learner: viewer.id,
        rev: before?.rev ?? 0,
        session: newSecret(),
        enrolment: enrolment._id,
        lesson: lesson.id,
        ended: false,
        secret: newSecret(),
        playing,
        ...(await this.#store.seen(enrolment._id, lesson.id, day)),
      };
      await this.#save(live, now);
      if (before) this.#deps.host.publish(`enrolment:${before.enrolment}`, 'playing', { session: live.session });
      return {
        state: 'playing',
        session: live.session,
        token: playing.token,
        enrolment: enrolment._id,
        length: lesson.media.seconds,
        beatSeconds: rules.beatSeconds,
        seekLock: rules.seekLock,
        standing: standingOf(live, lesson, rules),
      };
    });
  }

  /**
   * Credits what the beats of a report are worth; resolves when that is durable.
   * @throws core:not-found for an enrolment that is not the viewer's own
   */
  report(viewer: Viewer, report: Report): Promise<ReportReply> {
    return this.#inLane(viewer, async (fresh) => {
      const now = this.#deps.now();
      const live = await this.#find(viewer, report, now, fresh);
      if (!live) {
        await this.#deps.host.enrolments.get(report.enrolment, own(viewer, {})).catch((error) => {
          this.#refuse('not-enrolled', report);
          throw error;
        });
        this.#refuse('token', report);
        return { state: 'taken-over', seq: 0, reasons: [], refused: ['token'] };
      }
      if (live.ended) {
        this.#refuse('token', report);
        return { state: 'ended', seq: live.playing.seq, reasons: [], refused: ['token'] };
      }
      return this.#judge(await this.#today(live, now), report, await this.#setting(live.lesson));
    });
  }

  /** Closes an open presence check; crediting goes on from now. */
  answer(viewer: Viewer, { token, presence }: { token: string; presence: string }) {
    return this.#inLane(viewer, async (fresh) => {
      const now = this.#deps.now();
      const live = await this.#find(viewer, { token }, now, fresh);
      if (!live) return { answer: 'taken-over' as const };
      const { rules } = await this.#setting(live.lesson);
      const result = answerPresence(live.playing, hashOf(presence), now, rules.presence, random);
      if (result.responseMs === undefined) return { answer: result.answer };
      const day = notePresenceAnswer(live.day, result.answer === 'answered', result.responseMs);
      await this.#save({ ...live, playing: result.session, day }, now);
      return { answer: result.answer };
    });
  }

  /** Gives an open presence check its full time again, as often as the rules allow. */
  extend(viewer: Viewer, { token }: { token: string }) {
    return this.#inLane(viewer, async (fresh) => {
      const now = this.#deps.now();
      const live = await this.#find(viewer, { token }, now, fresh);
      if (!live) return {};
      const { rules } = await this.#setting(live.lesson);
      const playing = extendPresence(live.playing, now, rules.presence);
      if (!playing) return {};
      const extended = { ...live, playing };
      await this.#save(extended, now);
      const presence = checkOf(extended, rules.presence, now);
      return presence ? { presence } : {};
    });
  }

  /** Forgets a person's session, so that the next message reads it and the enrolment again. */
  forget(learner: string): void {
    this.#kept.delete(learner);
  }

  /** Forgets the sessions of people who have gone. */
  sweep(now: number): void {
    for (const [learner, { live, readAt }] of this.#kept) {
      if (now - Math.max(readAt, live.playing.lastAt) > KEPT_MS) this.#kept.delete(learner);
    }
  }

  async #judge(live: LivePlaying, report: Report, setting: Setting): Promise<ReportReply> {
    const { lesson, programme, rules, now } = setting;
    const term = termOf(programme);
    let next = live;
    const reasons: Uncredited[] = [];
    const refused = new Set<Reason>();
    const counted = new BeatCounters();
    let played = false;
    for (const beat of report.beats) {
      const { rejected, ...result } = credit({
        rules,
        lesson: { id: lesson.id, seconds: lesson.media.seconds },
        record: next.record,
        session: next.playing,
        beat: { ...beat, token: report.token } as Parameters<typeof credit>[0]['beat'],
        now,
        term,
        dayCredited: next.day.credited,
      });
      if (rejected) {
        refused.add(rejected);
        counted.refuse(rejected);
        continue;
      }
      counted.accept(result);
      played ||= beat.ranges.length > 0;
      reasons.push(...result.uncredited);
      const day = beat.ranges.length > 0 ? noteBeat(next.day, lesson.id, result, now) : next.day;
      next = { ...next, record: result.record, playing: result.session, day };
    }
    next = { ...next, position: positionOf(report.position, lesson) ?? next.position, ended: report.leaving === true };
    const asks = played && !next.ended && isPresenceDue(next.playing, now);
    if (asks) next = this.#ask(next, rules, now);
    await this.#commit(live, next, played, now);
    this.counters.add(counted);
    return this.#reply(next, setting, term, { reasons, refused: [...refused] });
  }

  /** The session on the day of `now`; what it holds of the day before is put away first. */
  async #today(live: LivePlaying, now: number): Promise<LivePlaying> {
    const day = beijingDay(now);
    if (live.day.day === day) return live;
    const saved = live.ahead > 0 ? await this.#save(live, now) : live;
    return { ...saved, day: await this.#store.day(live.enrolment, day) };
  }

  #ask(live: LivePlaying, rules: WatchRules, now: number): LivePlaying {
    const playing = askPresence(live.playing, hashOf(tokenOf(live.secret, now)), now, rules.presence);
    return { ...live, playing, day: notePresenceAsked(live.day) };
  }

  /** One commit for the enrolment's value and everything that explains it; without played media, the session alone. */
  async #commit(before: LivePlaying, after: LivePlaying, played: boolean, now: number): Promise<void> {
    if (!played) {
      const moved = after.position !== before.position || after.ended || after.playing.seq !== before.playing.seq;
      if (moved) await this.#save(after, now);
      return;
    }
    const covered = coveredSeconds(after.record.covered);
    const gained = covered !== coveredSeconds(before.record.covered);
    const { writes, stored } = this.#store.companions(before, after, now);
    try {
      const { state } = await this.#deps.host.progress.record({
        enrolment: after.enrolment,
        values: gained ? { [lessonActivity(after.lesson)]: covered } : {},
        at: now,
        companions: writes,
      });
      if (state === 'withdrawn') {
        this.forget(after.learner);
        return;
      }
    } catch (error) {
      throw isDuplicate(error) ? new StaleSession() : error;
    }
    this.#keep(stored, now);
  }

  #reply(
    live: LivePlaying,
    { lesson, rules, now }: Setting,
    term: { from: number; to: number },
    { reasons, refused }: { reasons: Uncredited[]; refused: Reason[] },
  ): ReportReply {
    const presence = checkOf(live, rules.presence, now);
    const outside = now < term.from || now >= term.to;
    return {
      state: live.ended ? 'ended' : outside ? 'outside-term' : presence ? 'check' : 'playing',
      seq: live.playing.seq,
      standing: standingOf(live, lesson, rules),
      reasons,
      refused,
      ...(presence && { presence }),
    };
  }

  /** The person's session if the token, and lesson and enrolment where given, are its own. */
  async #find(
    viewer: Viewer,
    asked: { token: string; lesson?: string; enrolment?: string },
    now: number,
    fresh: boolean,
  ): Promise<LivePlaying | undefined> {
    const fits = (live: LivePlaying | undefined): live is LivePlaying =>
      live !== undefined &&
      live.playing.token === asked.token &&
      (asked.lesson ?? live.lesson) === live.lesson &&
      (asked.enrolment ?? live.enrolment) === live.enrolment;
    const kept = fresh ? undefined : this.#kept.get(viewer.id);
    if (fits(kept?.live)) return kept.live;
    // Another process may have started the session; a client that guesses tokens makes us look once a second at most.
    if (kept && now - kept.readAt < 1_000) return undefined;
    const live = await this.#store.load(viewer.id, beijingDay(now));
    if (!live) return undefined;
    const enrolment = await this.#enrolment(viewer, live.enrolment);
    this.#keep(enrolment ? live : { ...live, ended: true }, now);
    return fits(live) ? (this.#kept.get(viewer.id)?.live ?? live) : undefined;
  }

  async #enrolment(viewer: Viewer, id: string): Promise<Enrolment | undefined> {
    const enrolment = await this.#deps.host.enrolments.get(id, own(viewer, {})).catch(ignoreNotFound);
    return enrolment?.state === 'withdrawn' ? undefined : enrolment;
  }

  async #setting(lessonId: string): Promise<Setting> {
    const { lesson } = await this.#deps.catalogue.lesson(lessonId);
    const programme = await this.#deps.host.programmes.get(lesson.programme);
    return { lesson, programme, rules: rulesOf(programme), now: this.#deps.now() };
  }

  async #save(live: LivePlaying, now: number): Promise<LivePlaying> {
    const stored = await this.#store.save(live, this.#deps.host.transaction, now);
    this.#keep(stored, now);
    return stored;
  }

  #keep(live: LivePlaying, now: number): void {
    this.#kept.set(live.learner, { live, readAt: now });
  }

  #refuse(reason: Reason, report: Report): void {
    this.counters.refuse(reason, report.beats.length);
  }

  /** Runs work after the person's other messages; again from the database where another process was faster. */
  #inLane<T>(viewer: Viewer, work: (fresh: boolean) => Promise<T>): Promise<T> {
    return this.#lanes.run(viewer.id, async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await work(attempt > 1);
        } catch (error) {
          this.forget(viewer.id);
          if (!(error instanceof StaleSession) || attempt >= MOST_TRIES) throw error;
        }
      }
    });
  }
}

function isAlive({ ended, playing }: LivePlaying, now: number): boolean {
  return !ended && now - playing.lastAt < AWAY_MS;
}

function positionOf(position: number | undefined, lesson: Lesson): number | undefined {
  if (position === undefined || !(position >= 0)) return undefined;
  return Math.round(Math.min(position, lesson.media.seconds) * 10) / 10;
}

function ignoreNotFound(error: unknown): undefined {
  if (error instanceof AppError && error.status === errors.notFound().status) return undefined;
  throw error;
}
