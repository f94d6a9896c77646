import type { Standing } from './messages.ts';

/** A seam between two stretches that a browser's rounding makes, in seconds. */
const SEAM = 0.25;

/**
 * Where playing goes on after a check or a break, in media seconds: at the end of the last credited stretch before a
 * position, however far back, so that nothing that was played in vain stays behind. Only through what was played: who
 * jumped to where a stretch began goes on from there.
 * @param position where the media stands
 * @param played what this page played, flat; the server may not have heard of all of it
 */
export function goOnFrom(
  position: number,
  standing: Pick<Standing, 'covered' | 'played'>,
  played: readonly number[],
): number {
  const credited = stretches(standing.covered);
  if (credited.some(([from, to]) => from <= position && position <= to + SEAM)) return position;
  const through = [...credited, ...stretches(standing.played), ...stretches(played)].sort(([a], [b]) => b - a);
  let start = position;
  for (const [from, to] of through) if (from < start && to >= start - SEAM) start = from;
  const ends = credited.map(([, to]) => to).filter((to) => to >= start - SEAM && to <= position);
  return ends.length > 0 ? Math.max(...ends) : start;
}

function stretches(flat: readonly number[]): [from: number, to: number][] {
  return flat.flatMap((from, index): [number, number][] => (index % 2 ? [] : [[from, flat[index + 1] ?? from]]));
}
