import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';

const run = promisify(execFile);
const source = fileURLToPath(new URL('..', import.meta.url));
const { resolve } = createRequire(import.meta.url);

/** The folder of a dependency, wherever npm has put it. */
function folderOf(name: string): string {
  let folder = dirname(resolve(name));
  while (!folder.endsWith(join('node_modules', name))) folder = dirname(folder);
  return folder;
}

/** What somebody writes who has installed the package: an engine until standard input ends, then a check of its folder. */
const consumer = `
import { once } from 'node:events';
import { startEngine } from 'xuefang-mongod';
import { checkFolder } from 'xuefang-mongod/maintenance';
const engine = await startEngine({ path: 'data' });
console.log(engine.uri);
process.stdin.resume();
await once(process.stdin, 'end');
await engine.stop();
console.log(JSON.stringify(await checkFolder('data')));
`;

const typed = `
import { type EngineOptions, startEngine } from 'xuefang-mongod';
import { checkFolder } from 'xuefang-mongod/maintenance';
const options: EngineOptions = { path: 'data', port: 0 };
export const uri: string = (await startEngine(options)).uri;
export const problems: string[] = (await checkFolder('data')).problems;
`;

describe('the package as it would be published', function () {
  this.timeout(60_000);
  let app: string;
  let installed: string;

  /** Packs it and installs the archive in an empty folder, with the dependencies it names and no others. */
  before(async () => {
    app = await mkdtemp(join(tmpdir(), 'xuefang-package-'));
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', app], { cwd: source });
    const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('[\n')));
    installed = join(app, 'node_modules', 'xuefang-mongod');
    await mkdir(installed, { recursive: true });
    await run('tar', ['-xzf', join(app, filename), '--strip-components=1', '-C', installed]);
    const { dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
    for (const name of Object.keys(dependencies)) await symlink(folderOf(name), join(app, 'node_modules', name));
  });

  after(() => app && rm(app, { recursive: true, force: true }));

  it('holds what is needed to run it and to read about it, and no more', async () => {
    const { stdout } = await run('find', ['.', '-type', 'f'], { cwd: installed });
    const files = stdout
      .trim()
      .split('\n')
      .map((name) => name.slice(2));
    const wanted =
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|bin\/mongod\.mjs|dist\/[\w-]+\.js(\.map)?|entry\/\w+(\.d\.ts|\.js))$/;
    expect(files.filter((name) => !wanted.test(name))).to.deep.equal([]);
    expect(files).to.include.members(['README.md', 'CHANGELOG.md', 'LICENSE', 'dist/main.js', 'entry/index.d.ts']);
  });

  it('starts, serves and checks its folder where there is nothing else', async () => {
    await writeFile(join(app, 'consumer.mjs'), consumer);
    const running = run(process.execPath, ['consumer.mjs'], { cwd: app });
    const [uri] = await Promise.race([
      once(running.child.stdout as NodeJS.ReadableStream, 'data'),
      running.then(({ stderr }) => [stderr]),
    ]);
    const client = new MongoClient(String(uri).trim());
    const rows = client.db('packed').collection<{ _id: number; n: number }>('rows');
    await rows.createIndex({ n: 1 });
    await rows.insertMany([1, 2, 3].map((_id) => ({ _id, n: _id % 2 })));
    expect(
      await rows.aggregate([{ $group: { _id: '$n', count: { $sum: 1 } } }, { $sort: { _id: 1 } }]).toArray(),
    ).to.deep.equal([
      { _id: 0, count: 1 },
      { _id: 1, count: 2 },
    ]);
    await client.close();
    running.child.stdin?.end();
    const report = JSON.parse((await running).stdout.trim().split('\n').at(-1) as string);
    expect(report).to.deep.include({ documents: 3, problems: [] });
  });

  it('has a program with mongod’s flags', async () => {
    const { stdout } = await run(process.execPath, [join(installed, 'bin', 'mongod.mjs'), '--version']);
    expect(stdout).to.match(/^db version v\d+\.\d+\.\d+\n/);
  });

  it('says of its functions what they are', async () => {
    const start: typeof import('xuefang-mongod') = await import('../launch.ts');
    const maintenance: typeof import('xuefang-mongod/maintenance') = await import('../maintenance.ts');
    const exported = { ...(await import('xuefang-mongod')), ...(await import('xuefang-mongod/maintenance')) };
    expect({ ...start, ...maintenance }).to.deep.equal(exported);
  });

  it('has types that fit', async () => {
    await mkdir(join(app, 'node_modules', '@types'));
    await symlink(dirname(resolve('@types/node/package.json')), join(app, 'node_modules', '@types', 'node'));
    await writeFile(join(app, 'package.json'), '{"type":"module"}');
    await writeFile(join(app, 'typed.ts'), typed);
    const compiler = join(dirname(resolve('typescript/package.json')), 'bin', 'tsc');
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node', 'typed.ts'];
    const { stdout } = await run(process.execPath, [compiler, ...flags], { cwd: app }).catch((error) => error);
    expect(stdout).to.equal('');
  });
});
