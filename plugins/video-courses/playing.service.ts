import {
  AppError,
  beijingDay,
  errors,
  type Language,
  localText,
  type Programme,
  TokenBuckets,
  type Viewer,
} from '#platform';
import type { Access } from './access.ts';
import type { Anomalies } from './anomalies.service.ts';
import { BeatCounters } from './beat-counters.ts';
import type { Catalogue, Lesson } from './catalogue.service.ts';
import { Checks } from './checks.ts';
import { notePresenceAsked, noteUnrequested } from './day-ledger.ts';
import { type Judgement, judge } from './judging.ts';
import { KeptSessions } from './kept-sessions.ts';
import { Lanes } from './lanes.ts';
import type { LivePlaying } from './live-playing.ts';
import { isTimeToLook, type MediaRequests } from './media-requests.ts';
import { type Amended, type Amendment, Commits, StaleSession } from './playing.commits.ts';
import { isNotFound, Lookup } from './playing.lookup.ts';
import type { AnswerWish, Report, ReportReply, StartReply, StartWish } from './playing.messages.ts';
import { replyOf } from './playing.reply.ts';
import { newSecret, PlayingStore } from './playing.store.ts';
import { startSession } from './playing-session.ts';
import type { VideoHost } from './plugin.ts';
import { answerPresence, askPresence, extendPresence, isPresenceDue, withEarlierCredit } from './presence.ts';
import { checkOf, hashOf, random, tokenOf } from './presence-token.ts';
import { rulesOf, termOf } from './programme-rules.ts';
import { standingOf } from './standing.ts';
import { isPlaying, mayStillReport, supersededBy } from './takeover.ts';
import type { Reason, WatchRules } from './watch-rules.ts';

const MOST_TRIES = 4;
/** Beats of one person that are judged: a player sends one in five seconds, and ten minutes of them after a break. */
const BUDGET = { perSecond: 10, burst: 600 };
const START_COST = 20;
/**
 * A token that we do not know makes us look into the database. Paid before the look, as guesses wait in a lane for theirs;
 * given back where it is the sender's own. An honest page stops at the first answer.
 */
const GUESS_COST = 40;

interface Deps {
  host: VideoHost;
  catalogue: Catalogue;
  access: Access;
  anomalies: Anomalies;
  requests: MediaRequests;
  /** Epoch ms; within a process it is best one that does not jump. */
  now(): number;
}

interface StartContext {
  language: Language;
  /** Name of the signed-in session. */
  session: string;
}

type Seen = Pick<LivePlaying, 'record' | 'day'>;

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
  readonly #kept: KeptSessions;
  readonly #commits: Commits;
  readonly #lookup: Lookup;
  readonly #checks: Checks;
  readonly #budget = new TokenBuckets(BUDGET);
  /** The rules of programmes as they were read last: every beat asks. */
  readonly #rules = new WeakMap<Programme, WatchRules>();

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#store = new PlayingStore(deps.host.models);
    this.#kept = new KeptSessions(this.#store);
    this.#commits = new Commits({ ...deps, store: this.#store, kept: this.#kept });
    this.#lookup = new Lookup({ ...deps, store: this.#store, kept: this.#kept, commits: this.#commits });
    this.#checks = new Checks({ ...deps, store: this.#store, lookup: this.#lookup, commits: this.#commits });
  }

  /**
   * Starts a playing session, or says where the person is playing already.
   * @throws core:not-found where the viewer does not study the lesson
   */
  start(viewer: Viewer, wish: StartWish, { language, session }: StartContext): Promise<StartReply> {
    this.#spend(viewer, START_COST);
    return this.#inLane(viewer, async () => {
      const { lesson, rules, now } = await this.#setting(wish.lesson);
      const enrolment = await this.#deps.access.study(viewer, lesson);
      const day = beijingDay(now);
      let before = await this.#store.load(viewer.id, day);
      if (before && !wish.takeover && wish.resume !== before.playing.token && isPlaying(before, rules, now)) {
        const { lesson: other } = await this.#deps.catalogue.lesson(before.lesson);
        const { session: playing, enrolment: there } = before;
        return {
          state: 'elsewhere',
          lesson: other.id,
          title: localText(other.title, language),
          session: playing,
          enrolment: there,
        };
      }
      if (before && before.ahead > 0) before = await this.#commits.save(before, now);
      if (before) before = await this.#checks.noteMissed(before, rules, now);
      const playing = startSession({
        token: newSecret(),
        lesson: lesson.id,
        now,
        ...(wish.sentAt !== undefined && { sentAt: wish.sentAt }),
        rules,
        rng: random,
        ...(before && { previous: before.playing }),
      });
      let live: LivePlaying = {
        learner: viewer.id,
        rev: before?.rev ?? 0,
        session: newSecret(),
        enrolment,
        lesson: lesson.id,
        ended: false,
        by: session,
        // The person's: a check that is open is answered with the same token wherever it is shown.
        secret: before?.secret ?? newSecret(),
        playing,
        startedAt: now,
        unrequested: Math.max(0, before?.unrequested ?? 0),
        before: before && mayStillReport(before) ? supersededBy(before, now) : undefined,
        heard: before?.heard,
        ...(await this.#store.seen(enrolment, lesson.id, day)),
      };
      if (isPresenceDue(playing, now)) live = this.#ask(live, rules, now);
      await this.#commits.save(live, now);
      if (before) this.#tellTakenOver(before, live.session);
      const presence = checkOf(live, rules, now);
      return {
        state: 'playing',
        session: live.session,
        token: playing.token,
        enrolment,
        length: lesson.media.seconds,
        beatSeconds: rules.beatSeconds,
        leaseSeconds: rules.leaseSeconds,
        seekLock: rules.seekLock,
        standing: standingOf(live, lesson, rules),
        ...(presence && { presence }),
      };
    });
  }

  /**
   * Credits what the beats of a report are worth; resolves when that is durable.
   * @throws core:not-found for an enrolment that is not the viewer's own
   */
  report(viewer: Viewer, report: Report, address: string): Promise<ReportReply> {
    const ranges = report.beats.reduce((sum, beat) => sum + beat.ranges.length, 0);
    let extra = this.#kept.holds(viewer.id, report.token) ? 0 : GUESS_COST;
    this.#spend(viewer, 0.2 + report.beats.length + ranges / 8 + extra, report.beats.length);
    return this.#inLane(viewer, async (fresh) => {
      const now = this.#deps.now();
      const live =
        (await this.#lookup.find(viewer, report, now, fresh)) ?? (await this.#lookup.superseded(viewer, report, now));
      if (!live) {
        await this.#deps.host.enrolments.ownHead(viewer, report.enrolment).catch((error) => {
          this.#refuse('not-enrolled', report);
          throw error;
        });
        this.#refuse('token', report);
        return { state: 'taken-over', seq: 0, reasons: [], refused: ['token'] };
      }
      if (extra > 0) this.#budget.charge(viewer.id, -extra);
      extra = 0;
      if (!mayStillReport(live)) return this.#ended(live, report);
      const setting = await this.#setting(live.lesson);
      const known = live.successor ? live : await this.#checks.noteMissed(live, setting.rules, now);
      return this.#judge(await this.#lookup.onDay(known, now), report, setting, address);
    });
  }

  /** Closes an open presence check; crediting goes on from the answer. */
  answer(viewer: Viewer, { token, presence, shownMs, answeredAt, sentAt }: AnswerWish) {
    return this.#inLane(viewer, async (fresh) => {
      const now = this.#deps.now();
      const live = await this.#lookup.find(viewer, { token }, now, fresh);
      if (!live) return { answer: 'taken-over' as const };
      const { rules } = await this.#setting(live.lesson);
      const said = { shownMs, agoMs: (sentAt ?? Number.NaN) - (answeredAt ?? Number.NaN), sentAt: answeredAt };
      const by = { said, by: rules };
      const result = answerPresence(live.playing, hashOf(presence), now, rules.presence, random, by);
      if (result.responseMs === undefined) return { answer: result.answer };
      const answer = { ms: result.responseMs, inTime: result.answer === 'answered' };
      await this.#checks.noteAnswer(live, result.session, answer, now);
      return { answer: result.answer };
    });
  }

  /** Gives an open presence check its full time again, as often as the rules allow. */
  extend(viewer: Viewer, { token }: { token: string }) {
    return this.#inLane(viewer, async (fresh) => {
      const now = this.#deps.now();
      const live = await this.#lookup.find(viewer, { token }, now, fresh);
      if (!live) return {};
      const { rules } = await this.#setting(live.lesson);
      const playing = extendPresence(live.playing, now, rules.presence, rules.leaseSeconds);
      if (!playing) return {};
      const extended = { ...live, playing };
      await this.#commits.save(extended, now);
      const presence = checkOf(extended, rules, now);
      return presence ? { presence } : {};
    });
  }

  /**
   * Ends the playing that a signed-out session has started, or any but one session's: what is stored stays as it is, its
   * revision tells every other server process, and beats from before that its player kept are credited when they arrive.
   */
  end(learner: string, isOver: (startedBy: string) => boolean): Promise<void> {
    return this.#inLane({ id: learner }, async () => {
      const now = this.#deps.now();
      const live = await this.#store.load(learner, beijingDay(now));
      if (!live || live.ended || !isOver(live.by)) return;
      await this.#commits.save({ ...live, ended: true, playing: { ...live.playing, endedAt: now } }, now);
      this.#tellEnded(live);
    });
  }

  /**
   * Changes what a learner has of a lesson on a day by a person's decision, in order with the learner's own beats on
   * whatever server process. `change` may be asked again, with what another process has written meanwhile.
   * @throws core:not-found for somebody who never played
   */
  amend(learner: string, about: Amended, change: (seen: Seen) => Promise<Amendment>): Promise<void> {
    return this.#inLane({ id: learner }, async () => {
      const now = this.#deps.now();
      const stored = await this.#store.load(learner, about.day);
      if (!stored) throw errors.notFound();
      const live = stored.ahead > 0 ? await this.#commits.save(stored, now) : stored;
      const seen = await this.#store.seen(about.enrolment, about.lesson, about.day);
      await this.#commits.amend(live, about, await change(seen), now);
    });
  }

  /** Tells the places whose sessions other server processes have replaced. */
  async lookAround(now: number): Promise<void> {
    for (const { lost, by } of await this.#kept.replaced(now)) this.#tellTakenOver(lost, by);
  }

  /** Forgets a person's session, so that the next message reads it and the enrolment again. */
  forget(learner: string): void {
    this.#kept.forget(learner);
  }

  /** Forgets the sessions of people who have gone. */
  sweep(now: number): void {
    this.#kept.sweep(now);
  }

  #tellTakenOver({ enrolment }: LivePlaying, session: string): void {
    this.#deps.host.publish(`enrolment:${enrolment}`, 'playing', { session });
  }

  /** Takes back the question that another place may be asking. */
  #tellEnded({ enrolment, session }: LivePlaying): void {
    this.#deps.host.publish(`enrolment:${enrolment}`, 'playing-ended', { session });
  }

  #ended({ playing }: LivePlaying, report: Report): ReportReply {
    this.#refuse('token', report);
    return { state: 'ended', seq: playing.seq, reasons: [], refused: ['token'] };
  }

  async #judge(live: LivePlaying, report: Report, setting: Setting, from: string): Promise<ReportReply> {
    const { lesson, rules, now } = setting;
    const term = termOf(setting.programme);
    const media = { id: lesson.id, seconds: lesson.media.seconds };
    const { learner } = live;
    const address = this.#kept.addressHash(learner, from, () => this.#deps.host.fingerprint(`${learner} ${from}`));
    const judged = judge(live, report, { rules, lesson: media, term, now, address });
    if (live.ended && judged.credited === 0) return this.#ended(live, report);
    const next = isTimeToLook(live.unrequested, judged.live.unrequested)
      ? await this.#lookForRequest(judged, now)
      : judged.live;
    const asks = judged.played && !next.ended && !next.successor && isPresenceDue(next.playing, now);
    const after = asks ? this.#ask(next, rules, now) : this.#afterLate(next, judged.credited, rules, now);
    try {
      await this.#commits.report(live, after, judged, now);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // The learner has left meanwhile, by another process.
      this.forget(live.learner);
      this.#refuse('not-enrolled', report);
      return { state: 'ended', seq: live.playing.seq, reasons: [], refused: ['not-enrolled'] };
    }
    if (after.ended && !after.successor && !live.ended) this.#tellEnded(after);
    this.counters.add(judged);
    return replyOf(after, { lesson, rules, now, term }, judged);
  }

  /** What is credited to a session that was taken over counts towards the next check of the one that did. */
  #afterLate(live: LivePlaying, credited: number, rules: WatchRules, now: number): LivePlaying {
    if (!live.successor || credited === 0) return live;
    const successor = { ...live.successor, playing: withEarlierCredit(live.successor.playing, credited * 1000) };
    if (!isPresenceDue(successor.playing, now)) return { ...live, successor };
    // It is written down in the day that is being written.
    const { playing, day } = this.#ask({ ...successor, enrolment: live.enrolment, day: live.day }, rules, now);
    return { ...live, day, successor: { ...successor, playing } };
  }

  #ask(live: LivePlaying, rules: WatchRules, now: number): LivePlaying {
    const tokenHash = hashOf(tokenOf(live.secret, now));
    const playing = askPresence(live.playing, tokenHash, now, rules.presence, live.enrolment);
    return { ...live, playing, day: notePresenceAsked(live.day, now) };
  }

  /** Looks whether somebody asked for the media that was credited; that nobody did is evidence. */
  async #lookForRequest({ live }: Judgement, now: number): Promise<LivePlaying> {
    if (live.successor) return live;
    if (await this.#deps.requests.has(live.learner, live.lesson)) return { ...live, unrequested: -1 };
    return { ...live, day: noteUnrequested(live.day, live.unrequested * 1000, now) };
  }

  async #setting(lessonId: string): Promise<Setting> {
    const { lesson } = await this.#deps.catalogue.lesson(lessonId);
    const programme = await this.#deps.host.programmes.get(lesson.programme);
    const rules = this.#rules.get(programme) ?? rulesOf(programme);
    this.#rules.set(programme, rules);
    return { lesson, programme, rules, now: this.#deps.now() };
  }

  /** Judging costs time that belongs to all. @throws video-courses:too-many-beats */
  #spend(viewer: Viewer, cost: number, beats = 0): void {
    if (this.#budget.take(viewer.id, cost)) return;
    this.counters.refuse('too-many', beats);
    throw new AppError('video-courses:too-many-beats', 429);
  }

  #refuse(reason: Reason, report: Report): void {
    this.counters.refuse(reason, report.beats.length);
  }

  /** Runs work after the person's other messages; again from the database where another process was faster. */
  #inLane<T>(viewer: Pick<Viewer, 'id'>, work: (fresh: boolean) => Promise<T>): Promise<T> {
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
