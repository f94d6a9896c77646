import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ejs from 'ejs';

export type Locals = Record<string, unknown>;
type Include = (path: string, locals?: Locals) => string;
type Template = (locals: Locals) => string;

/** A view as written: what its code may read, and the files of what it includes by the path that it names. */
interface Source {
  text: string;
  names: readonly string[];
  included: ReadonlyMap<string, string>;
}

/**
 * EJS views, each compiled once. A view includes others by path from the views folder (`/partials/table`) or from its own
 * folder, and the included view sees its includer's locals. A local that was not handed over is undefined.
 *
 * `include` and the scope are ours for speed: EJS's own `include` looks the file up on disk at each call, and its `with`
 * keeps V8 from optimising a view. Of its includer's locals an included view gets those that it, or one it includes, names
 * in its code: a page has some fifty, and its table includes hundreds of views.
 */
export class Views {
  readonly #root: string;
  readonly #sources = new Map<string, Source>();
  readonly #templates = new Map<string, Template>();

  constructor(root: string) {
    this.#root = root;
  }

  /** @throws Error where there is no such file, or the view itself fails */
  render(file: string, locals: Locals): string {
    return this.#template(file)({ ...locals });
  }

  #template(file: string): Template {
    let template = this.#templates.get(file);
    if (!template) {
      template = this.#compile(file);
      this.#templates.set(file, template);
    }
    return template;
  }

  #compile(file: string): Template {
    const { text, names, included } = this.#source(file);
    // The block lets a view declare a name that is a local as well.
    const render = ejs.compile(`<% { %>${text}<% } %>`, {
      filename: file,
      strict: true,
      destructuredLocals: ['include', ...names.filter(isVariable)],
      unsafePrototypeLocals: true,
      escape: escapeHtml,
    } as ejs.Options) as ejs.TemplateFunction;
    const parts = new Map<string, (locals: Locals, own: Locals | undefined) => string>();
    const partOf = (path: string) => {
      const at = included.get(path);
      if (!at) throw new Error(`${file} includes a view whose path is worked out: ${path}`);
      const template = this.#template(at);
      const inherit = pickerOf(this.#reads(at));
      return (locals: Locals, own: Locals | undefined) => template(Object.assign(inherit(locals), own));
    };
    return (locals) => {
      locals.include = ((path, own) => {
        let part = parts.get(path);
        if (!part) {
          part = partOf(path);
          parts.set(path, part);
        }
        return part(locals, own);
      }) satisfies Include;
      return render(locals);
    };
  }

  #source(file: string): Source {
    const known = this.#sources.get(file);
    if (known) return known;
    if (!existsSync(file)) throw new Error(`no view ${file}`);
    const text = readFileSync(file, 'utf8');
    const code = [...text.matchAll(scriptlets)].map(([, inside]) => inside).join('\n');
    const fileOf = (path: string) => `${path.startsWith('/') ? join(this.#root, path) : join(dirname(file), path)}.ejs`;
    const source = {
      text,
      names: namesIn(code),
      included: new Map([...code.matchAll(includes)].map(([, path = '']) => [path, fileOf(path)])),
    };
    this.#sources.set(file, source);
    return source;
  }

  /** Every name that a view or one that it includes, however far down, may read. */
  #reads(file: string): Set<string> {
    const seen = new Set([file]);
    // A set is walked to its end also where it grows meanwhile.
    for (const one of seen) for (const at of this.#source(one).included.values()) seen.add(at);
    return new Set([...seen].flatMap((one) => this.#source(one).names));
  }
}

const scriptlets = /<%[^%#]([\s\S]*?)%>/g;
const includes = /\binclude\('([^']+)'/g;
const names = /(?<=\blocals\??\.)[a-z_$][\w$]*|(?<![\w$])(?<!(?<!\.\.)\.)[a-z_$][\w$]*/gi;

/** Every name in a view's code that may be a local: all but properties, globals and what every view has of its own. */
function namesIn(code: string): string[] {
  const found = new Set(code.match(names));
  return [...found].filter((name) => name !== 'locals' && name !== 'include' && !(name in globalThis));
}

const special = /[&<>'"]/;
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' };

/** EJS's own looks each value through for what to replace; nearly none has anything. */
function escapeHtml(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : String(value);
  return special.test(text) ? text.replace(/[&<>'"]/g, (sign) => entities[sign] as string) : text;
}

/** Copies these locals: an object written out is made many times faster than one filled name by name. */
function pickerOf(names: Iterable<string>): (locals: Locals) => Locals {
  const entries = [...names].map((name) => `${name}: locals.${name}`);
  return new Function('locals', `return { ${entries.join(', ')} }`) as (locals: Locals) => Locals;
}

function isVariable(name: string): boolean {
  try {
    new Function(`'use strict'; let ${name}`);
    return true;
  } catch {
    return false;
  }
}
