import type { Channel } from './channel.ts';
import { Refused } from './channel.ts';
import type { Stretch } from './measure.ts';
import type { ReportReply, Session } from './messages.ts';

interface Beat {
  seq: number;
  ranges: Stretch[];
  rate: number;
  sentAt: number;
  final?: true;
}

interface Deps {
  channel: Channel;
  position(): number;
  replied(reply: ReportReply): void;
  /** Whether the server is out of reach, with beats waiting. */
  waiting(kept: boolean): void;
  refused(error: Refused): void;
}

/** Beats sent in one report at most; the rest follows. */
const MOST_BEATS = 200;

/** Beats of one session: kept until the server has answered for them, and sent again with their own times. */
export class Beats {
  readonly session: Session;
  readonly #deps: Deps;
  #kept: Beat[] = [];
  #seq = 0;
  #sending = false;

  constructor(session: Session, deps: Deps) {
    this.session = session;
    this.#deps = deps;
  }

  add(ranges: Stretch[], rate: number, final: boolean): void {
    this.#seq += 1;
    this.#kept.push({ seq: this.#seq, ranges, rate, sentAt: Date.now(), ...(final && { final: true }) });
  }

  /** Sends what is kept; one report at a time, so that beats arrive in their order. */
  async flush(): Promise<void> {
    if (this.#sending || this.#kept.length === 0) return;
    this.#sending = true;
    const sent = this.#kept.slice(0, MOST_BEATS);
    try {
      const reply = await this.#deps.channel.send<ReportReply>('beat', this.#report(sent));
      this.#forget(sent);
      this.#deps.waiting(false);
      this.#deps.replied(reply);
    } catch (error) {
      if (error instanceof Refused) {
        this.#forget(sent);
        this.#deps.refused(error);
      } else {
        this.#deps.waiting(true);
      }
      return;
    } finally {
      this.#sending = false;
    }
    if (this.#kept.length > 0) void this.flush();
  }

  /** Hands everything to the browser while the page goes away or into the background. */
  beacon(leaving: boolean): void {
    const sent = this.#kept.slice(-MOST_BEATS);
    if (this.#deps.channel.leave({ ...this.#report(sent), ...(leaving && { leaving: true }) })) this.#forget(sent);
  }

  #report(beats: Beat[]): object {
    const { enrolment, lesson, token } = this.session;
    return { enrolment, lesson, token, position: this.#deps.position(), beats };
  }

  #forget(sent: Beat[]): void {
    this.#kept = this.#kept.filter((beat) => !sent.includes(beat));
  }
}
