import type { Socket as NetSocket } from 'node:net';
import type { Server } from 'socket.io';

/** What engine.io and ws do not declare. */
interface Inner {
  flush(): void;
  transport: { socket?: { _socket?: NetSocket } };
}

/**
 * Sends what one turn of the event loop has for a connection in one write, at the turn's end. Each message is a system call
 * otherwise, and a commit has two for everybody who plays: the answer to the beat and the news for the room.
 */
export function gatherWrites(engine: Server['engine']): void {
  let waiting = new Set<Inner>();

  const run = () => {
    const connections = waiting;
    waiting = new Set();
    for (const connection of connections) {
      const socket = connection.transport.socket?._socket;
      socket?.cork();
      (Object.getPrototypeOf(connection) as Inner).flush.call(connection);
      socket?.uncork();
    }
  };

  function later(this: Inner): void {
    if (waiting.size === 0) setImmediate(run);
    waiting.add(this);
  }

  engine.on('connection', (connection: object) => Object.assign(connection, { flush: later }));
}
