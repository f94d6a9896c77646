import { cpus, hostname, type as osType, release, totalmem } from 'node:os';
import { CommandError } from '../errors.ts';
import type { Doc } from '../values/codec.ts';
import { needsPassword } from './authentication.ts';
import type { Handler } from './context.ts';

/** Commands that shells and tools send to show what they are connected to. There are no other users, roles and operations. */
export const reports: Record<string, Handler> = {
  getCmdLineOpts: () => ({ argv: ['mongod'], parsed: {}, ok: 1 }),
  hostInfo: () => ({
    system: {
      currentTime: new Date(),
      hostname: hostname(),
      numCores: cpus().length,
      memSizeMB: Math.round(totalmem() / 1048576),
    },
    os: { type: osType(), name: osType(), version: release() },
    extra: {},
    ok: 1,
  }),
  getLog: (_engine, { body }) =>
    body.getLog === '*' ? { names: ['global', 'startupWarnings'], ok: 1 } : { totalLinesWritten: 0, log: [], ok: 1 },
  whatsmyuri: () => ({ you: '127.0.0.1:0', ok: 1 }),
  currentOp: () => ({ inprog: [], ok: 1 }),
  top: () => ({ totals: { note: 'all times in microseconds' }, ok: 1 }),
  rolesInfo: () => ({ roles: [], ok: 1 }),
  profile: (_engine, { body }) => {
    if (Number(body.profile) > 0) throw new CommandError(238, 'NotImplemented', 'the profiler is not supported');
    return { was: 0, slowms: 100, sampleRate: 1, ok: 1 };
  },
};

/** The names of all commands, as listCommands reports them. */
export const listCommands = (names: Iterable<string>): Doc => ({
  commands: Object.fromEntries(
    Array.from(names, (name) => [
      name,
      { help: '', requiresAuth: needsPassword(name), secondaryOk: false, adminOnly: false },
    ]),
  ),
  ok: 1,
});
