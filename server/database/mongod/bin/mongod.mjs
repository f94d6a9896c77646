#!/usr/bin/env node
// The built-in engine as a program with mongod's name and flags; TypeScript is loaded by tsx wherever it is started.
import { tsImport } from 'tsx/esm/api';

try {
  const { main } = await tsImport('../main.ts', import.meta.url);
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
