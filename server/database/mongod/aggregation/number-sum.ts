import { Long } from 'bson';
import { asDouble, type NumberKind, toDouble } from '../values/numeric.ts';

/**
 * Adds numbers up as MongoDB does: whole ones exactly, doubles with the error of each addition kept aside, so that their order
 * matters little. The sum has the widest type; an int32 sum that does not fit becomes an int64, an int64 sum a double.
 */
export class NumberSum {
  private kind: NumberKind = 'int';
  /** Whole numbers, as long as their sum is exact. */
  private whole = 0;
  private large = 0n;
  /** Doubles: their sum, and the sum of what rounding has taken from it. */
  private sum = 0;
  private error = 0;

  add(value: unknown): void {
    if (typeof value === 'number' && (value | 0) === value && !Object.is(value, -0)) {
      this.whole += value;
      if (this.whole > Number.MAX_SAFE_INTEGER - 2 ** 32 || this.whole < 2 ** 32 - Number.MAX_SAFE_INTEGER) {
        this.large += BigInt(this.whole);
        this.whole = 0;
      }
    } else if (value instanceof Long) {
      if (this.kind === 'int') this.kind = 'long';
      this.large += value.toBigInt();
    } else {
      this.kind = 'double';
      this.addDouble(toDouble(value));
    }
  }

  private addDouble(value: number): void {
    const sum = this.sum + value;
    if (Number.isFinite(sum)) {
      const shifted = sum - this.sum;
      this.error += this.sum - (sum - shifted) + (value - shifted);
    }
    this.sum = sum;
  }

  /** The sum as a double. */
  get double(): number {
    const { sum, error, large, whole } = this;
    if (!Number.isFinite(sum)) return sum;
    if (this.kind !== 'double') return large === 0n ? whole : Number(large + BigInt(whole));
    const total = new NumberSum();
    total.addDouble(sum);
    total.addDouble(whole);
    for (let rest = large; rest !== 0n; rest -= BigInt(Number(rest))) total.addDouble(Number(rest));
    total.error += error;
    return total.sum + total.error;
  }

  get result(): unknown {
    if (this.kind === 'double') return asDouble(this.double);
    const total = this.large + BigInt(this.whole);
    if (this.kind === 'int' && BigInt.asIntN(32, total) === total) return Number(total);
    return BigInt.asIntN(64, total) === total ? Long.fromBigInt(total) : asDouble(Number(total));
  }
}
