import type { Seat } from './place.ts';
import { Wire } from './wire.ts';

/** What players tell the simulation. */
export interface Watchers {
  /** A report was answered after its commit. */
  answered(player: Player, delayMs: number, beats: number): void;
  /** An answer other than "credited in full": a beat that was refused or not paid for. */
  surprised(player: Player, answer: string): void;
  /** The player plays, for the first time or again. */
  ready(player: Player): void;
  lost(player: Player): void;
}

/** Where a player plays; without a lesson its page is only open. */
export interface PlayerSite {
  url: URL;
  lesson?: string;
}

const PATIENCE_MS = 8_000;
const START = 1;

/**
 * One learner's page, message for message as plugins/video-courses/client sends them: both namespaces, the enrolment's
 * room, a session, beats that are kept until they are answered and sent again with their own times.
 */
export class Player {
  readonly seat: Seat;
  /** Media milliseconds that the simulation played, and those that the platform has answered for. */
  played = 0;
  answered = 0;
  /** Whether a report waits for its answer. */
  get waiting(): boolean {
    return this.#sent !== undefined;
  }
  playing = false;

  readonly #site: PlayerSite;
  readonly #watchers: Watchers;
  #wire: Wire | undefined;
  #token: string | undefined;
  #seq = 0;
  #message = START;
  #lastTick = 0;
  #kept: { seq: number; json: string; until: number }[] = [];
  #sent: { message: number; at: number; beats: number } | undefined;

  constructor(seat: Seat, site: PlayerSite, watchers: Watchers) {
    this.seat = seat;
    this.#site = site;
    this.#watchers = watchers;
  }

  connect(): void {
    this.playing = false;
    this.#wire = new Wire(this.#site.url, this.seat.cookie, {
      text: (message) => this.#take(message),
      closed: () => this.#closed(),
    });
  }

  /** How it stands, for a report of what went wrong. */
  describe(): string {
    const { played, answered, playing, waiting, seat } = this;
    return JSON.stringify({ learner: seat.learner, played, answered, playing, waiting, kept: this.#kept.length });
  }

  drop(): void {
    this.#wire?.drop();
  }

  /** Plays on until now, and reports it unless a report is under way; what waits goes with the next one. */
  beat(now: number): void {
    const ms = now - this.#lastTick;
    if (!this.#token || ms <= 0) return;
    this.#lastTick = now;
    const from = this.played;
    this.played += ms;
    this.#seq += 1;
    const json = `{"seq":${this.#seq},"ranges":[[${from / 1000},${this.played / 1000}]],"rate":1,"sentAt":${now}}`;
    this.#kept.push({ seq: this.#seq, json, until: this.played });
    this.flush(now);
  }

  flush(now: number): void {
    if (this.#sent && now - this.#sent.at < PATIENCE_MS) return;
    if (!this.playing || this.#kept.length === 0) return;
    const beats = this.#kept.slice(0, 200);
    const { enrolment } = this.seat;
    this.#message += 1;
    const until = (beats.at(-1) as { until: number }).until;
    this.#sent = { message: this.#message, at: now, beats: beats.length };
    const body = `{"enrolment":"${enrolment}","lesson":"${this.#site.lesson}","token":"${this.#token}","position":${until / 1000},"beats":[${beats.map(({ json }) => json).join()}]}`;
    this.#wire?.send(`42/video-courses,${this.#message}["beat",${body}]`);
  }

  #take(message: string): void {
    if (message.startsWith('43/video-courses,')) this.#answer(message);
    else if (message.startsWith('0')) {
      this.#wire?.send('40');
      this.#wire?.send('40/video-courses,');
    } else if (message.startsWith('40{')) {
      this.#wire?.send(`420["subscribe","enrolment:${this.seat.enrolment}"]`);
    } else if (message.startsWith('40/video-courses,')) this.#start();
    else if (message.startsWith('44')) this.#watchers.surprised(this, message);
  }

  /** The first time a session; after a lost connection the page goes on with the one it has. */
  #start(): void {
    if (this.#token || this.#site.lesson === undefined) {
      this.#goOn();
      return;
    }
    this.#message = START;
    const wish = { lesson: this.#site.lesson, sentAt: Date.now() };
    this.#wire?.send(`42/video-courses,${START}["start",${JSON.stringify(wish)}]`);
  }

  #goOn(): void {
    this.playing = true;
    this.#sent = undefined;
    this.#watchers.ready(this);
    this.flush(Date.now());
  }

  #answer(text: string): void {
    const bracket = text.indexOf('[');
    const message = Number(text.slice('43/video-courses,'.length, bracket));
    if (message === START && !this.#token) {
      const [{ value }] = JSON.parse(text.slice(bracket)) as [{ value?: { state: string; token?: string } }];
      if (value?.state === 'playing') this.#begin(value.token);
      else this.#watchers.surprised(this, text);
    } else if (this.#sent?.message === message) this.#settle(text);
  }

  #begin(token: string | undefined): void {
    this.#token = token;
    this.#lastTick = Date.now();
    this.#goOn();
  }

  #settle(text: string): void {
    const sent = this.#sent;
    if (!sent) return;
    // A server that failed has decided nothing: the page keeps the beats, and so does this.
    if (text.includes('"code":"core:internal"')) {
      this.#sent = undefined;
      return;
    }
    const seq = Number(/"seq":(\d+)/.exec(text)?.[1] ?? -1);
    this.#sent = undefined;
    const taken = this.#kept.filter((beat) => beat.seq <= seq);
    this.#kept = this.#kept.slice(taken.length);
    const newest = taken.at(-1);
    if (!newest) {
      this.#watchers.surprised(this, text);
      return;
    }
    this.answered = newest.until;
    this.#watchers.answered(this, Date.now() - sent.at, sent.beats);
    if (!text.includes('"reasons":[],"refused":[]') && !text.includes('"refused":["sequence"]')) {
      this.#watchers.surprised(this, text);
    }
    if (this.#kept.length > 0) this.flush(Date.now());
  }

  #closed(): void {
    this.playing = false;
    this.#sent = undefined;
    this.#watchers.lost(this);
  }
}
