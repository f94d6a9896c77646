import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { portAside } from '../../server/port-aside.ts';

describe('a port of one’s own', () => {
  it('is free, and below those that the system gives to whoever asks for any', async () => {
    const port = await portAside('127.0.0.1');
    expect(port).to.be.within(20_000, 31_999);
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
  });

  it('is refused with the reason where the host is not one of this machine', async () => {
    const error = await portAside('192.0.2.1').catch((reason) => reason);
    expect(error).to.have.property('code', 'EADDRNOTAVAIL');
  });
});
