import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that Linux (from 32768), macOS and Windows (from 49152) give to whoever asks for any. */
const PORTS = [20_000, 32_000] as const;
const MOST_TRIES = 50;

/**
 * A free port that the system gives to nobody by itself: any other that is found free may be somebody's before whoever asked
 * for it listens on it.
 * @throws Error where a host cannot be listened on, or nothing is free
 */
export async function portAside(host: string): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = randomInt(...PORTS);
    const probe = createServer().listen(port, host);
    try {
      await once(probe, 'listening');
      probe.close();
      await once(probe, 'close');
      return port;
    } catch (error) {
      if (attempt === MOST_TRIES || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}
