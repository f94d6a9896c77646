import type { Import } from './sources.ts';

const contract = 'server/plugins/contract.ts';
const browserKit = 'server/web/client/';
const ENGINE = 'server/database/mongod/';

/** What an import breaks of the rules of the house (design, section 2), or undefined. */
export function brokenRule({ from, to }: Import): string | undefined {
  const plugin = /^plugins\/([^/]+)\//.exec(from)?.[1];
  const target = /^(server|plugins|test|views|public)\//.exec(to)?.[1];
  if (from.startsWith(ENGINE) && target && !to.startsWith(ENGINE)) {
    return 'the engine imports nothing from the rest of the project';
  }
  if (to.startsWith(ENGINE) && !from.startsWith(ENGINE)) {
    return 'the rest of the project reaches the engine through the exports of its package';
  }
  if (from.startsWith('server/') && target === 'plugins') return 'the core never imports a plugin';
  if (from.startsWith('server/') && target === 'test') return 'the product never imports tests';
  if (!plugin) return undefined;
  if (target === 'test') return 'the product never imports tests';
  if (target === 'plugins' && !to.startsWith(`plugins/${plugin}/`)) return 'a plugin uses another through its service';
  const inBrowser = from.startsWith(`plugins/${plugin}/client/`);
  if (target === 'server' && to !== contract && !(inBrowser && to.startsWith(browserKit))) {
    return 'a plugin uses the core through #platform';
  }
  return undefined;
}

/** Groups of files that import each other in a circle, each sorted; types count, since they tie files all the same. */
export function cycles(imports: readonly Import[]): string[][] {
  const edges = new Map<string, string[]>();
  for (const { from, to } of imports) edges.set(from, [...(edges.get(from) ?? []), to]);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node) as number);
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node) as number, low.get(next) as number));
    }
    if (low.get(node) !== index.get(node)) return;
    const group = stack.splice(stack.indexOf(node));
    if (group.length > 1 || edges.get(node)?.includes(node)) found.push(group.sort());
  };
  for (const node of edges.keys()) if (!index.has(node)) visit(node);
  return found;
}
