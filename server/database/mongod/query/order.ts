import type { Doc } from '../values/codec.ts';
import { toDouble } from '../values/numeric.ts';
import { fieldNames } from '../values/order.ts';
import type { Bounds, IndexShape } from './bounds.ts';

/** How reading an index yields the order that is asked for. */
export interface Order {
  reverse: boolean;
  /**
   * The number of first fields whose values do not take part in the order: what is read for each combination of them is in
   * order, and has to be merged.
   */
  merged: number;
}

/** The fields of a sort with 1 or -1 each; undefined where there is none, or one in the order of storage. */
export function wantedOrder(sort: Doc | undefined): [string, number][] | undefined {
  const names = sort === undefined ? [] : fieldNames(sort);
  if (names.length === 0 || names[0] === '$natural') return undefined;
  return names.map((name): [string, number] => [name, toDouble(sort?.[name])]);
}

/**
 * Whether reading an index forwards or backwards yields an order. Arrays never give one: they are sorted by their smallest
 * or largest element, whatever else they hold. Cut entries give none either.
 *
 * @param idsInOrder entries with the same values lie in the order of _id
 */
export function providedOrder(
  shape: IndexShape,
  bounds: Bounds,
  wanted: readonly [string, number][],
  idsInOrder: boolean,
): Order | undefined {
  if (shape.cut || bounds.widened) return undefined;
  const { fixed } = bounds;
  for (let merged = 0; merged <= fixed.length; merged++) {
    // Without several values in the fields left out nothing differs from the order without leaving them out.
    if (merged > 0 && fixed[merged - 1]) continue;
    const sign = followed(shape, fixed, wanted, merged, idsInOrder);
    if (sign !== undefined) return { reverse: sign < 0, merged };
  }
  return undefined;
}

/** The direction in which an index has to be read for an order, which begins at a field; undefined where there is none. */
function followed(
  { fields, directions, arrays, unique }: IndexShape,
  fixed: readonly boolean[],
  wanted: readonly [string, number][],
  first: number,
  idsInOrder: boolean,
): number | undefined {
  let at = first;
  let sign = 0;
  for (const [field, direction] of wanted) {
    const place = fields.indexOf(field);
    if (fixed[place] && arrays[place] === 0) continue;
    while (fixed[at] && fields[at] !== field) at++;
    const ended = at === fields.length;
    // Of a unique index no two entries have the same values; from different combinations they may.
    if (ended && unique && first === 0) break;
    let relative: number;
    if (fields[at] === field && arrays[at] === 0) relative = direction * (directions[at] as number);
    else if (ended && field === '_id' && idsInOrder) relative = direction;
    else return undefined;
    if (sign !== 0 && Math.sign(relative) !== sign) return undefined;
    sign = Math.sign(relative);
    if (ended) break;
    at++;
  }
  return sign;
}
