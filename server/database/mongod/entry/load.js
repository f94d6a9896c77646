import { existsSync } from 'node:fs';

/** One of the package's modules: from its source where that is at hand, in its repository, else as `prepack` has built it. */
export const load = (name) => {
  const source = new URL(`../${name}.ts`, import.meta.url);
  return import(existsSync(source) ? source.href : new URL(`../dist/${name}.js`, import.meta.url).href);
};
