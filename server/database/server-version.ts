import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Connection } from 'mongoose';

/**
 * The oldest MongoDB that mongoose 9 supports (https://mongoosejs.com/docs/compatibility.html), and its wire version. Snapshot
 * sessions, which dumps read in, came with 5.0.
 */
const OLDEST = { version: '6.0', wireVersion: 17 };

/**
 * Refuses a program that is no mongod, or too old a one, before anything is written to its folder.
 * @throws Error that says what to do
 */
export async function refuseOldProgram(binary: string): Promise<void> {
  const instead =
    'Install a newer one, name one in MONGOD_BINARY, or use the built-in engine with MONGOD_BINARY=built-in.';
  const said = await promisify(execFile)(binary, ['--version'], { timeout: 10_000 }).then(
    ({ stdout }) => stdout,
    (error: Error) => error.message,
  );
  const [, version] = /^db version v(\d+\.\d+\S*)/m.exec(said) ?? [];
  if (version === undefined) {
    const [line] = said.trim().split('\n');
    throw new Error(`${binary} is not a mongod: asked for its version it says "${line}". ${instead}`);
  }
  if (Number.parseInt(version, 10) < Number.parseInt(OLDEST.version, 10)) {
    throw new Error(`${binary} is MongoDB ${version}; the platform needs ${OLDEST.version} or newer. ${instead}`);
  }
}

/** @throws Error where the server at the other end is too old */
export async function refuseOldServer({ db }: Connection): Promise<void> {
  const { maxWireVersion } = await db!.admin().command({ hello: 1 });
  if (maxWireVersion >= OLDEST.wireVersion) return;
  throw new Error(
    `the server that MONGODB_URI names is older than MongoDB ${OLDEST.version}, which the platform needs`,
  );
}
