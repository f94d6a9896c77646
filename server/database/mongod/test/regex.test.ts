import { BSONRegExp } from 'bson';
import { expect } from 'chai';
import type { Document } from 'mongodb';
import { compile, test } from '../query/regex.ts';
import { withEngine } from './support/engine-suite.ts';

/** Pattern, options, and texts that match or do not, as PCRE2 10.42 with UTF answered. */
const answers: [pattern: string, options: string, matching: string[], others: string[]][] = [
  ['a$', '', ['a', 'a\n'], ['a\n\n', 'a\r', 'ab']],
  ['^$', '', ['', '\n'], ['\n\n', 'a']],
  ['a.b', '', ['a\rb', 'a\u2028b', 'a😀b'], ['a\nb']],
  ['a.b', 's', ['a\nb'], ['ab']],
  ['^\\d$', '', ['7'], ['٣', '７']],
  ['^k$', 'i', ['k', 'K', '\u212a'], ['l']],
  ['^[a-z]+$', 'i', ['ABC', 'ſ'], ['É', '1']],
  ['^[^k]$', 'i', ['l'], ['k', 'K', '\u212a']],
  ['^straße$', 'i', ['STRAẞE'], ['STRASSE']],
  ['ς', 'i', ['Σ', 'σ'], ['s']],
  ['^[a\\-z]$', '', ['-', 'z'], ['b']],
  ['^[^a.$]+$', '', ['b|('], ['a', '.', 'b$']],
  ['^[\\]\\\\]$', '', [']', '\\'], ['a']],
  ['^a\\.\\|\\/\\_-#$', 'u', ['a.|/_-#'], ['ab']],
  ['^.$', '', ['😀', '王'], ['ab']],
  ['^[😀王]?a$', '', ['😀a', 'a'], ['芳a']],
  ['^a{2,3}b{2}c{1,}$', '', ['aabbc', 'aaabbccc'], ['abbc', 'aabbbc', 'aabb']],
  ['^a*b?c+$', '', ['c', 'aabcc'], ['aab', 'bbc']],
  ['', '', ['', 'a'], []],
  ['/', '', ['a/b'], ['a']],
];

/** What PCRE2 refuses, and what it may take for something else than JavaScript: this engine does not know it. */
const refused: string[] = [
  ...['(', ')', '[a', '[]', '*a', '+', 'a{2,1}', '[z-a]', '[a-\\d]', '[:alpha:]', '[[:alpha:]]', '\\', '\\i', 'a**'],
  ...['(a)', 'a|b', 'a|', '(?i)a', 'a++', 'a+?', 'a{,2}', 'x{', 'a]', '}', 'a^', '$a', '^*', '^^', 'a$$', '{1}'],
  ...['\\w', '\\s', '\\b', '\\D', '\\A', '\\Z', '\\n', '\\x41', '\\1', '\\Qa\\E', '\\p{L}', '[\\w]', '[a-]', '[^]'],
  ...['[a^]', '[-a]', '[a-[b]]', 'a{1000}', `${'a{999}'.repeat(51)}`],
];

describe('regular expressions', () => {
  const engine = withEngine('regex');

  for (const [pattern, options, matching, others] of answers) {
    it(`match as those of PCRE2: /${pattern}/${options}`.replaceAll('\n', '\\n'), () => {
      const expression = compile(pattern, options);
      expect(matching.filter((text) => !test(expression, text))).to.deep.equal([]);
      expect(others.filter((text) => test(expression, text))).to.deep.equal([]);
    });
  }

  for (const pattern of refused) {
    it(`are refused where they mean something else: ${pattern.slice(0, 20)}`, () => {
      expect(() => compile(pattern, ''))
        .to.throw(/Regular expression is invalid/)
        .with.property('code', 51091);
    });
  }

  it('are refused by commands with the codes of MongoDB', async () => {
    await engine.db.collection('rows').insertOne({ a: 'x' });
    const code = (a: unknown) => engine.code({ find: 'rows', filter: { a } });
    expect(await code({ $regex: '(?R)' })).to.equal(51091);
    for (const $options of ['m', 'x', 'im']) expect(await code({ $regex: 'a', $options })).to.equal(51091);
    expect(await code({ $in: [new BSONRegExp('[', '')] })).to.equal(51091);
    expect(await code({ $regex: 'a', $options: 'g' })).to.equal(51108);
    expect(await code({ $regex: /a/i, $options: 's' })).to.equal(51075);
    expect(await code({ $regex: 'a', $options: 5 })).to.equal(2);
    expect(await code({ $regex: 'x'.repeat(40_000) })).to.equal(51091);
  });

  it('are kept and found as they were written', async () => {
    const rows = engine.db.collection<Document & { _id: number }>('rows');
    const written = ['a/b', '', '\n', '(?i)x\\h', '[/]'].map((pattern, _id) => ({
      _id,
      at: new BSONRegExp(pattern, 'i'),
    }));
    await rows.insertMany(written);
    await rows.updateMany({}, [{ $set: { n: 1 } }]);
    await rows.updateMany({}, { $max: { n: 2 } });
    const found = await rows.find({}, { projection: { at: 1 }, bsonRegExp: true }).toArray();
    expect(found).to.deep.equal(written);
    for (const { _id, at } of written) {
      if (at.pattern.startsWith('(')) continue;
      expect(await rows.countDocuments({ at })).to.equal(1);
      expect(await rows.countDocuments({ at: { $nin: [at] } })).to.equal(4);
      expect((await rows.findOne({ at }, { projection: { _id: 1 } }))?._id).to.equal(_id);
    }
  });

  describe('that go back and forth', () => {
    const slow: Document[] = [
      { a: /^a*a*a*a*$/ },
      { a: { $regex: '^.*.*.*=$', $options: 's' } },
      { a: { $nin: [/.*.*.*x/] } },
      { a: { $in: [/a*a*a*a*b/i] } },
    ];

    it('are refused on texts where they may take long', async () => {
      await engine.db.collection('rows').insertMany([{ a: `${'a'.repeat(50_000)}!` }, { a: `${'a'.repeat(40)}!` }]);
      for (const filter of slow) {
        const started = performance.now();
        expect(await engine.code({ find: 'rows', filter }), JSON.stringify(filter)).to.equal(51156);
        expect(performance.now() - started).to.be.lessThan(1000);
      }
      const update = { q: slow[0], u: { $set: { b: 1 } }, multi: true };
      const answer = await engine.db.command({ update: 'rows', updates: [update] }).catch((error) => error);
      expect(answer.writeErrors?.[0].code ?? answer.code).to.equal(51156);
    });

    it('are tested on texts where they are quick', async () => {
      const text = `${'ab '.repeat(20)}end`;
      expect(test(compile('a.*b.*end$', 'i'), text)).to.equal(true);
      expect(test(compile('a.*b.*ends', 'i'), text)).to.equal(false);
    });
  });

  it('of names are tested, whatever the length of the text', () => {
    for (const pattern of ['王芳', '^王', 'zhang', 'a\\.b', 'teacher@'])
      expect(compile(pattern, 'i').safeLength, pattern).to.be.greaterThan(1_000_000);
    expect(compile('^a.*b$', 's').safeLength).to.be.greaterThan(500);
  });

  it('and long filters end with their time within one document', async () => {
    const numbers = Array.from({ length: 60_000 }, (_each, n) => n);
    await engine.db.collection('rows').insertOne({ list: numbers, nested: numbers.map((n) => ({ n })) });
    const timed = async (filter: Document) => {
      const started = performance.now();
      const code = await engine.code({ find: 'rows', filter, maxTimeMS: 200 });
      return [code, performance.now() - started < 2500];
    };
    const reversed = [...numbers].reverse();
    expect(await timed({ $and: reversed.map((n) => ({ 'nested.n': n })) })).to.deep.equal([50, true]);
    expect(await timed({ $and: numbers.map((n) => ({ list: numbers.length - 1 - n })) })).to.deep.equal([50, true]);
    const started = performance.now();
    expect(await engine.code({ find: 'rows', filter: { list: { $nin: numbers.map((n) => -n - 0.5) } } })).to.equal(0);
    expect(performance.now() - started).to.be.lessThan(2500);
  });
});
