import { format, live, type Page } from '#client';
import { Beats, type Waiting } from './beats.ts';
import { Channel, Refused } from './channel.ts';
import { Elsewhere } from './elsewhere.ts';
import { goOnFrom } from './go-on.ts';
import { KeptBeats } from './kept-beats.ts';
import { StatusLine } from './line.ts';
import { PlayedStretches, type Stretch } from './measure.ts';
import type { AnswerReply, PresenceCheck, ReportReply, Standing, StartReply } from './messages.ts';
import { isWithoutPicture } from './picture.ts';
import { PresenceOverlay, type PresenceText } from './presence.ts';
import { clock, ProgressGuard } from './progress-guard.ts';
import { replay } from './replay.ts';
import { holdSession, readResume, writeResume } from './resume.ts';
import { drawStanding } from './standing.ts';
import { watchStalls } from './watchdog.ts';

/** What the page says of the lesson (learn.routes.ts); absent where nothing is credited. */
export interface PlayerData {
  learner: string;
  lesson: string;
  enrolment: string;
  length: number;
  position: number;
  furthest: number;
  complete: boolean;
  seekLock: boolean;
  inTerm: boolean;
  text: Record<string, string> & { reasons: Record<string, string> };
}

/** Seconds before the end at which a lesson starts from its beginning again. */
const NEARLY_OVER = 3;
/** Seconds beyond two intervals that may be on their way without anything being lost. */
const UNDER_WAY = 3;
/** Why media earned nothing that may be played again at once. */
const MADE_UP = new Set(['presence-open', 'presence-missed', 'gap', 'too-fast', 'seek-ahead']);
/** How long a correction of the learner's is left to be read before "saved" takes its place. */
const READING_MS = 5_000;

/** Plays a lesson and reports what is played, where it is credited. */
export class LessonPlayer {
  readonly #video: HTMLVideoElement;
  readonly #data: PlayerData;
  readonly #page: Page;
  readonly #channel: Channel;
  readonly #stretches = new PlayedStretches();
  readonly #line = new StatusLine();
  readonly #presence: PresenceOverlay;
  readonly #guard: ProgressGuard;
  readonly #elsewhere: Elsewhere;
  #beats: Beats | undefined;
  /** Public name of the session. */
  #session = '';
  #standing: Standing | undefined;
  #starting = false;
  /** Where the media stood before it was played without a session, in seconds. */
  #stoodAt = 0;
  #offline = false;
  #leaseSeconds = 0;
  #beatSeconds = 0;
  /** Token of the check that was answered last: a reply from before may still name it. */
  #answered = '';
  /** Until when the line says what was corrected, in milliseconds of the page's clock. */
  #correctedUntil = 0;
  readonly #kept: KeptBeats;
  /** Beats that an earlier page left behind are sent before this one starts. */
  #replaying: Promise<void>;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(video: HTMLVideoElement, data: PlayerData, page: Page) {
    this.#video = video;
    this.#data = data;
    this.#page = page;
    this.#channel = new Channel(page);
    this.#kept = new KeptBeats(data.learner);
    this.#replaying = this.#replay();
    this.#channel.onReconnect(() => {
      if (this.#beats) void this.#beats.flush();
      else this.#replaying = this.#replay();
    });
    this.#guard = new ProgressGuard(video, data, (text) => this.#correct(text));
    this.#presence = new PresenceOverlay({
      text: data.text as unknown as PresenceText,
      answer: (token, shownMs) => this.#answerCheck(token, shownMs),
      extend: () => this.#extendCheck(),
    });
    this.#elsewhere = new Elsewhere(data.enrolment, (takeover) => {
      if (!this.#starting) void this.#start(takeover);
    });
    this.#listen();
    watchStalls(video, (stalls) => this.#line.buffering(stalls ? data.text.buffering : undefined));
    this.#goToPosition();
    live().follow(`enrolment:${data.enrolment}`, ({ event, value }) => {
      const { session } = (value ?? {}) as { session?: string };
      if (event === 'playing' && this.#beats && session !== this.#session) this.#takenOver();
    });
  }

  #listen(): void {
    const video = this.#video;
    const end = () => {
      if (!video.seeking) this.#measure();
      this.#stretches.close();
    };
    video.addEventListener('play', () => void this.#onPlay());
    for (const name of ['playing', 'timeupdate', 'seeked']) {
      video.addEventListener(name, () => {
        if (!video.paused) this.#measure();
        else if (!this.#beats && !this.#starting) this.#stoodAt = video.currentTime;
      });
    }
    video.addEventListener('seeking', () => this.#stretches.close());
    for (const name of ['waiting', 'stalled', 'emptied', 'error']) video.addEventListener(name, end);
    for (const name of ['pause', 'ended']) {
      video.addEventListener(name, () => {
        end();
        this.#beat(true);
      });
    }
    video.addEventListener('ratechange', () => this.#beat(false));
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#beat(false);
    });
    window.addEventListener('pagehide', () => this.#leave());
    window.addEventListener('offline', () => {
      this.#beat(false);
      if (this.#beats) this.#waiting(1, { signedOut: false, answer: false });
    });
    video.addEventListener('loadedmetadata', () => this.#sayWithoutPicture());
    if (video.readyState >= 1) this.#sayWithoutPicture();
  }

  #goToPosition(): void {
    const { position, length, complete } = this.#data;
    if (position < 1 || position > length - NEARLY_OVER || (complete && position < 1)) return;
    const go = () => {
      this.#video.currentTime = position;
    };
    if (this.#video.readyState >= 1) go();
    else this.#video.addEventListener('loadedmetadata', go, { once: true });
  }

  /** Playing waits for the session, so that the server's clock runs before the media does. */
  async #onPlay(): Promise<void> {
    if (this.#presence.open) {
      this.#video.pause();
      return;
    }
    if (this.#beats) this.#measure();
    if (this.#beats || this.#starting) return;
    this.#starting = true;
    this.#video.pause();
    // What an earlier session of this page could not send goes first.
    this.#replaying = this.#replaying.then(() => this.#replay());
    this.#elsewhere.pressed();
    await this.#start(false);
  }

  async #start(takeover: boolean): Promise<void> {
    this.#starting = true;
    try {
      await this.#replaying;
      const { lesson } = this.#data;
      const resume = await readResume();
      const wish = { lesson, sentAt: Date.now(), ...(takeover && { takeover }), ...(resume && { resume }) };
      const reply = await this.#channel.send<StartReply>('start', wish);
      if (reply.state === 'elsewhere') {
        this.#video.pause();
        if (this.#elsewhere.hasEnded(reply)) await this.#start(false);
        else this.#elsewhere.ask(reply, this.#data.text.elsewhere?.replace('%n', reply.title) ?? '');
        return;
      }
      this.#elsewhere.close();
      this.#stretches.take();
      this.#stretches.close();
      this.#beats = new Beats(
        { token: reply.token, enrolment: reply.enrolment, lesson },
        {
          channel: this.#channel,
          kept: this.#kept,
          // While the source is opened again the media stands at its beginning.
          position: () => (this.#video.readyState < 1 ? undefined : this.#video.currentTime),
          replied: (answer) => this.#replied(answer),
          answered: (outcome) => this.#heardAnswer(outcome),
          waiting: (ms, why) => this.#waiting(ms, why),
          refused: (error) => this.#stop(error.message, false),
        },
      );
      this.#session = reply.session;
      this.#leaseSeconds = reply.leaseSeconds;
      this.#beatSeconds = reply.beatSeconds;
      this.#answered = '';
      holdSession(reply.token);
      this.#draw(reply.standing);
      this.#say(this.#data.inTerm ? this.#data.text.saving : this.#data.text.outsideTerm, !this.#data.inTerm);
      this.#timer = setInterval(() => this.#beat(false), reply.beatSeconds * 1000);
      // The first moments were played before there was a session.
      const early = this.#video.currentTime - this.#stoodAt;
      if (early > 0 && early < 1) this.#video.currentTime = this.#stoodAt;
      this.#catchUp(reply.standing);
      if (reply.presence) this.#ask(reply.presence);
      else await this.#video.play();
    } catch (error) {
      if (!this.#beats) this.#say(error instanceof Refused ? error.message : this.#data.text.startFailed, true);
    } finally {
      this.#starting = false;
    }
  }

  #measure(): void {
    if (!this.#beats || this.#video.seeking || this.#video.readyState < 2) return;
    this.#stretches.advance(this.#video.currentTime);
    this.#guard.played(this.#video.currentTime);
  }

  #beat(final: boolean): void {
    if (!this.#beats) return;
    if (!this.#video.paused) this.#measure();
    const ranges = this.#stretches.take();
    if (this.#video.paused) this.#stretches.close();
    this.#keep(ranges, final);
    void this.#beats.flush();
  }

  #keep(ranges: Stretch[], final: boolean): void {
    if (ranges.length === 0) return;
    const picture = !this.#sayWithoutPicture();
    this.#beats?.add({ ranges, rate: this.#video.playbackRate, ...(final && { final }), ...(!picture && { picture }) });
  }

  /** @returns whether that is so */
  #sayWithoutPicture(): boolean {
    const without = isWithoutPicture(this.#video);
    if (without) this.#say(this.#data.text.noPicture, true);
    return without;
  }

  #replied(reply: ReportReply): void {
    if (reply.state === 'taken-over') {
      this.#takenOver();
      return;
    }
    if (reply.state === 'ended') {
      this.#stop(this.#data.text.ended);
      return;
    }
    if (reply.standing) this.#draw(reply.standing);
    if (reply.presence && reply.presence.token !== this.#answered) this.#ask(reply.presence);
    else if (!reply.presence && this.#presence.open) this.#presence.hide();
    this.#explain(reply);
    if (!reply.presence) this.#goBackFor(reply);
  }

  /** What is played on behind a gap in the credit earns nothing: playing goes back to where the credit ends. */
  #goBackFor({ state, reasons, standing }: ReportReply): void {
    if (state !== 'playing' || !standing || !this.#beats?.empty || this.#video.paused) return;
    if (!reasons.some(({ reason, seconds }) => seconds >= 1 && MADE_UP.has(reason))) return;
    const to = this.#goesOnFrom();
    if (this.#video.currentTime - to <= 2 * this.#beatSeconds + UNDER_WAY) return;
    this.#video.currentTime = to;
    this.#correct((this.#data.text.wentBack ?? '').replace('%n', clock(to)));
  }

  /** Where playing goes on after a check or a break. */
  #goesOnFrom(): number {
    const { played, currentTime } = this.#video;
    const here = Array.from({ length: played.length }, (_, n) => [played.start(n), played.end(n)]).flat();
    return this.#standing ? goOnFrom(currentTime, this.#standing, here) : currentTime;
  }

  #explain({ state, reasons, standing }: ReportReply): void {
    const { text } = this.#data;
    if (this.#sayWithoutPicture()) return;
    const worst = reasons.filter(({ seconds }) => seconds >= 1).sort((a, b) => b.seconds - a.seconds)[0];
    const why = worst && text.reasons[worst.reason];
    if (state === 'outside-term') this.#say(text.outsideTerm, true);
    else if (why && worst.reason !== 'already-credited') this.#say(why, true);
    else if (performance.now() >= this.#correctedUntil) {
      this.#say(why ?? (standing?.complete ? text.complete : text.saved), false);
    }
  }

  /** The learner's own change was undone: a beat goes with each, and its answer comes at once. */
  #correct(text: string): void {
    this.#correctedUntil = performance.now() + READING_MS;
    this.#say(text, true);
  }

  #draw(standing: Standing): void {
    this.#standing = standing;
    this.#guard.reached(standing.furthest);
    drawStanding(standing, this.#data.length, this.#page);
  }

  #ask(check: PresenceCheck): void {
    this.#video.pause();
    if (document.fullscreenElement) void document.exitFullscreen();
    this.#presence.show(check);
  }

  /** The answer is kept until the server has it; the learner goes on at once, from where nothing was credited. */
  #answerCheck(presence: string, shownMs: number): void {
    this.#answered = presence;
    this.#presence.hide();
    if (!this.#beats) return;
    this.#beats.answer({ presence, shownMs, answeredAt: Date.now() });
    this.#video.currentTime = this.#goesOnFrom();
    void this.#video.play();
  }

  #heardAnswer(outcome: AnswerReply['answer']): void {
    if (outcome === 'taken-over') this.#takenOver();
    // The next report says which check is open.
    else if (outcome === 'wrong') this.#answered = '';
  }

  async #extendCheck(): Promise<PresenceCheck | undefined> {
    const token = this.#beats?.session.token;
    const reply =
      token && (await this.#channel.send<{ presence?: PresenceCheck }>('extend', { token }).catch(() => {}));
    return reply ? reply.presence : undefined;
  }

  #waiting(ms: number, { signedOut, answer }: Waiting): void {
    const { text } = this.#data;
    const signIn = document.getElementById('player-sign-in');
    if (signIn) signIn.hidden = !signedOut;
    const minutes = String(Math.round(this.#leaseSeconds / 60));
    if (ms > this.#leaseSeconds * 1000) {
      // What is played from now on could not be credited any more.
      this.#video.pause();
      this.#say(text.leaseOver?.replace('%n', minutes), true);
    } else if (signedOut) this.#say(text.signedOut?.replace('%n', minutes), true);
    else if (answer) this.#say(text.checkRetrying, true);
    else if (ms > 0) this.#say(text.offline?.replace('%n', minutes), true);
    else if (this.#offline) this.#say(text.resent, false);
    this.#offline = ms > 0;
  }

  async #replay(): Promise<void> {
    const { gained, reply, waiting } = await replay(this.#channel, this.#kept, this.#data.lesson);
    const { text } = this.#data;
    if (waiting) this.#say(text.stillKept, true);
    if (!reply?.standing || this.#beats) return;
    this.#draw(reply.standing);
    const { lang, text: words } = this.#page;
    if (gained > 0) this.#say(text.replayed?.replace('%n', format(gained, 'duration', lang, words)), false);
  }

  /** Another device has moved on since this page was opened, or what was played last earned nothing; nobody has moved the media here. */
  #catchUp(standing: Standing): void {
    const { position: opened, length, complete } = this.#data;
    const position = goOnFrom(standing.position, standing, []);
    const untouched = Math.abs(this.#video.currentTime - (complete ? 0 : opened)) < 1;
    if (untouched && Math.abs(position - opened) > 1 && position < length - NEARLY_OVER)
      this.#video.currentTime = position;
  }

  #takenOver(): void {
    this.#stop(this.#data.text.takenOver);
  }

  /** The session is over; pressing play starts another. @param send whether what is kept may be sent at once */
  #stop(text: string | undefined, send = true): void {
    clearInterval(this.#timer);
    if (send) void this.#beats?.flush();
    this.#beats = undefined;
    this.#presence.hide();
    this.#video.pause();
    this.#say(text, true);
  }

  #leave(): void {
    if (!this.#beats) return;
    if (!this.#video.paused) this.#measure();
    const ranges = this.#stretches.take();
    this.#keep(ranges, true);
    this.#beats.leave();
    writeResume(this.#beats.session.token);
    clearInterval(this.#timer);
    this.#beats = undefined;
    this.#video.pause();
  }

  #say(text: string | undefined, warning: boolean): void {
    if (text !== undefined) this.#line.say(text, warning);
  }
}
