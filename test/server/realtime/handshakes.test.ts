import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Server, type Socket } from 'socket.io';
import { io } from 'socket.io-client';
import type { Viewer } from '../../../server/accounts/scope.ts';
import { Limits } from '../../../server/limits/limits.ts';
import { admitHandshakes, callerOf } from '../../../server/realtime/handshakes.ts';

const viewer: Viewer = { id: 'p1', name: '李文静', language: 'en', organisation: undefined, grants: [] };

describe('handshakes', () => {
  const limits = new Limits(0);
  let server: Server;
  let url: string;

  before(async () => {
    const http = createServer();
    server = new Server(http);
    admitHandshakes(server.engine, {
      limits,
      provenSession: ({ headers }) => headers.cookie,
      async signedIn(session) {
        if (session === 'broken') throw new Error('no connection');
        return session === 'known' ? { viewer, ends: 7 } : undefined;
      },
      languageOf: (_request, known) => (known?.language === 'en' ? 'en' : 'zh-CN'),
      publicUrl: undefined,
      proxyHops: 1,
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  /** The server's end of a connection with these headers, or why there is none. */
  async function connect(headers: Record<string, string>, transports = ['websocket']): Promise<Socket | string> {
    const client = io(url, { transports, extraHeaders: headers, forceNew: true, reconnection: false });
    const refused = new Promise<string>((resolve) =>
      client.once('connect_error', ({ message }: Error) => resolve(message)),
    );
    const made = once(server, 'connection').then(([socket]) => socket as Socket);
    const socket = await Promise.race([made, refused]);
    if (typeof socket === 'string') client.close();
    else socket.once('disconnect', () => client.close());
    return socket;
  }

  it('say who has come, over a websocket and by polling', async () => {
    for (const transport of ['websocket', 'polling']) {
      const headers = { cookie: 'known', 'x-forwarded-for': '10.0.0.1, 10.0.0.2' };
      const socket = (await connect(headers, [transport])) as Socket;
      expect(callerOf(socket)).to.deep.equal({
        session: 'known',
        viewer,
        ends: 7,
        language: 'en',
        address: '10.0.0.2',
      });
      socket.disconnect(true);
    }
  });

  it('let somebody without a session in, as nobody', async () => {
    for (const headers of [{}, { cookie: 'forgotten' }] as Record<string, string>[]) {
      const socket = (await connect(headers)) as Socket;
      expect(callerOf(socket)).to.include({ viewer: undefined, language: 'zh-CN' });
      socket.disconnect(true);
    }
  });

  it('keep nothing else of what the request said', async () => {
    const socket = (await connect({ cookie: 'known' })) as Socket;
    expect(JSON.stringify(socket.handshake.headers)).to.equal('{}');
    expect(Object.keys(socket.request).sort()).to.deep.equal(['caller', 'connection', 'headers']);
    socket.disconnect(true);
  });

  it('are refused to other sites, and where the session cannot be read', async () => {
    const before = limits.refused.get('foreign') ?? 0;
    expect(await connect({ cookie: 'known', origin: 'http://elsewhere.example' })).to.equal('websocket error');
    expect(limits.refused.get('foreign')).to.equal(before + 1);
    expect(await connect({ cookie: 'broken' })).to.equal('websocket error');
  });
});
