#!/usr/bin/env node
// The engine as a program with mongod's flags: as `prepack` has built it, or from its sources where they are at hand.
import { existsSync } from 'node:fs';

const fromSource = new URL('../development/kept-bundle.mjs', import.meta.url);

try {
  const { main } = existsSync(fromSource)
    ? await (await import(fromSource.href)).loadEngine()
    : await import('../dist/main.js');
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
