import type { Socket } from 'node:net';
import type { Connection } from '../commands/context.ts';
import { encode } from '../values/codec.ts';
import { Framing, MAX_MESSAGE_BYTES, MAX_STRANGER_BYTES } from './framing.ts';
import { frameReply, parseMessage, RefusedRequest, type Request } from './messages.ts';

/** The bytes of further messages that a connection may have waiting while one of its requests is answered. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** The bytes of unfinished messages that all connections together may hold. */
const MAX_UNFINISHED_BYTES = 512 * 1024 * 1024;

/** How long a message may take to arrive, in milliseconds. */
const MESSAGE_TIME = 120_000;

/** What the connections of a process hold together, in bytes. */
let heldByAll = 0;

type Answer = (request: Request, connection: Connection) => Promise<Buffer | 'close' | undefined>;

/**
 * Answers the requests of a socket one after the other, in their order, as a driver sends them; `answer` gets each as soon as it
 * may. A message that cannot be read ends its connection. Nothing grows without end: while a request is answered, or its answer
 * is not read, the socket is not read either, and an unfinished message has a time and a size.
 */
export function serve(
  socket: Socket,
  connection: Connection,
  answer: Answer,
  log: (line: string) => void,
  { maxUnfinished = MAX_UNFINISHED_BYTES, messageTime = MESSAGE_TIME } = {},
): void {
  const framing = new Framing();
  let counted = 0;
  let answering = false;
  let late: NodeJS.Timeout | undefined;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    clearTimeout(late);
    heldByAll -= counted;
    counted = 0;
  });
  socket.on('data', (chunk: Buffer) => {
    framing.push(chunk);
    count();
    if (heldByAll > maxUnfinished) refuse(`${heldByAll} bytes of unfinished messages`);
    else if (!answering) void answerAll();
    else if (framing.held > MAX_WAITING_BYTES) socket.pause();
  });

  const largest = () => (connection.authenticated ? MAX_MESSAGE_BYTES : MAX_STRANGER_BYTES);

  function count(): void {
    if (socket.destroyed) return;
    heldByAll += framing.held - counted;
    counted = framing.held;
  }

  function refuse(reason: string): void {
    log(`Error receiving request from client, ending connection ${connection.id}: ${reason}`);
    socket.destroy();
  }

  /** Answers what has arrived. Does not fail. */
  async function answerAll(): Promise<void> {
    answering = true;
    try {
      for (;;) {
        const message = framing.next(largest());
        if (message === undefined || socket.destroyed) break;
        count();
        clearTimeout(late);
        late = undefined;
        await respond(message);
      }
    } catch (error) {
      refuse(error instanceof Error ? error.message : String(error));
    }
    answering = false;
    if (socket.destroyed) return;
    if (framing.held > 0) late ??= setTimeout(() => refuse('a message that did not end in time'), messageTime).unref();
    if (socket.isPaused()) socket.resume();
  }

  async function respond(message: Buffer): Promise<void> {
    const reply = await replyTo(message);
    if (reply === 'close') socket.destroy();
    else if (reply !== undefined && !socket.destroyed && !socket.write(reply)) await drained();
  }

  async function replyTo(message: Buffer): Promise<Buffer | 'close' | undefined> {
    let request: Request;
    try {
      request = parseMessage(message);
    } catch (error) {
      if (!(error instanceof RefusedRequest)) throw error;
      const { message: errmsg, code, codeName } = error.reason;
      return error.request.silent ? undefined : frameReply(error.request, encode({ ok: 0, errmsg, code, codeName }));
    }
    return answer(request, connection);
  }

  /** Waits until the client has read what was written, or is gone. */
  function drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.once('drain', done).once('close', done);
    });
  }
}
