import { expect } from 'chai';
import { brokenRule, cycles } from './imports.ts';
import { brokenOrders } from './orders.ts';

const from = (path: string, to: string) => ({ from: path, to, typeOnly: false });

describe('the rules of the house', () => {
  it('names what an import breaks', () => {
    const cases: [string, string, string | undefined][] = [
      ['server/platform.ts', 'plugins/demo/index.ts', 'the core never imports a plugin'],
      ['server/database/mongod/main.ts', 'server/log.ts', 'the engine imports nothing from the rest of the project'],
      [
        'server/database/cli.ts',
        'server/database/mongod/maintenance.ts',
        'the rest of the project reaches the engine through the exports of its package',
      ],
      ['server/database/cli.ts', 'xuefang-mongod/maintenance', undefined],
      ['server/database/mongod/test/kill.test.ts', 'server/database/mongod/engine.ts', undefined],
      [
        'server/database/mongod/test/kill.test.ts',
        'test/support/quick.ts',
        'the engine imports nothing from the rest of the project',
      ],
      ['plugins/a/index.ts', 'server/accounts/scope.ts', 'a plugin uses the core through #platform'],
      ['plugins/a/index.ts', 'plugins/b/b.service.ts', 'a plugin uses another through its service'],
      ['plugins/a/index.ts', 'test/support/client.ts', 'the product never imports tests'],
      ['plugins/a/index.ts', 'server/plugins/contract.ts', undefined],
      ['plugins/a/client/index.ts', 'server/web/client/live.ts', undefined],
      ['plugins/a/index.ts', 'plugins/a/a.service.ts', undefined],
      ['server/platform.ts', 'express', undefined],
    ];
    for (const [path, to, broken] of cases) expect(brokenRule(from(path, to)), `${path} → ${to}`).to.equal(broken);
  });

  it('finds orders of queries that do not end in _id, and leaves sorted arrays alone', () => {
    const cases: [string, string[]][] = [
      ['rows.find().sort({ at: -1, _id: 1 }).limit(3)', []],
      ['rows.find().sort({ at: -1 }).limit(3)', ['{ at: -1 }']],
      ['rows.find()\n  .sort({ _id: 1, at: -1 })', ['{ _id: 1, at: -1 }']],
      ['list.sort(); list.sort((a, b) => a.n - b.n); function byName(a) {} list.sort(byName)', []],
      ['const order = { at: 1, _id: 1 } as const; rows.find().sort(order)', []],
      ['const order = { at: 1 } as const; rows.find().sort(order)', ['order']],
      [
        'const orders: Record<string, object> = { a: { at: 1, _id: 1 }, b: { at: 1 } };\nfind().sort(orders[by])',
        ['orders[by]'],
      ],
      ['function page(order) { return rows.find().sort(order); }', ['order']],
      ['rows.aggregate([{ $sort: { at: 1 } }, { $sort: { at: 1, _id: 1 } }])', ['{ at: 1 }']],
      ["rows.findOneAndUpdate({}, {}, { sort: { at: 'asc' } })", ["{ at: 'asc' }"]],
      ["view({ sort: { key: sort, direction: down ? 'desc' : 'asc' } })", []],
    ];
    for (const [text, found] of cases) expect(brokenOrders(text), text).to.deep.equal(found);
  });

  it('finds circles of any length, and no others', () => {
    expect(cycles([from('a', 'b'), from('b', 'c'), from('a', 'c')])).to.deep.equal([]);
    expect(cycles([from('a', 'b'), from('b', 'c'), from('c', 'a'), from('c', 'd')])).to.deep.equal([['a', 'b', 'c']]);
    expect(cycles([from('a', 'a')])).to.deep.equal([['a']]);
  });
});
