import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Files of the project below a folder, as paths from the root with `/`. */
export function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name).replaceAll('\\', '/'))
    .filter((name) => name.endsWith(ending) && !name.includes('node_modules'))
    .sort();
}

/** One import of a source file; `to` is a path from the root, or the package's name. */
export interface Import {
  from: string;
  to: string;
  /** Erased when the code runs. */
  typeOnly: boolean;
}

const statement =
  /^(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)';?$|^import\s+'([^']+)';?$|\bimport\('([^']+)'\)/gm;

/** Every import of the sources, aliases resolved by package.json. Sources are as Biome formats them. */
export function readImports(files: string[]): Import[] {
  const aliases = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).imports as Record<string, string>;
  return files.flatMap((from) => {
    const text = readFileSync(join(root, from), 'utf8');
    return [...text.matchAll(statement)].map(([, typeOnly, named, bare, dynamic]) => {
      const to = (named ?? bare ?? dynamic) as string;
      const target = aliases[to] ?? to;
      const path = target.startsWith('.') ? fromRoot(from, target, to in aliases) : target;
      return { from, to: path, typeOnly: Boolean(typeOnly) };
    });
  });
}

function fromRoot(from: string, target: string, alias: boolean): string {
  const path = alias ? join(root, target) : join(root, dirname(from), target);
  return relative(root, path).replaceAll('\\', '/');
}
