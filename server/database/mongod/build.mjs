// Builds what is published: Node runs no TypeScript within node_modules.
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = dirname(fileURLToPath(import.meta.url));
const outdir = join(folder, 'dist');
const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

await rm(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: folder,
  entryPoints: ['launch.ts', 'main.ts', 'maintenance.ts'],
  bundle: true,
  splitting: true,
  outdir,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: Object.keys(dependencies),
  // They carry the sources, which the licence asks for.
  sourcemap: true,
  logLevel: 'error',
});
