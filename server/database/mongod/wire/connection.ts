import type { Socket } from 'node:net';
import type { Connection } from '../commands/context.ts';
import { parseMessage, type Request } from './messages.ts';

const MAX_MESSAGE_BYTES = 48_000_000;

/**
 * Cuts a socket's bytes into messages and answers them in order. `answer` gets each request as soon as it has arrived;
 * requests of one connection are answered one after the other, as a driver sends them.
 */
export function serve(
  socket: Socket,
  connection: Connection,
  answer: (request: Request, connection: Connection) => Promise<Buffer | 'close' | undefined>,
): void {
  let chunks: Buffer[] = [];
  let buffered = 0;
  let wanted = 4;
  let last: Promise<void> = Promise.resolve();
  let pending = 0;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    buffered += chunk.length;
    while (buffered >= wanted) {
      const joined = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      chunks = [joined];
      const size = joined.readInt32LE(0);
      if (size < 16 || size > MAX_MESSAGE_BYTES + 16384) {
        socket.destroy();
        return;
      }
      if (joined.length < size) {
        wanted = size;
        return;
      }
      const rest = joined.subarray(size);
      chunks = rest.length === 0 ? [] : [rest];
      buffered = rest.length;
      wanted = 4;
      enqueue(joined.subarray(0, size));
    }
  });

  function enqueue(message: Buffer): void {
    const run = () =>
      respond(message).catch(() => {
        socket.destroy();
      });
    pending++;
    last = pending === 1 ? run() : last.then(run);
    void last.then(() => {
      pending--;
    });
  }

  async function respond(message: Buffer): Promise<void> {
    const reply = await answer(parseMessage(message), connection);
    if (reply === 'close') socket.destroy();
    else if (reply !== undefined && !socket.destroyed) socket.write(reply);
  }
}
