import type { Channel } from './channel.ts';
import { Refused } from './channel.ts';
import type { KeptBeats } from './kept-beats.ts';
import type { AnswerReply, Beat, GivenAnswer, ReportReply, Session } from './messages.ts';
import { MOST_BEATS } from './replay.ts';

interface Deps {
  channel: Channel;
  kept: KeptBeats;
  position(): number | undefined;
  replied(reply: ReportReply): void;
  /** An answer to a presence check has arrived. */
  answered(outcome: AnswerReply['answer']): void;
  /** For how many ms beats or an answer have been waiting for the server; 0 when none is. */
  waiting(ms: number, why: Waiting): void;
  refused(error: Refused): void;
}

/** After so long without an answer the page no longer says that all is well, though the answer may still come. */
const UNHEARD_MS = 4_000;

/** Why beats wait: the server is not reached, or the sign-in is gone, and whether an answer is among them. */
export interface Waiting {
  signedOut: boolean;
  answer: boolean;
}

/** Beats of one session: kept until the server has judged them, and sent again with their own times. */
export class Beats {
  readonly session: Session;
  readonly #deps: Deps;
  #kept: Beat[] = [];
  /** An answer to a presence check, which goes before the beats that follow it. */
  #answer: GivenAnswer | undefined;
  #seq = 0;
  #sending = false;

  constructor(session: Session, deps: Deps) {
    this.session = session;
    this.#deps = deps;
  }

  /** Whether nothing waits for the server. */
  get empty(): boolean {
    return this.#kept.length === 0 && this.#answer === undefined;
  }

  add(played: Pick<Beat, 'ranges' | 'rate' | 'final' | 'picture'>): void {
    this.#seq += 1;
    const beat: Beat = { seq: this.#seq, ...played, sentAt: Date.now() };
    this.#kept.push(beat);
    void this.#deps.kept.add(this.session, beat);
  }

  /** Keeps an answer to a presence check, and sends it as soon as the server is reached. */
  answer(answer: GivenAnswer): void {
    this.#answer = answer;
    void this.#deps.kept.addAnswer(this.session, answer);
    void this.flush();
  }

  /** Sends what is kept; one message at a time, so that all arrives in its order. */
  async flush(): Promise<void> {
    if (this.#sending || this.empty) return;
    this.#sending = true;
    const unheard = setTimeout(() => this.#failed(undefined), UNHEARD_MS);
    try {
      if (this.#answer) await this.#sendAnswer(this.#answer);
      else await this.#sendBeats(this.#kept.slice(0, MOST_BEATS));
    } catch (error) {
      this.#failed(error);
      return;
    } finally {
      clearTimeout(unheard);
      this.#sending = false;
    }
    if (this.empty) this.#deps.waiting(0, { signedOut: false, answer: false });
    else void this.flush();
  }

  /**
   * Hands everything to the browser while the page goes away, and ends the session. Nobody hears whether it arrives, so
   * the beats stay where the next page finds them. More than fits into one report is left to that page altogether, and so
   * is what follows an answer that has not arrived.
   */
  leave(): void {
    if (this.#kept.length > MOST_BEATS || this.#answer) return;
    this.#deps.channel.leave({ ...this.#report(this.#kept), leaving: true });
  }

  async #sendAnswer(answer: GivenAnswer): Promise<void> {
    const body = { token: this.session.token, ...answer, sentAt: Date.now() };
    const { answer: outcome } = await this.#deps.channel.send<AnswerReply>('answer', body);
    if (this.#answer === answer) this.#answer = undefined;
    void this.#deps.kept.forgetAnswer(this.session);
    this.#deps.answered(outcome);
  }

  async #sendBeats(sent: Beat[]): Promise<void> {
    try {
      const reply = await this.#deps.channel.send<ReportReply>('beat', this.#report(sent));
      this.#forget(sent);
      this.#deps.replied(reply);
    } catch (error) {
      if (error instanceof Refused && error.judged) this.#forget(sent);
      throw error;
    }
  }

  /** What is not judged stays, and is sent again. */
  #failed(error: unknown): void {
    const signedOut = error instanceof Refused && error.signedOut;
    if (error instanceof Refused && !signedOut) this.#deps.refused(error);
    else {
      const since = Math.min(this.#kept[0]?.sentAt ?? Date.now(), this.#answer?.answeredAt ?? Date.now());
      const answer = this.#answer !== undefined;
      this.#deps.waiting(Math.max(1, Date.now() - since), { signedOut, answer });
    }
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
