import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Where a connection breaks: before the request reaches the engine, right after it, or before its answer reaches the client. */
export type Cut = 'before the request' | 'after the request' | 'before the answer';

export interface CuttingProxy {
  port: number;
  /** Breaks the connection over which the next request with this text goes; resolves when that has happened. */
  cutNext(text: string, where: Cut): Promise<void>;
  close(): Promise<void>;
}

interface Order {
  text: string;
  where: Cut;
  done(): void;
}

/** Passes bytes between clients and an engine, until a connection is to be cut. */
export async function startProxy(enginePort: number): Promise<CuttingProxy> {
  let order: Order | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const engine = connect(enginePort, '127.0.0.1');
    let cutsAnswer: Order | undefined;
    for (const socket of [client, engine]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('close', () => engine.destroy());
    engine.on('close', () => client.destroy());
    const cut = ({ done }: Order) => {
      client.destroy();
      done();
    };
    client.on('data', (request: Buffer) => {
      if (order === undefined || !request.includes(order.text)) {
        engine.write(request);
        return;
      }
      const { where } = order;
      const mine = order;
      order = undefined;
      if (where === 'before the request') cut(mine);
      else if (where === 'after the request') engine.write(request, () => cut(mine));
      else {
        cutsAnswer = mine;
        engine.write(request);
      }
    });
    engine.on('data', (answer: Buffer) => {
      if (cutsAnswer === undefined) client.write(answer);
      else cut(cutsAnswer);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    cutNext: (text, where) =>
      new Promise((done) => {
        order = { text, where, done };
      }),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
