import type { FactBus } from '../plugins/facts.ts';
import type { Realtime } from '../realtime/realtime.ts';
import { sessionName } from '../secrets.ts';

/** What has to end when people sign out: their sockets here and now, and whatever plugins hold open for them. */
export class Departures {
  readonly #realtime: Realtime;
  readonly #facts: FactBus;

  constructor({ realtime, facts }: { realtime: Realtime; facts: FactBus }) {
    this.#realtime = realtime;
    this.#facts = facts;
  }

  /** One session of somebody's has ended. */
  of(person: string, sessionId: string): void {
    this.#realtime.endSession(sessionId);
    this.#facts.emit('accounts.signed-out', { person, session: sessionName(sessionId) });
  }

  /** All of somebody's sessions but one have ended. */
  ofOthers(person: string, sessionId: string): void {
    this.#realtime.endOthers(person, sessionId);
    this.#facts.emit('accounts.signed-out', { person, except: sessionName(sessionId) });
  }
}
