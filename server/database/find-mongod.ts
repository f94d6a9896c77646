import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { DryMongoBinary } from 'mongodb-memory-server';
import type { EngineKind } from './data-folder.ts';
import { refuseOldProgram } from './server-version.ts';

/** Which server to start: a mongod's program, or the built-in engine, which needs none. */
export interface FoundServer {
  binary: string | undefined;
  kind: EngineKind;
}

const builtIn: FoundServer = { binary: undefined, kind: 'built-in' };

/**
 * The mongod to start: the one named, one in PATH, one that mongodb-memory-server has fetched before, else the built-in
 * engine. Nothing is ever downloaded.
 * @throws Error when a named program does not exist, and for one that is no mongod or too old
 */
export async function findMongod(named: string | undefined, path = process.env.PATH ?? ''): Promise<FoundServer> {
  if (named === 'built-in') return builtIn;
  if (named !== undefined) {
    if (!(await isExecutable(named))) throw new Error(`MONGOD_BINARY: ${named} is not an executable program`);
    return usable(named);
  }
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, process.platform === 'win32' ? 'mongod.exe' : 'mongod');
    if (folder !== '' && (await isExecutable(candidate))) return usable(candidate);
  }
  const cached = await DryMongoBinary.locateBinary({ version: '' }).catch(() => undefined);
  return cached === undefined ? builtIn : usable(cached);
}

async function usable(binary: string): Promise<FoundServer> {
  await refuseOldProgram(binary);
  return { binary, kind: 'mongod' };
}

const isExecutable = (file: string) =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
