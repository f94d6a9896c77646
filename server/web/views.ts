import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ejs from 'ejs';

export type Locals = Record<string, unknown>;
type Include = (path: string, locals?: Locals) => string;

/**
 * EJS views, each compiled once. A view includes others by path from the views folder (`/partials/table`) or from its own
 * folder, and the included view sees its includer's locals. A local that was not handed over is undefined.
 *
 * `include` and the scope are ours for speed: EJS's own `include` looks the file up on disk at each call, and its `with`
 * keeps V8 from optimising a view.
 */
export class Views {
  readonly #root: string;
  readonly #templates = new Map<string, (locals: Locals) => string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** @throws Error where there is no such file, or the view itself fails */
  render(file: string, locals: Locals): string {
    return this.#render(file, { ...locals });
  }

  #render(file: string, locals: Locals): string {
    let template = this.#templates.get(file);
    if (!template) {
      template = this.#compile(file);
      this.#templates.set(file, template);
    }
    return template(locals);
  }

  #compile(file: string): (locals: Locals) => string {
    if (!existsSync(file)) throw new Error(`no view ${file}`);
    const text = readFileSync(file, 'utf8');
    // The block lets a view declare a name that is a local as well.
    const template = ejs.compile(`<% { %>${text}<% } %>`, {
      filename: file,
      strict: true,
      destructuredLocals: namesIn(text),
      unsafePrototypeLocals: true,
    } as ejs.Options) as ejs.TemplateFunction;
    const paths = new Map<string, string>();
    const resolve = (path: string): string => {
      const found =
        paths.get(path) ?? `${path.startsWith('/') ? join(this.#root, path) : join(dirname(file), path)}.ejs`;
      paths.set(path, found);
      return found;
    };
    return (locals) => {
      locals.include = ((path, own) => this.#render(resolve(path), { ...locals, ...own })) satisfies Include;
      return template(locals);
    };
  }
}

const scriptlets = /<%[^%#]([\s\S]*?)%>/g;
const names = /(?<![\w$])(?<!(?<!\.\.)\.)[a-z_$][\w$]*/gi;

/** Every name in a view's code that may be a local: all but properties, globals and words of the language. */
function namesIn(text: string): string[] {
  const code = [...text.matchAll(scriptlets)].map(([, inside]) => inside).join('\n');
  const found = new Set(code.match(names));
  return [...found].filter((name) => name !== 'locals' && !(name in globalThis) && isVariable(name));
}

function isVariable(name: string): boolean {
  try {
    new Function(`'use strict'; let ${name}`);
    return true;
  } catch {
    return false;
  }
}
