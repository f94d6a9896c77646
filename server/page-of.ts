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
