import type { Node } from './syntax.ts';
import { sizeOf, widthOf } from './translate.ts';

/** Steps that are over before anybody waits for them: some 50 ms. */
const QUICK_STEPS = 20_000_000;
const LONGEST_TEXT = 2 ** 24;

/** The length of a text up to which an attempt to match surely ends soon, in UTF-16 units. */
export function safeLength(root: Node): number {
  const size = sizeOf(root);
  const isQuick = (length: number) => length * size * waysOf(root, length) <= QUICK_STEPS;
  if (isQuick(LONGEST_TEXT)) return Number.POSITIVE_INFINITY;
  let [low, high] = [0, LONGEST_TEXT];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isQuick(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** In how many ways a node may match within a text of this length, at most, from one place. */
function waysOf(node: Node, length: number): number {
  switch (node.kind) {
    case 'sequence':
      return node.parts.reduce((product, part) => product * waysOf(part, length), 1);
    case 'choice': {
      const ways = node.branches.map((branch) => waysOf(branch, length));
      return exclude(node.branches) ? Math.max(...ways) : ways.reduce((sum, each) => sum + each, 0);
    }
    case 'group':
    case 'atomic':
    case 'look':
      return waysOf(node.body, length);
    case 'repeat': {
      const times = Math.min(node.max, length);
      const counts = Math.max(1, times - node.min + 1);
      const each = waysOf(node.body, length);
      return each === 1 && widthOf(node.body) !== undefined ? counts : counts * Math.max(each, 2) ** times;
    }
    case 'newline':
      return 2;
    default:
      return 1;
  }
}

/** Whether at most one of the branches can match at a place, as each begins with another character. */
function exclude(branches: readonly Node[]): boolean {
  const first = branches.map(firstCharacter);
  return first.every((each) => each !== undefined) && new Set(first).size === branches.length;
}

function firstCharacter(node: Node): string | undefined {
  if (node.kind === 'character') {
    const text = String.fromCodePoint(node.code);
    return node.i ? text.toUpperCase().toLowerCase() : text;
  }
  if (node.kind === 'sequence') return node.parts[0] === undefined ? undefined : firstCharacter(node.parts[0]);
  return node.kind === 'group' ? firstCharacter(node.body) : undefined;
}
