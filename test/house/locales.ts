import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { languages } from '../../server/languages.ts';
import { filesBelow, root } from './sources.ts';

/** namespace → folder of its locale files */
function localeFolders(): Map<string, string> {
  const plugins = readdirSync(join(root, 'plugins')).filter((id) => existsSync(join(root, 'plugins', id, 'locales')));
  return new Map([
    ['core', 'server/web/locales'],
    ...plugins.map((id): [string, string] => [id, `plugins/${id}/locales`]),
  ]);
}

/** Keys of a locale file; plural forms (`rows_one`, `rows_other`) count as their one key. */
function keysOf(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = prefix ? `${prefix}.${key}` : key;
    return typeof inner === 'object' ? keysOf(inner, path) : [path.replace(/_(zero|one|two|few|many|other)$/, '')];
  });
}

/** Every key that one language of a namespace has and another lacks. */
export function missingTranslations(): string[] {
  return [...localeFolders()].flatMap(([namespace, folder]) => {
    const keys = languages.map((language) => {
      const file = join(root, folder, `${language}.json`);
      return new Set(existsSync(file) ? keysOf(JSON.parse(readFileSync(file, 'utf8'))) : []);
    });
    const all = new Set(keys.flatMap((set) => [...set]));
    return [...all].flatMap((key) =>
      languages
        .filter((_, index) => !keys[index]?.has(key))
        .map((language) => `${namespace}:${key} has no ${language}`),
    );
  });
}

const used = /\bt\(\s*'([a-z0-9-]+:)?([\w.-]+)'/g;

/** Literal keys that views and code ask for and no locale file has. */
export function unknownKeys(): string[] {
  const known = new Map(
    [...localeFolders()].map(([namespace, folder]) => {
      const file = join(root, folder, 'zh-CN.json');
      return [namespace, new Set(existsSync(file) ? keysOf(JSON.parse(readFileSync(file, 'utf8'))) : [])];
    }),
  );
  const files = [
    ...filesBelow('views', '.ejs'),
    ...filesBelow('server', '.ts'),
    ...filesBelow('plugins', '.ejs'),
    ...filesBelow('plugins', '.ts'),
  ].filter((file) => !file.includes('/client/') && !file.includes('/mongod/'));
  return files.flatMap((file) => {
    const home = /^plugins\/([^/]+)\//.exec(file)?.[1] ?? 'core';
    const text = readFileSync(join(root, file), 'utf8');
    return [...text.matchAll(used)].flatMap(([, prefix, key]) => {
      const namespace = prefix?.slice(0, -1) ?? home;
      return known.get(namespace)?.has(key as string) ? [] : [`${file} asks for ${namespace}:${key}`];
    });
  });
}
