import { expect } from 'chai';
import fc from 'fast-check';
import { pageAcross } from '../../server/page-of.ts';

const byNumber = (a: { n: number }, b: { n: number }) => a.n - b.n;

describe('a page over many values', () => {
  it('is the page of the whole list, and asks for no more values at once than are merged by an index', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 900 }),
        fc.nat(40),
        fc.integer({ min: 1, max: 60 }),
        async (many, skip, limit) => {
          const values = Array.from({ length: many }, (_, n) => String(n));
          const rows = values.map((of, n) => ({ of, n: (n * 7919) % 997 }));
          const asked: number[] = [];
          const find = async (some: string[], page: { skip: number; limit: number }) => {
            asked.push(some.length);
            const own = rows.filter(({ of }) => some.includes(of)).sort(byNumber);
            return own.slice(page.skip, page.skip + page.limit);
          };
          const found = await pageAcross(values, { skip, limit }, find, byNumber);
          expect(found).to.deep.equal([...rows].sort(byNumber).slice(skip, skip + limit));
          expect(Math.max(...asked)).to.be.at.most(200);
        },
      ),
      { numRuns: 50 },
    );
  });
});
