import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnyPlugin } from './contract.ts';

/** A plugin and the folder that holds its views, locales and browser code. */
export interface FoundPlugin {
  definition: AnyPlugin;
  folder: string;
}

/**
 * The plugins in a folder: every subfolder with an `index.ts`, or those named.
 * @throws Error for a name that is not there or an id that is not the folder's name
 */
export async function discoverPlugins(folder: string, names?: readonly string[]): Promise<FoundPlugin[]> {
  const present = existsSync(folder)
    ? readdirSync(folder).filter((name) => existsSync(join(folder, name, 'index.ts')))
    : [];
  const missing = names?.find((name) => !present.includes(name));
  if (missing) throw new Error(`there is no plugin "${missing}" in ${folder}`);
  return Promise.all((names ?? present).map((name) => loadPlugin(join(folder, name), name)));
}

async function loadPlugin(folder: string, name: string): Promise<FoundPlugin> {
  const { default: definition } = (await import(pathToFileURL(join(folder, 'index.ts')).href)) as {
    default: AnyPlugin;
  };
  if (definition?.id !== name) throw new Error(`the plugin in ${folder} calls itself "${definition?.id}"`);
  return { definition, folder };
}
