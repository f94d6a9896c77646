import { ObjectId } from 'bson';
import { isDocument } from './codec.ts';
import { type Collator, equal, typeRank } from './compare.ts';
import { numberKind, toDouble } from './numeric.ts';

/** Values in which one that equals another is found without comparing it with all of them. */
export class ValueSet {
  private readonly buckets = new Map<string, unknown[]>();
  private readonly collator: Collator;
  private readonly step: () => void;

  /** @param step called for each comparison */
  constructor(values: Iterable<unknown>, collator: Collator, step: () => void = () => {}) {
    this.collator = collator;
    this.step = step;
    for (const each of values) this.add(each);
  }

  /** Adds a value; says whether there was none that equals it. */
  add(value: unknown): boolean {
    const name = nameOf(value, this.collator, 2);
    const bucket = this.buckets.get(name);
    if (bucket === undefined) this.buckets.set(name, [value]);
    else if (this.isIn(bucket, value)) return false;
    else bucket.push(value);
    return true;
  }

  has(value: unknown): boolean {
    const bucket = this.buckets.get(nameOf(value, this.collator, 2));
    return bucket !== undefined && this.isIn(bucket, value);
  }

  private isIn(bucket: readonly unknown[], value: unknown): boolean {
    return bucket.some((each) => {
      this.step();
      return equal(each, value, this.collator);
    });
  }
}

/** A text that is the same for values that are equal, and mostly another for others. */
function nameOf(value: unknown, collator: Collator, levels: number): string {
  const rank = typeRank(value);
  if (numberKind(value) !== undefined) return `${rank} ${toDouble(value) + 0}`;
  if (rank === 15) return collator === undefined ? `${rank} ${String(value)}` : `${rank}`;
  if (value instanceof ObjectId) return `${rank} ${value.toHexString()}`;
  if (value instanceof Date) return `${rank} ${value.getTime()}`;
  if (typeof value === 'boolean') return `${rank} ${value}`;
  if (levels === 0) return `${rank}`;
  const fields = Array.isArray(value) ? value : isDocument(value) ? Object.values(value) : [];
  return `${rank} ${fields.length} ${fields.slice(0, 4).map((each) => nameOf(each, collator, levels - 1))}`;
}
