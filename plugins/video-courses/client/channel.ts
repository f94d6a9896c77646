import { live, type Page } from '#client';

/** An answer of the plugin's messages. */
type Answer = { value: unknown } | { error: { code: string; message: string } };

/** Where the sign-in is gone, or the page's token is another sign-in's. */
const SIGNED_OUT = new Set(['core:sign-in-required', 'core:csrf', 'core:forbidden']);
/** What was sent is not the person's to send, or says nothing that could ever count. */
const JUDGED = new Set(['core:not-found', 'core:invalid']);

/** The server says no. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }

  /** Whether signing in again mends it. */
  get signedOut(): boolean {
    return SIGNED_OUT.has(this.code);
  }

  /** Whether that is an answer to what was sent, so that sending it again is no use. */
  get judged(): boolean {
    return JUDGED.has(this.code);
  }
}

const PATIENCE_MS = 8_000;

const paths = { start: 'sessions', beat: 'beats', answer: 'presence', extend: 'presence/extension' } as const;
export type MessageName = keyof typeof paths;

/** Messages to the server: over the socket while it is connected, else over HTTP. */
export class Channel {
  readonly #page: Page;
  readonly #socket = live().namespace('/video-courses');

  constructor(page: Page) {
    this.#page = page;
  }

  onReconnect(handler: () => void): void {
    this.#socket.on('connect', handler);
    window.addEventListener('online', handler);
  }

  /** @throws Refused where the server says no; anything else means that it was not reached */
  async send<T>(name: MessageName, body: object): Promise<T> {
    const answer = this.#socket.connected ? await this.#overSocket(name, body) : await this.#overHttp(name, body);
    if ('error' in answer) throw refusal(answer.error);
    return answer.value as T;
  }

  /** Sends without waiting, also while the page goes away. @returns whether the browser took it */
  leave(body: object): boolean {
    const content = JSON.stringify({ ...body, _csrf: this.#page.csrf });
    return navigator.sendBeacon(
      `/api/v1/video-courses/${paths.beat}`,
      new Blob([content], { type: 'application/json' }),
    );
  }

  #overSocket(name: MessageName, body: object): Promise<Answer> {
    return this.#socket.timeout(PATIENCE_MS).emitWithAck(name, body) as Promise<Answer>;
  }

  async #overHttp(name: MessageName, body: object): Promise<Answer> {
    const response = await fetch(`/api/v1/video-courses/${paths[name]}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', 'x-csrf-token': this.#page.csrf },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const answer = (await response.json()) as { error?: { code: string; message: string } };
    return answer.error ? { error: answer.error } : { value: answer };
  }
}

/** A server that failed has decided nothing: what was sent is kept for later. */
function refusal({ code, message }: { code: string; message: string }): Error {
  return code === 'core:internal' ? new Error(message) : new Refused(code, message);
}
