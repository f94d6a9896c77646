import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/** Somebody listens there already. */
export class PortTaken extends Error {}

/** The port if it is free, any free one for 0. @throws PortTaken */
export async function freePort(port: number): Promise<number> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, HOST, resolve);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const why = code === 'EACCES' ? 'may not be used' : 'is taken';
    throw new PortTaken(`Port ${port} ${why}. Choose another: npm run demo -- --port ${port + 1}`);
  }
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : port;
}
