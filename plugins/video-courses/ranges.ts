/**
 * Sets of stretches on a line, flattened as [start, end, start, end …]: half-open, sorted, disjoint and not touching.
 * The watch ledger counts media milliseconds in them; nothing here depends on the unit. Every function returns a new
 * array and leaves its arguments alone.
 */
export type Ranges = readonly number[];

/** A stretch of a walk along a range: inside the set or not. */
export interface Piece {
  from: number;
  to: number;
  inside: boolean;
}

/** The set with [from, to) added; an empty or reversed stretch adds nothing. */
export function addRange(ranges: Ranges, from: number, to: number): number[] {
  if (!(from < to)) return [...ranges];
  let first = 0;
  while (first < ranges.length && ranges[first + 1]! < from) first += 2;
  let next = first;
  while (next < ranges.length && ranges[next]! <= to) next += 2;
  const start = next > first ? Math.min(from, ranges[first]!) : from;
  const end = next > first ? Math.max(to, ranges[next - 1]!) : to;
  const added = ranges.slice(0, first);
  added.push(start, end);
  for (let index = next; index < ranges.length; index += 1) added.push(ranges[index]!);
  return added;
}

/** What of `ranges` is not in `taken`. */
export function subtract(ranges: Ranges, taken: Ranges): number[] {
  const left: number[] = [];
  let next = 0;
  for (let index = 0; index < ranges.length; index += 2) {
    let from = ranges[index]!;
    const to = ranges[index + 1]!;
    while (next < taken.length && taken[next + 1]! <= from) next += 2;
    for (let at = next; at < taken.length && taken[at]! < to; at += 2) {
      if (taken[at]! > from) left.push(from, taken[at]!);
      from = taken[at + 1]!;
    }
    if (from < to) left.push(from, to);
  }
  return left;
}

/** [from, to) cut at the edges of the set, in order. */
export function pieces(ranges: Ranges, from: number, to: number): Piece[] {
  const list: Piece[] = [];
  let at = from;
  for (let index = 0; index < ranges.length && ranges[index]! < to; index += 2) {
    const [start, end] = [ranges[index]!, Math.min(ranges[index + 1]!, to)];
    if (end <= at) continue;
    if (start > at) list.push({ from: at, to: start, inside: false });
    list.push({ from: Math.max(start, at), to: end, inside: true });
    at = end;
  }
  if (at < to) list.push({ from: at, to, inside: false });
  return list;
}

/** The length of everything in the set, in its own unit. */
export function lengthOf(ranges: Ranges): number {
  let sum = 0;
  for (let index = 0; index < ranges.length; index += 2) sum += ranges[index + 1]! - ranges[index]!;
  return sum;
}

/** The whole seconds in a set of milliseconds: the value a lesson contributes. */
export function coveredSeconds(ranges: Ranges): number {
  return Math.floor(lengthOf(ranges) / 1000);
}
