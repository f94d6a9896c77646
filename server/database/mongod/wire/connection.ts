import type { Socket } from 'node:net';
import type { Connection } from '../commands/context.ts';
import { MAX_MESSAGE_BYTES, parseMessage, type Request } from './messages.ts';

/**
 * Cuts a socket's bytes into messages and answers them in order. `answer` gets each request as soon as it has arrived;
 * a message that cannot be read ends its connection. Requests of one connection are answered one after the other, as a driver sends them.
 */
export function serve(
  socket: Socket,
  connection: Connection,
  answer: (request: Request, connection: Connection) => Promise<Buffer | 'close' | undefined>,
  log: (line: string) => void,
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
      if (size < 16 || size > MAX_MESSAGE_BYTES) {
        refuse(`message of ${size} bytes`);
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

  function refuse(reason: string): void {
    log(`Error receiving request from client, ending connection ${connection.id}: ${reason}`);
    socket.destroy();
  }

  function enqueue(message: Buffer): void {
    const run = () =>
      respond(message).catch((error: unknown) => refuse(error instanceof Error ? error.message : String(error)));
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
