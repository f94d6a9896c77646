import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip, constants as zlib } from 'node:zlib';
import { build } from 'esbuild';
import { type Request, Router } from 'express';

const root = fileURLToPath(new URL('../..', import.meta.url));
const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** Files of packages that pages load, by the name pages use. */
const vendor: Record<string, string> = {
  'tabler/css/tabler.min.css': '@tabler/core/dist/css/tabler.min.css',
  'htmx/htmx.min.js': 'htmx.org/dist/htmx.min.js',
  'echarts/echarts.min.js': 'echarts/dist/echarts.min.js',
  'video.js/video.core.min.js': 'video.js/dist/alt/video.core.min.js',
  'video.js/video-js.min.css': 'video.js/dist/video-js.min.css',
};

/** How a body can be packed, the smallest first: 9 costs a tenth of 11 and packs almost as well. */
const encodings: Record<string, (body: Buffer) => Promise<Buffer>> = {
  br: (body) => promisify(brotliCompress)(body, { params: { [zlib.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (body) => promisify(gzip)(body, { level: 9 }),
};

/** Images and fonts are packed already. */
const packable = new Set(['.css', '.js', '.svg']);

class Asset {
  readonly body: Buffer;
  readonly hash: string;
  readonly #packed = new Map<string, Promise<Buffer>>();

  constructor(body: Buffer) {
    this.body = body;
    this.hash = createHash('sha256').update(body).digest('base64url').slice(0, 12);
  }

  /** The body in one of `encodings`, packed when it is first asked for. */
  packed(encoding: string): Promise<Buffer> {
    const known = this.#packed.get(encoding);
    if (known) return known;
    const packing = (encodings[encoding] as (body: Buffer) => Promise<Buffer>)(this.body);
    this.#packed.set(encoding, packing);
    return packing;
  }
}

/** Styles, images and browser code under fingerprinted addresses that browsers may keep for ever. */
export class Assets {
  readonly #assets: Map<string, Asset>;

  private constructor(assets: Map<string, Asset>) {
    this.#assets = assets;
  }

  /**
   * Reads `public/`, the packages' files, and bundles `server/web/client/core.ts` as `core.js` and each plugin's
   * `client/index.ts` as `<plugin>.js`.
   */
  static async load(plugins: { id: string; folder: string }[]): Promise<Assets> {
    const assets = new Map<string, Asset>();
    const add = (name: string, body: Buffer) => assets.set(name, new Asset(body));
    for (const name of filesBelow(join(root, 'public'))) add(name, readFileSync(join(root, 'public', name)));
    for (const [name, file] of Object.entries(vendor)) add(name, readFileSync(packageFile(file)));
    const entries = [{ id: 'core', entry: join(root, 'server/web/client/core.ts') }];
    for (const { id, folder } of plugins) entries.push({ id, entry: join(folder, 'client/index.ts') });
    const present = entries.filter(({ entry }) => existsSync(entry));
    const { outputFiles } = await build({
      entryPoints: Object.fromEntries(present.map(({ id, entry }) => [id, entry])),
      bundle: true,
      minify: true,
      format: 'iife',
      target: 'es2020',
      write: false,
      outdir: '/',
      logLevel: 'warning',
    });
    for (const file of outputFiles ?? []) add(file.path.split(/[\\/]/).at(-1) as string, Buffer.from(file.contents));
    return new Assets(assets);
  }

  /** The address of a file. @throws Error for a name that is not there */
  readonly url = (name: string): string => {
    const asset = this.#assets.get(name);
    if (!asset) throw new Error(`no asset "${name}"`);
    return `/assets/${asset.hash}/${name}`;
  };

  /** Serves `/assets/<hash>/<name>`, packed as the browser can unpack it. */
  router(): Router {
    const router = Router();
    router.get('/assets/:hash/*name', async (request, response, next) => {
      const name = ([] as string[]).concat(request.params.name).join('/');
      const asset = this.#assets.get(name);
      if (!asset) return next();
      response.set('Cache-Control', 'public, max-age=31536000, immutable');
      response.type(types[extname(name)] ?? 'application/octet-stream');
      if (!packable.has(extname(name))) return response.send(asset.body);
      response.vary('Accept-Encoding');
      const encoding = encodingFor(request);
      if (encoding === undefined) return response.send(asset.body);
      response.set('Content-Encoding', encoding).send(await asset.packed(encoding));
    });
    return router;
  }
}

/** The first of `encodings` that a browser takes; `acceptsEncodings` alone would follow the browser's order. */
const encodingFor = (request: Request): string | undefined =>
  Object.keys(encodings).find((encoding) => request.acceptsEncodings(encoding) === encoding);

function filesBelow(folder: string, prefix = ''): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name), `${prefix}${entry.name}/`) : [`${prefix}${entry.name}`],
  );
}

/** A file inside a package, wherever npm put the package. */
function packageFile(path: string): string {
  const parts = path.split('/');
  const name = parts.splice(0, path.startsWith('@') ? 2 : 1).join('/');
  const resolve = createRequire(import.meta.url).resolve;
  for (const start of resolve.paths(name) ?? []) {
    if (existsSync(join(start, name, 'package.json'))) return join(start, name, ...parts);
  }
  return join(dirname(resolve(`${name}/package.json`)), ...parts);
}
