/** One page of a list, and how many rows the list has; these are counted only where the page itself does not show it. */
export async function pageOf<T>(
  { skip, limit }: { skip: number; limit: number },
  find: PromiseLike<T[]>,
  count: () => PromiseLike<number> | number,
): Promise<{ rows: T[]; total: number }> {
  const rows = await find;
  const isLast = rows.length < limit && (rows.length > 0 || skip === 0);
  return { rows, total: isLast ? skip + rows.length : await count() };
}

/** Compares rows by a time, and by _id where that is the same: the order of an index that ends in both. */
export const byTimeOf =
  <T extends { _id: string }>(timeOf: (row: T) => Date) =>
  (a: T, b: T): number =>
    timeOf(a).getTime() - timeOf(b).getTime() || (a._id < b._id ? -1 : Number(a._id > b._id));

/** The most values of a field that MongoDB reads from an index in order; more are sorted in memory (internalQueryMaxScansToExplode). */
const MOST_MERGED = 200;

/**
 * One page of a list over any number of values of a field, such as a moderator's learners: of a long list of values parts are
 * asked for one by one, each in order by an index.
 * @param find a page of what has one of these values, in order
 * @param compare the same order
 */
export async function pageAcross<T>(
  values: readonly string[],
  { skip, limit }: { skip: number; limit: number },
  find: (values: string[], page: { skip: number; limit: number }) => PromiseLike<T[]>,
  compare: (a: T, b: T) => number,
): Promise<T[]> {
  if (values.length <= MOST_MERGED) return find([...values], { skip, limit });
  const parts = Array.from({ length: Math.ceil(values.length / MOST_MERGED) }, (_, part) =>
    values.slice(part * MOST_MERGED, (part + 1) * MOST_MERGED),
  );
  const found = await Promise.all(parts.map((part) => find(part, { skip: 0, limit: skip + limit })));
  return found
    .flat()
    .sort(compare)
    .slice(skip, skip + limit);
}
