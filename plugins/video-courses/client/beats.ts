import type { Channel } from './channel.ts';
import { Refused } from './channel.ts';
import type { KeptBeats } from './kept-beats.ts';
import type { Stretch } from './measure.ts';
import type { Beat, ReportReply, Session } from './messages.ts';
import { MOST_BEATS } from './replay.ts';

interface Deps {
  channel: Channel;
  kept: KeptBeats;
  position(): number;
  replied(reply: ReportReply): void;
  /** For how many ms beats have been waiting for the server; 0 when none is. */
  waiting(ms: number): void;
  refused(error: Refused): void;
}

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
    const beat: Beat = { seq: this.#seq, ranges, rate, sentAt: Date.now(), ...(final && { final: true }) };
    this.#kept.push(beat);
    void this.#deps.kept.add(this.session, beat);
  }

  /** Sends what is kept; one report at a time, so that beats arrive in their order. */
  async flush(): Promise<void> {
    if (this.#sending || this.#kept.length === 0) return;
    this.#sending = true;
    const sent = this.#kept.slice(0, MOST_BEATS);
    try {
      const reply = await this.#deps.channel.send<ReportReply>('beat', this.#report(sent));
      this.#forget(sent);
      this.#deps.replied(reply);
      this.#deps.waiting(0);
    } catch (error) {
      if (error instanceof Refused) {
        this.#forget(sent);
        this.#deps.refused(error);
      } else {
        this.#deps.waiting(Date.now() - (this.#kept[0]?.sentAt ?? Date.now()));
      }
      return;
    } finally {
      this.#sending = false;
    }
    if (this.#kept.length > 0) void this.flush();
  }

  /**
   * Hands everything to the browser while the page goes away, and ends the session. Nobody hears whether it arrives, so
   * the beats stay where the next page finds them. More than fits into one report is left to that page altogether.
   */
  leave(): void {
    if (this.#kept.length > MOST_BEATS) return;
    this.#deps.channel.leave({ ...this.#report(this.#kept), leaving: true });
  }

  #report(beats: Beat[]): object {
    const { enrolment, lesson, token } = this.session;
    return { enrolment, lesson, token, position: this.#deps.position(), beats };
  }

  #forget(sent: Beat[]): void {
    this.#kept = this.#kept.filter((beat) => !sent.includes(beat));
    void this.#deps.kept.forget(this.session, sent);
  }
}
