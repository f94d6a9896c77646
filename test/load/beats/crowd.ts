import { setTimeout as delay } from 'node:timers/promises';
import { reconnection } from '../../../server/web/client/reconnection.ts';
import { Spread } from './figures.ts';
import type { Seat } from './place.ts';
import { Player, type PlayerSite } from './player.ts';

interface CrowdOptions {
  seats: readonly Seat[];
  site: PlayerSite;
  /** The longest pause before a lost connection is tried again, in milliseconds; a page's own where nothing is said. */
  longestPauseMs?: number;
}

const TICK_MS = 10;
/** Connections that are being made at the same time. */
const AT_ONCE = 200;

/** All players, beating one after the other, evenly over the interval. */
export class Crowd {
  readonly players: Player[];
  delays = new Spread();
  /** Answered reports, and the beats in them. */
  reports = 0;
  beats = 0;
  /** Answers that an honest player should not get; the first ones are kept. */
  surprises = 0;
  readonly strange: string[] = [];
  readonly #longestPauseMs: number;
  readonly #attempts = new Map<Player, number>();
  #connecting = 0;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;
  #onReady: () => void = () => {};

  constructor(options: CrowdOptions) {
    this.#longestPauseMs = options.longestPauseMs ?? reconnection.reconnectionDelayMax;
    this.players = options.seats.map(
      (seat) =>
        new Player(seat, options.site, {
          answered: (_player, delayMs, beats) => {
            this.delays.add(delayMs);
            this.reports += 1;
            this.beats += beats;
          },
          surprised: (player, answer) => {
            this.surprises += 1;
            if (this.strange.length < 5) this.strange.push(answer.slice(0, 400));
            if (!player.playing) player.drop();
          },
          ready: (player) => {
            this.#attempts.delete(player);
            this.#onReady();
          },
          lost: (player) => this.#again(player),
        }),
    );
  }

  get playing(): number {
    let count = 0;
    for (const player of this.players) if (player.playing) count += 1;
    return count;
  }

  /** Connects everybody, a few at a time, and starts their sessions. */
  async enter(): Promise<void> {
    let next = 0;
    let done = 0;
    await new Promise<void>((resolve) => {
      const more = () => {
        while (this.#connecting < AT_ONCE && next < this.players.length) {
          this.#connecting += 1;
          this.players[next++]?.connect();
        }
      };
      this.#onReady = () => {
        this.#connecting -= 1;
        done += 1;
        if (done % 1000 === 0) process.stderr.write(`  ${done} players\n`);
        if (done >= this.players.length) resolve();
        else more();
      };
      more();
    });
    this.#onReady = () => {};
  }

  /** Beats from now on, each learner every so many milliseconds. */
  play(intervalMs: number): void {
    const begun = performance.now();
    let due = 0;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      const now = Date.now();
      const reached = Math.floor(((performance.now() - begun) / intervalMs) * this.players.length);
      for (; due < reached; due += 1) this.players[due % this.players.length]?.beat(now);
    }, TICK_MS);
  }

  /** Stops playing; resolves when everything that was played is answered. @returns whether it all was */
  async settle(patienceMs: number): Promise<boolean> {
    clearInterval(this.#timer);
    const now = Date.now();
    for (const player of this.players) player.beat(now);
    const until = now + patienceMs;
    while (Date.now() < until) {
      if (this.players.every((player) => player.answered === player.played)) return true;
      await delay(100);
      for (const player of this.players) player.flush(Date.now());
    }
    const left = this.players.filter(({ answered, played }) => answered !== played);
    this.strange.push(...left.slice(0, 5).map((player) => player.describe()));
    return false;
  }

  leave(): void {
    this.#ended = true;
    clearInterval(this.#timer);
    for (const player of this.players) player.drop();
  }

  #again(player: Player): void {
    if (this.#ended) return;
    const attempt = this.#attempts.get(player) ?? 0;
    this.#attempts.set(player, attempt + 1);
    setTimeout(
      () => {
        if (!this.#ended) player.connect();
      },
      Math.min(pause(attempt), this.#longestPauseMs),
    );
  }
}

/** As socket.io's client draws it (its contrib/backo2): which side of the middle depends on the digit. */
function pause(attempt: number): number {
  const middle = reconnection.reconnectionDelay * 2 ** attempt;
  const drawn = Math.random();
  const away = Math.floor(drawn * reconnection.randomizationFactor * middle);
  return (Math.floor(drawn * 10) & 1) === 0 ? middle - away : middle + away;
}
