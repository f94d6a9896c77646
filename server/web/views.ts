import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ejs from 'ejs';

export type Locals = Record<string, unknown>;
type Include = (path: string, locals?: Locals) => string;

/**
 * EJS views, each compiled once. A view includes others by path from the views folder (`/partials/table`) or from its own
 * folder. `include` is ours because EJS's own looks the file up on disk and copies every local at each call, which was
 * most of the time of a page with a table: here the included view inherits its includer's locals.
 */
export class Views {
  readonly #root: string;
  readonly #templates = new Map<string, (locals: Locals) => string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** @throws Error where there is no such file, or the view itself fails */
  render(file: string, locals: Locals): string {
    return this.#render(file, Object.assign(Object.create(null), locals));
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
    const template = ejs.compile(readFileSync(file, 'utf8'), {
      filename: file,
      // Locals are only ever objects made in this file, so their prototypes are the includers' locals.
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
      const include: Include = (path, own) => this.#render(resolve(path), Object.assign(Object.create(locals), own));
      return template(Object.assign(Object.create(locals), { include }));
    };
  }
}
