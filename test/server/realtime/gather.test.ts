import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket as NetSocket } from 'node:net';
import { expect } from 'chai';
import { Server } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { gatherWrites } from '../../../server/realtime/gather.ts';

type Batch = { chunk: Buffer }[];
/** A connection as node keeps it: `_writev` sends what was corked, `_write` one piece. */
interface Wire extends NetSocket {
  _writev(batch: Batch, done: (error?: Error | null) => void): void;
  _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void;
}

describe('what one turn sends to a connection', () => {
  let server: Server;
  let url: string;

  before(async () => {
    const http = createServer();
    server = new Server(http);
    gatherWrites(server.engine);
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  /** A client, the server's end of it, and the wire between them where it is a websocket. */
  async function connect(transport: 'websocket' | 'polling') {
    const [[there], here] = await Promise.all([
      once(server, 'connection'),
      new Promise<Socket>((resolve) => {
        const socket = io(url, { transports: [transport], forceNew: true, reconnection: false });
        socket.once('connect', () => resolve(socket));
      }),
    ]);
    const { socket } = there.conn.transport as { socket?: { _socket: Wire } };
    return { here, there, wire: socket?._socket };
  }
  const heard = (socket: Socket, count: number) =>
    new Promise<number[]>((resolve) => {
      const all: number[] = [];
      socket.on('n', (n: number) => all.push(n) === count && resolve(all));
    });

  it('goes out in one write, in order', async () => {
    const { here, there, wire } = await connect('websocket');
    let writes = 0;
    const { _write, _writev } = wire as Wire;
    Object.assign(wire as Wire, {
      _write(...given: Parameters<Wire['_write']>) {
        writes += 1;
        _write.apply(this, given);
      },
      _writev(...given: Parameters<Wire['_writev']>) {
        writes += 1;
        _writev.apply(this, given);
      },
    });
    const all = heard(here, 5);
    for (let n = 0; n < 5; n += 1) there.emit('n', n);
    expect(await all).to.deep.equal([0, 1, 2, 3, 4]);
    expect(writes).to.equal(1);
    here.close();
  });

  it('arrives before the connection is closed in the same turn, and by polling as well', async () => {
    for (const transport of ['websocket', 'polling'] as const) {
      const { here, there } = await connect(transport);
      const all = heard(here, 2);
      const closed = new Promise((resolve) => here.once('disconnect', resolve));
      there.emit('n', 1);
      there.emit('n', 2);
      there.disconnect(true);
      expect(await all).to.deep.equal([1, 2]);
      expect(await closed).to.equal('io server disconnect');
    }
  });
});
