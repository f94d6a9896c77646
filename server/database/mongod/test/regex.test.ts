import { BSONRegExp } from 'bson';
import { expect } from 'chai';
import type { Document } from 'mongodb';
import { compile, test } from '../query/regex/compile.ts';
import { withEngine } from './support/engine-suite.ts';

/** Pattern, options, and texts that match or do not, as PCRE2 10.42 with UTF answered. */
const answers: [pattern: string, options: string, matching: string[], others: string[]][] = [
  ['a$', '', ['a', 'a\n'], ['a\n\n', 'a\r', 'ab']],
  ['a$', 'm', ['a\nb', 'a\n\n'], ['a\rb', 'a\u2028b']],
  ['^b', 'm', ['a\nb'], ['a\rb', 'a\u2028b', 'a\n']],
  ['^$', 'm', ['', '\n\na'], ['a\n']],
  ['a.b', '', ['a\rb', 'a\u2028b', 'a😀b'], ['a\nb']],
  ['a.b', 's', ['a\nb'], ['ab']],
  ['^\\s$', '', [' ', '\t', '\v', '\r'], ['\u00a0', '\u2028', '\u3000']],
  ['^\\d$', '', ['7'], ['٣', '７']],
  ['^\\w$', '', ['a', '_', '0'], ['é', '王', 'ſ']],
  ['^\\w$', 'i', ['K'], ['\u212a', 'ſ']],
  ['^k$', 'i', ['k', 'K', '\u212a'], ['l']],
  ['^[a-z]+$', 'i', ['ABC', 'ſ'], ['É', '1']],
  ['^straße$', 'i', ['STRAẞE'], ['STRASSE']],
  ['ς', 'i', ['Σ', 'σ'], ['s']],
  ['^a++b', '', ['aaab'], ['b']],
  ['^a++ab', '', [], ['aaab']],
  ['^(?>a|ab)c', '', ['ac'], ['abc']],
  ['^"[^"]*+"$', '', ['"a"'], ['"a']],
  ['\\Aa\\z', '', ['a'], ['a\n', 'ba']],
  ['a\\Z', '', ['a', 'a\n'], ['a\n\n']],
  ['^\\h+\\H\\v\\V$', '', [' \u3000\ta\nb', '\u00a0x\u2028y'], ['\n  ', ' a b']],
  ['^\\R$', '', ['\r\n', '\n', '\r', '\u0085', '\u2029'], ['a', '']],
  ['^\\R\\n', '', ['\r\n\n'], ['\r\n']],
  ['foo\\Kbar', '', ['foobar'], ['bar']],
  ['^[[:alpha:]]+$', '', ['abC'], ['a1', 'é']],
  ['^[[:^digit:][:punct:]]$', '', ['a', '!'], ['5']],
  ['^[]a]+$', '', [']a]'], ['b']],
  ['^[^]a]$', '', ['b'], [']', 'a']],
  ['^[a\\-z]$', '', ['-', 'z'], ['b']],
  ['^[\\w-]+$', '', ['a-b'], ['a b']],
  ['a(?i)b|c', '', ['ab', 'aB', 'C'], ['Ab']],
  ['a(?i:b)c', '', ['aBc'], ['aBC']],
  ['(?i)é(?-i)é', '', ['Éé'], ['éÉ']],
  ['(?x) a b # comment\n c', '', ['abc'], ['a b c']],
  ['a b[ ]c \\ d', 'x', ['ab c d'], ['a b c d']],
  ['[ #]', 'x', [' ', '#'], ['a']],
  ['a(?#b)c', '', ['ac'], ['abc']],
  ['(?P<n>a|b)(?P=n)', '', ['aa', 'bb'], ['ab']],
  ['(?<n>.)\\k<n>\\k{n}', '', ['xxx'], ['xxy']],
  ['(a)(b)\\g{-1}\\g1\\2', '', ['abbab'], ['ababa']],
  ['^\\Qa.b*\\E+$', '', ['a.b*', 'a.b***'], ['a.b', 'axb*']],
  ['^\\x{1F600}\\x41\\101\\o{102}\\x{e9}$', '', ['😀AABé'], ['😀AAB']],
  ['^\\cA\\e\\a\\t$', '', ['\x01\x1b\x07\t'], ['A']],
  ['^[\\b]$', '', ['\b'], ['b']],
  ['^\\p{Han}+\\p{L}$', '', ['王芳é'], ['ab']],
  ['^\\pL\\PL\\p{^L}$', '', ['a1!'], ['abc']],
  ['^.$', '', ['😀', '王'], ['ab']],
  ['^(?!ab).(?<=[a-c])$', '', ['a', 'c'], ['d']],
  ['a{,2}', '', ['a{,2}'], ['aa']],
  ['^a{2,3}?$', '', ['aa', 'aaa'], ['a', 'aaaa']],
  ['x{', '', ['x{'], ['x']],
  ['\\N\\N', '', ['a\r'], ['a\n']],
  ['', '', ['', 'a'], []],
  ['a|', '', ['b'], []],
  ['/', '', ['a/b'], ['a']],
];

/** What PCRE2 refuses, and what this engine does not know. */
const refused: string[] = [
  ...['(', ')', 'a)', '[a', '*a', '+', 'a{2,1}', '[z-a]', '[a-\\d]', '[[:foo:]]', '[:alpha:]', '\\', '\\i', '\\u0041'],
  ...[
    '(?<=a+)b',
    '(?<n>a)(?<n>b)',
    '\\x{110000}',
    '\\x{d800}',
    '\\p{Nonsense}',
    '(?<1>a)',
    '(?z)',
    'a**',
    '\\8',
    '\\k<n>',
  ],
  ...[
    '(?R)',
    '(a)(?1)',
    '(?&n)',
    '(?P>n)',
    '(?(1)a|b)',
    '(?|a|b)',
    '(*UCP)a',
    'a(*FAIL)',
    '\\X',
    '\\C',
    '(?C1)',
    '\\N{U+41}',
  ],
  ...['(a)?\\1', '(?:(a)|b)\\1', '(?:a?)++b', '(?<=(?>a))b', '[[.a.]]', '\\g<1>(a)', '(?i)\\p{Lu}'],
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
    it(`are refused where they mean something else: ${pattern}`, () => {
      expect(() => compile(pattern, ''))
        .to.throw(/Regular expression is invalid/)
        .with.property('code', 51091);
    });
  }

  it('are refused by commands with the codes of MongoDB', async () => {
    await engine.db.collection('rows').insertOne({ a: 'x' });
    const code = (a: unknown) => engine.code({ find: 'rows', filter: { a } });
    expect(await code({ $regex: '(?R)' })).to.equal(51091);
    expect(await code({ $not: new BSONRegExp('(', '') })).to.equal(51091);
    expect(await code({ $in: [new BSONRegExp('[', '')] })).to.equal(51091);
    expect(await code({ $regex: 'a', $options: 'g' })).to.equal(51108);
    expect(await code({ $regex: /a/i, $options: 's' })).to.equal(51075);
    expect(await code({ $regex: 'a', $options: 5 })).to.equal(2);
    expect(await code({ $regex: 'x'.repeat(40_000) })).to.equal(51091);
    expect(await code({ $regex: '((((a{100}){100}){100}){100}){100}' })).to.equal(51091);
    const deep = `${'('.repeat(20_000)}a`;
    expect(await code({ $regex: deep })).to.equal(51091);
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
      expect(await rows.countDocuments({ at })).to.equal(1);
      expect(await rows.countDocuments({ at: { $not: at } })).to.equal(4);
      expect((await rows.findOne({ at }, { projection: { _id: 1 } }))?._id).to.equal(_id);
    }
  });

  describe('that go back and forth', () => {
    const slow: Document[] = [
      { a: /^(a+)+$/ },
      { a: { $regex: '^(a|a)*$' } },
      { a: { $regex: '^(?:a?){40}a{40}b' } },
      { a: { $not: /(.*)*x/ } },
      { a: { $in: [/(a*)*b/i] } },
    ];

    it('end with the time of their command, and nobody else waits longer', async () => {
      await engine.db.collection('rows').insertMany([{ a: `${'a'.repeat(50_000)}!` }, { a: `${'a'.repeat(40)}!` }]);
      for (const filter of slow) {
        const started = performance.now();
        const find = engine.code({ find: 'rows', filter, maxTimeMS: 100 });
        const ping = engine.code({ ping: 1 });
        expect(await find, JSON.stringify(filter)).to.equal(50);
        expect(await ping).to.equal(0);
        expect(performance.now() - started).to.be.lessThan(1000);
      }
      const update = { q: slow[0], u: { $set: { b: 1 } }, multi: true };
      const answer = await engine.db
        .command({ update: 'rows', updates: [update], maxTimeMS: 100 })
        .catch((error) => error);
      expect(answer.writeErrors?.[0].code ?? answer.code).to.equal(50);
    });

    it('are given up without a time, too', async () => {
      await engine.db.collection('rows').insertOne({ a: `${'a'.repeat(100)}!` });
      expect(await engine.code({ find: 'rows', filter: slow[0] })).to.equal(51156);
    });

    it('are found all the same where they are quick', async () => {
      const text = `${'ab '.repeat(5000)}end`;
      expect(compile('(?:ab )*end$', '').safeLength).to.be.lessThan(text.length);
      expect(test(compile('(?:ab )*end$', ''), text)).to.equal(true);
      expect(test(compile('a.*b.*end$', 'i'), text)).to.equal(true);
      expect(test(compile('a.*b.*ends', 'i'), text.slice(0, 500))).to.equal(false);
    });
  });

  it('of names are tested without a watch, whatever the length of the text', () => {
    for (const pattern of ['王芳', '^王', 'zhang', 'a\\.b', 'teacher@'])
      expect(compile(pattern, 'i').safeLength, pattern).to.be.greaterThan(1_000_000);
    expect(compile('foo|bar', 'i').safeLength).to.be.greaterThan(1_000_000);
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
    expect(await timed({ list: { $all: reversed } })).to.deep.equal([50, true]);
    expect(await timed({ 'nested.n': { $all: reversed } })).to.deep.equal([50, true]);
    expect(await timed({ $and: numbers.map((n) => ({ list: numbers.length - 1 - n })) })).to.deep.equal([50, true]);
    const started = performance.now();
    expect(await engine.code({ find: 'rows', filter: { list: { $nin: numbers.map((n) => -n - 0.5) } } })).to.equal(0);
    expect(performance.now() - started).to.be.lessThan(2500);
  });
});
