import type { Logger } from 'pino';
import type { Socket } from 'socket.io';
import type { z } from 'zod';
import type { Viewer } from '../accounts/scope.ts';
import { knownError } from '../errors.ts';
import type { Language } from '../languages.ts';
import { parse } from '../web/input.ts';
import type { Turns } from './turns.ts';

/** What a message's handler learns of the socket and may do with it: one for all messages, ten thousand people have one. */
class Context {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get id(): string {
    return this.#socket.id;
  }

  get viewer(): Viewer {
    return this.#socket.data.viewer;
  }

  get session(): string {
    return this.#socket.data.session;
  }

  get language(): Language {
    return this.#socket.data.language;
  }

  get address(): string {
    return this.#socket.data.address;
  }

  send(event: string, value: unknown): void {
    this.#socket.emit(event, value);
  }

  sendToPerson(event: string, value: unknown): void {
    this.#socket.nsp.to(`person:${this.viewer.id}`).emit(event, value);
  }

  onClose(handler: () => void): void {
    this.#socket.once('disconnect', handler);
  }
}

interface Message {
  name: string;
  body: z.ZodType;
  handle(body: unknown, socket: Context): Promise<unknown>;
}

interface Deps {
  log: Logger;
  turns: Turns;
  /** Told of each message that is refused for what it says. */
  refused(socket: Socket, viewer: Viewer): void;
  locales: { translator(language: Language): (key: string, params?: Record<string, unknown>) => string };
}

/** Answers a plugin's messages: checked input, one call, and an acknowledgement with the value or the reason. */
export function serveMessages(socket: Socket, messages: readonly Message[], deps: Deps): void {
  const context = new Context(socket);
  for (const message of messages) {
    socket.on(message.name, async (body: unknown, answer: unknown) => {
      const reply = typeof answer === 'function' ? (answer as (value: unknown) => void) : () => {};
      try {
        reply({
          value: await deps.turns.run(() => message.handle(parse(message.body, body, context.language), context)),
        });
      } catch (error) {
        reply({ error: reasonOf(error, message, socket, deps) });
      }
    });
  }
}

function reasonOf(error: unknown, { name }: Message, socket: Socket, { log, locales, refused }: Deps): object {
  const { viewer, language } = socket.data as Pick<Context, 'viewer' | 'language'>;
  const known = knownError(error);
  if (known !== error) log.error({ err: error, message: name }, 'socket message failed');
  else refused(socket, viewer);
  const text = locales.translator(language)(known.messageKey, known.params);
  return { code: known.code, message: text, ...(known.fields.length && { fields: known.fields }) };
}
