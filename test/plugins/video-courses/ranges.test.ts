import { expect } from 'chai';
import fc from 'fast-check';
import { addRange, coveredSeconds, lengthOf, pieces, subtract } from '../../../plugins/video-courses/ranges.ts';

const stretches = fc.array(fc.tuple(fc.nat(60), fc.nat(60)), { maxLength: 20 });
const union = (list: [number, number][]) =>
  list.reduce<number[]>((ranges, [from, to]) => addRange(ranges, from, to), []);
const points = (ranges: readonly number[]) =>
  Array.from({ length: 60 }, (_, at) => at).filter((at) =>
    ranges.some((from, index) => index % 2 === 0 && from <= at && at < ranges[index + 1]!),
  );

describe('ranges', () => {
  const added: [number[], [number, number], number[]][] = [
    [[], [3, 5], [3, 5]],
    [
      [3, 5],
      [5, 8],
      [3, 8],
    ],
    [
      [3, 5],
      [1, 3],
      [1, 5],
    ],
    [
      [3, 5, 9, 12],
      [4, 10],
      [3, 12],
    ],
    [
      [3, 5, 9, 12],
      [6, 8],
      [3, 5, 6, 8, 9, 12],
    ],
    [
      [3, 5],
      [4, 4],
      [3, 5],
    ],
    [
      [3, 5],
      [9, 7],
      [3, 5],
    ],
    [
      [3, 5],
      [Number.NaN, 7],
      [3, 5],
    ],
  ];
  for (const [before, [from, to], after] of added) {
    it(`adds [${from}, ${to}) to [${before}]`, () => expect(addRange(before, from, to)).to.deep.equal(after));
  }

  it('cuts a stretch at the edges', () => {
    expect(pieces([3, 5, 9, 12], 4, 11)).to.deep.equal([
      { from: 4, to: 5, inside: true },
      { from: 5, to: 9, inside: false },
      { from: 9, to: 11, inside: true },
    ]);
    expect(pieces([3, 5], 5, 5)).to.deep.equal([]);
  });

  it('counts whole seconds only', () => {
    expect(coveredSeconds([0, 1999, 3000, 3001])).to.equal(2);
    expect(coveredSeconds([0, 999])).to.equal(0);
  });

  it('holds exactly the points that were added, sorted and apart', () => {
    fc.assert(
      fc.property(stretches, (list) => {
        const ranges = union(list);
        expect(points(ranges)).to.deep.equal(
          Array.from({ length: 60 }, (_, at) => at).filter((at) => list.some(([from, to]) => from <= at && at < to)),
        );
        for (let index = 1; index < ranges.length; index += 1) {
          expect(ranges[index]!).to.be.greaterThan(ranges[index - 1]!);
        }
        expect(lengthOf(ranges)).to.equal(points(ranges).length);
      }),
    );
  });

  it('does not mind the order', () => {
    fc.assert(
      fc.property(stretches, (list) => {
        expect(union(list)).to.deep.equal(union([...list].reverse()));
      }),
    );
  });

  it('subtracts exactly', () => {
    fc.assert(
      fc.property(stretches, stretches, (one, other) => {
        const taken = new Set(points(union(other)));
        expect(points(subtract(union(one), union(other)))).to.deep.equal(
          points(union(one)).filter((at) => !taken.has(at)),
        );
      }),
    );
  });
});
