/** `npm run bench -- NAME [options]`: progress on stderr, one line of JSON on stdout at the end. */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';

/** A benchmark: its own options in, figures out. */
export type Bench = (options: string[]) => Promise<object>;

const [name = '', ...options] = process.argv.slice(2);
const file = new URL(`./${name}.ts`, import.meta.url);
if (!/^[a-z][a-z-]*$/.test(name) || name === 'index' || !existsSync(file)) {
  process.stderr.write(`there is no benchmark "${name}"; say npm run bench -- pages\n`);
  process.exit(1);
}
const { default: run } = (await import(file.href)) as { default: Bench };
const figures = await run(options);
const [{ model = 'unknown' } = {}] = cpus();
process.stdout.write(
  `${JSON.stringify({ bench: name, at: new Date().toISOString(), node: process.version, cpus: cpus().length, cpu: model, ...figures })}\n`,
);
process.exit(0);
