import { setTimeout as delay } from 'node:timers/promises';
import { VERSION } from './commands/admin.ts';
import { lockFolder } from './lock.ts';
import { makePrivate } from './private-files.ts';
import { startServer } from './server.ts';

/** How long clients may go on after the signal to stop, in milliseconds; shorter than the starter's patience. */
const GRACE = 8_000;

const usage = `xuefang-mongod --dbpath FOLDER [--port N] [--bind_ip ADDRESS] [--replSet NAME]
  --port 0          a free port, which is printed
  --noauth          lets everybody in who reaches the port
  --stopWithParent  ends when standard input ends`;

/** Everything the process writes is its owner's alone. */
const PRIVATE = 0o077;

interface Flags {
  port: number;
  path: string;
  host: string;
  replicaSet: string | undefined;
  auth: boolean;
  /** Stop when standard input ends: the process that started this one is gone. */
  stopWithParent: boolean;
}

function parseFlags(given: readonly string[]): Flags {
  const flags: Flags = {
    port: 27017,
    path: '',
    host: '127.0.0.1',
    replicaSet: undefined,
    auth: true,
    stopWithParent: false,
  };
  for (let i = 0; i < given.length; i++) {
    const [name, inline] = (given[i] as string).split('=', 2) as [string, string | undefined];
    const value = () => inline ?? given[++i] ?? '';
    if (name === '--port') flags.port = Number(value());
    else if (name === '--dbpath') flags.path = value();
    else if (name === '--bind_ip') flags.host = value().split(',')[0] as string;
    else if (name === '--replSet') flags.replicaSet = value();
    else if (name === '--stopWithParent') flags.stopWithParent = true;
    else if (name === '--noauth') flags.auth = false;
    else throw new Error(`${name} is not supported\n${usage}`);
  }
  if (flags.path === '') throw new Error(`--dbpath is needed\n${usage}`);
  return flags;
}

function print(line: string): void {
  if (process.stdout.writable) process.stdout.write(`${line}\n`);
}

/** The process: prints mongod's lines, stops cleanly on a signal or on the shutdown command. */
export async function main(given: readonly string[]): Promise<void> {
  if (given.includes('--version')) {
    print(`db version v${VERSION}`);
    print('Build Info: {"version":"8.0.0","gitVersion":"xuefang-built-in-engine"}');
    return;
  }
  if (given.includes('--help')) {
    print(usage);
    return;
  }
  const flags = parseFlags(given);
  // Whoever reads them may be gone.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  process.umask(PRIVATE);
  const unlock = await lockFolder(flags.path);
  for (const line of makePrivate(flags.path)) print(line);
  const server = await startServer({ ...flags, log: print });
  const asked = new Promise<void>((resolve) => {
    // Ctrl-C reaches the parent at the same moment: it still has to write what it was told.
    const leave = () => (flags.stopWithParent ? Promise.race([server.idle(), delay(GRACE)]).then(resolve) : resolve());
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, leave);
    if (flags.stopWithParent) process.stdin.resume().once('close', resolve).once('end', resolve);
  });
  await Promise.race([server.stopped, asked]);
  print('shutting down');
  await server.close();
  unlock();
  process.exit(0);
}
