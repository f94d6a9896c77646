/** What a player reports; nothing of it is trusted. */
export interface Beat {
  /** Rises by one with every beat of a session, from 1. */
  seq: number;
  /** Media seconds played since the last beat, in the order of playing. */
  ranges: [number, number][];
  rate: number;
  /** The player's clock when the beat was made, epoch ms. */
  sentAt?: number | undefined;
  /** The player stopped on purpose: nothing carries over. */
  final?: boolean | undefined;
  /** False where the sound was played without its picture: nothing of it is credited. */
  picture?: boolean | undefined;
}

/** Ranges in one beat: a player that seeks wildly makes a handful. */
const MOST_RANGES = 32;
/** Beyond any lesson; larger positions are not reports but attacks on the arithmetic. */
const MOST_SECONDS = 1_000_000;
const FASTEST_RATE = 16;

/** Whether every number in a beat is one that crediting can compute with, whatever it claims. */
export function isWellFormed({ seq, ranges, rate, sentAt }: Beat): boolean {
  return (
    Number.isSafeInteger(seq) &&
    Number.isFinite(rate) &&
    rate > 0 &&
    rate <= FASTEST_RATE &&
    (sentAt === undefined || Number.isFinite(sentAt)) &&
    Array.isArray(ranges) &&
    ranges.length <= MOST_RANGES &&
    ranges.every(
      (range) => Array.isArray(range) && range.length === 2 && range.every(isPosition) && range[0] <= range[1],
    )
  );
}

function isPosition(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= MOST_SECONDS;
}
