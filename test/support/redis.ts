import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { portAside } from '../../server/port-aside.ts';

/** Why tests with Redis are skipped, or undefined where a redis-server is found. */
export const redisMissing =
  spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'no redis-server: apt-get install redis-server';

/** A real Redis of its own, in memory only, on a free port, or again on the port of one that was stopped. */
export async function startRedis(known?: number): Promise<{ url: string; port: number; stop(): Promise<void> }> {
  const port = known ?? (await portAside('127.0.0.1'));
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  for await (const chunk of server.stdout) {
    said += chunk;
    if (said.includes('Ready to accept connections')) break;
  }
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      const ended = once(server, 'exit');
      server.kill();
      await ended;
    },
  };
}
