// Starts the engine from its sources: the TypeScript becomes one module first, which starts several times faster than loading
// the files one by one; the module is kept until a source changes. Not part of the published package.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const { resolve } = createRequire(import.meta.url);
const lmdb = pathToFileURL(resolve('lmdb').replace(/dist[\\/]index\.cjs$/, 'node-index.js')).href;
const sources = fileURLToPath(new URL('..', import.meta.url));
const packages = fileURLToPath(new URL('../../../../node_modules', import.meta.url));
const engineSource = /^(?!(test|dist)[\\/]).*\.m?[jt]s$/;
const keptIn = join(packages, '.cache/xuefang');

/** The engine's `main`: of the kept module, or of one for this start alone where nothing can be kept. */
export const loadEngine = () => keptEngine().catch(freshEngine);

/** The module of an earlier start, or a new one for those to come. @throws Error where nothing can be kept */
async function keptEngine() {
  const file = join(keptIn, `mongod-${fingerprint()}.mjs`);
  if (!existsSync(file)) {
    const draft = join(keptIn, `draft-${process.pid}.mjs`);
    await mkdir(keptIn, { recursive: true });
    await bundle(draft);
    await rename(draft, file);
    const old = (await readdir(keptIn)).filter((name) => name.startsWith('mongod-') && name !== basename(file));
    for (const name of old) await rm(join(keptIn, name), { force: true });
  }
  return import(pathToFileURL(file).href);
}

async function freshEngine() {
  const folder = await mkdtemp(join(tmpdir(), 'mongod-'));
  const file = join(folder, 'mongod.mjs');
  await bundle(file);
  const engine = await import(pathToFileURL(file).href);
  await rm(folder, { recursive: true });
  return engine;
}

/** Changes with every file of the engine, with what npm installed, and where. @throws Error where npm left no list of it */
function fingerprint() {
  const hash = createHash('sha256').update(lmdb);
  const files = readdirSync(sources, { recursive: true }).filter((file) => engineSource.test(file));
  for (const file of [...files.map((one) => join(sources, one)).sort(), join(packages, '.package-lock.json')])
    hash.update(file).update(readFileSync(file));
  return hash.digest('hex').slice(0, 20);
}

async function bundle(outfile) {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [fileURLToPath(new URL('../main.ts', import.meta.url))],
    bundle: true,
    outfile,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    alias: { lmdb },
    external: [lmdb],
    logLevel: 'error',
  });
}
