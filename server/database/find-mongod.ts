import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DryMongoBinary } from 'mongodb-memory-server';
import type { EngineKind } from './data-folder.ts';

/** A program that speaks MongoDB's protocol, and what it is. */
export interface FoundServer {
  binary: string;
  kind: EngineKind;
}

const builtIn = fileURLToPath(new URL('./mongod/bin/mongod.mjs', import.meta.url));

/**
 * The mongod to start: the one named, one in PATH, one that mongodb-memory-server has fetched before, else the built-in
 * engine. Nothing is ever downloaded.
 * @throws Error when a named program does not exist
 */
export async function findMongod(named: string | undefined, path = process.env.PATH ?? ''): Promise<FoundServer> {
  if (named === 'built-in') return { binary: builtIn, kind: 'built-in' };
  if (named !== undefined) {
    if (!(await isExecutable(named))) throw new Error(`MONGOD_BINARY: ${named} is not an executable program`);
    return { binary: named, kind: 'mongod' };
  }
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, process.platform === 'win32' ? 'mongod.exe' : 'mongod');
    if (folder !== '' && (await isExecutable(candidate))) return { binary: candidate, kind: 'mongod' };
  }
  const cached = await DryMongoBinary.locateBinary({ version: '' }).catch(() => undefined);
  return cached === undefined ? { binary: builtIn, kind: 'built-in' } : { binary: cached, kind: 'mongod' };
}

const isExecutable = (file: string) =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
