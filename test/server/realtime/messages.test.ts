import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Server, type Socket } from 'socket.io';
import { type Socket as ClientSocket, io } from 'socket.io-client';
import { z } from 'zod';
import { errors } from '../../../server/errors.ts';
import { createLog } from '../../../server/log.ts';
import { serveMessages } from '../../../server/realtime/messages.ts';
import { Turns } from '../../../server/realtime/turns.ts';
import { eventually } from '../../support/eventually.ts';

describe('messages of a socket', () => {
  let server: Server;
  let client: ClientSocket;
  let socket: Socket;
  const refused: string[] = [];
  const closed: string[] = [];

  before(async () => {
    const http = createServer();
    server = new Server(http);
    const deps = {
      log: createLog('silent'),
      turns: new Turns(10),
      locales: { translator: () => (key: string) => key },
      refused: (_socket: Socket, viewer: { id: string }) => void refused.push(viewer.id),
    };
    server.on('connection', (one) => {
      socket = one;
      Object.assign(one.data, { viewer: { id: 'p1' }, session: 's1', language: 'en', address: '10.0.0.1' });
      void one.join('person:p1');
      serveMessages(
        one,
        [
          {
            name: 'who',
            body: z.object({}),
            async handle(_body, context) {
              context.onClose(() => closed.push(context.id));
              context.send('told', 1);
              context.sendToPerson('told', 2);
              return [context.viewer.id, context.session, context.language, context.address, context.id];
            },
          },
          { name: 'no', body: z.object({}), handle: () => Promise.reject(errors.notFound()) },
          { name: 'broken', body: z.object({}), handle: () => Promise.reject(new Error('a secret')) },
        ],
        deps,
      );
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    client = io(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { transports: ['websocket'] });
    await new Promise<void>((resolve) => client.once('connect', resolve));
  });
  after(async () => {
    client.close();
    await server.close();
  });

  it('are told who asks, as it is by then, and may answer, tell the person and hear of the end', async () => {
    const told: number[] = [];
    client.on('told', (n: number) => told.push(n));
    expect(await client.emitWithAck('who', {})).to.deep.equal({ value: ['p1', 's1', 'en', '10.0.0.1', socket.id] });
    await eventually(() => expect(told).to.deep.equal([1, 2]));
    socket.data.viewer = { id: 'p2' };
    expect(await client.emitWithAck('who', {})).to.have.nested.property('value[0]', 'p2');
  });

  it('are refused with a reason, and fail without one', async () => {
    expect(await client.emitWithAck('who', 'nothing')).to.have.nested.property('error.code', 'core:invalid');
    expect(await client.emitWithAck('no', {})).to.have.nested.property('error.code', 'core:not-found');
    expect(refused).to.deep.equal(['p2', 'p2']);
    const { error } = await client.emitWithAck('broken', {});
    expect(error).to.include({ code: 'core:internal' });
    expect(JSON.stringify(error)).not.to.include('secret');
    expect(refused).length(2);
  });

  it('end with the connection', async () => {
    const { id } = socket;
    client.close();
    await eventually(() => expect(closed).to.deep.equal([id, id]));
  });
});
