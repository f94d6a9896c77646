import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/** Somebody listens there already. */
export class PortTaken extends Error {}

/** Makes sure, before anything starts, that somebody may listen there; 0 is whatever is free later. @throws PortTaken */
export async function checkPort(port: number): Promise<void> {
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
  await new Promise((resolve) => server.close(resolve));
}
