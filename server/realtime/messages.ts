import type { Logger } from 'pino';
import type { Socket } from 'socket.io';
import type { z } from 'zod';
import type { Viewer } from '../accounts/scope.ts';
import { AppError } from '../errors.ts';
import type { Language } from '../languages.ts';
import { parse } from '../web/input.ts';

interface Context {
  id: string;
  viewer: Viewer;
  session: string;
  language: Language;
  address: string;
  send(event: string, value: unknown): void;
  sendToPerson(event: string, value: unknown): void;
  onClose(handler: () => void): void;
}

interface Message {
  name: string;
  body: z.ZodType;
  handle(body: unknown, socket: Context): Promise<unknown>;
}

interface Deps {
  log: Logger;
  /** Told of each message that is refused for what it says. */
  refused(socket: Socket, viewer: Viewer): void;
  locales: { translator(language: Language): (key: string, params?: Record<string, unknown>) => string };
}

/** Answers a plugin's message: checked input, one call, and an acknowledgement with the value or the reason. */
export function serveMessage(socket: Socket, message: Message, { log, locales, refused }: Deps): void {
  const { viewer, session, language, address } = socket.data as Pick<
    Context,
    'viewer' | 'session' | 'language' | 'address'
  >;
  const context: Context = {
    id: socket.id,
    viewer,
    session,
    language,
    address,
    send: (event, value) => socket.emit(event, value),
    sendToPerson: (event, value) => socket.nsp.to(`person:${viewer.id}`).emit(event, value),
    onClose: (handler) => socket.once('disconnect', handler),
  };
  socket.on(message.name, async (body: unknown, answer: unknown) => {
    const reply = typeof answer === 'function' ? (answer as (value: unknown) => void) : () => {};
    try {
      reply({ value: await message.handle(parse(message.body, body, language), context) });
    } catch (error) {
      const known = error instanceof AppError ? error : new AppError('core:internal', 500);
      if (known !== error) log.error({ err: error, message: message.name }, 'socket message failed');
      else refused(socket, viewer);
      const text = locales.translator(language)(known.messageKey, known.params);
      reply({ error: { code: known.code, message: text, ...(known.fields.length && { fields: known.fields }) } });
    }
  });
}
