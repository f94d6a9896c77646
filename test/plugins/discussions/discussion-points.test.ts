import { expect } from 'chai';
import fc from 'fast-check';
import {
  awardInOrder,
  awardPoints,
  type DiscussionPost,
  DEFAULT_DISCUSSION_RULES as RULES,
  totalPoints,
} from '../../../plugins/discussions/discussion-points.ts';
import { areAlike, fingerprintOf, fromBytes, toBytes } from '../../../plugins/discussions/likeness.ts';
import { processorMs } from '../../support/quick-enough.ts';

const TODAY = '2026-11-22';
const THOUGHT = '在小组合作学习里我先让学生独立思考再交流，这样每个人都有话可说。';
const OTHER = '评价量规应当在任务开始之前就发给学生，并和他们一起修改其中的每一条标准。';
const post = (text: string, more: Partial<DiscussionPost> = {}): DiscussionPost => ({
  kind: 'post',
  text,
  day: TODAY,
  featured: false,
  ...more,
});
interface EarlierPost {
  text: string;
  day: string;
  base: number;
}
const earlier = (text: string, base = 10, day = TODAY): EarlierPost => ({ text, day, base });
const written = (before: readonly EarlierPost[]) => ({
  spent: before.filter(({ day }) => day === TODAY).reduce((sum, { base }) => sum + base, 0),
  prints: before.map(({ text }) => fingerprintOf(text)),
});
const award = (text: string, before: EarlierPost[] = [], more: Partial<DiscussionPost> = {}) =>
  awardPoints(post(text, more), written(before), RULES);

describe('discussion-points', () => {
  it('gives a post one point and a reply half of one', () => {
    expect(award(THOUGHT)).to.deep.equal({ points: 10, base: 10 });
    expect(award(THOUGHT, [], { kind: 'reply' })).to.deep.equal({ points: 5, base: 5 });
  });

  const lengths: [string, string, boolean][] = [
    ['twenty ideographs', '一二三四五六七八九十甲乙丙丁戊己庚辛壬癸', true],
    ['nineteen', '一二三四五六七八九十甲乙丙丁戊己庚辛壬', false],
    ['nineteen and a lot of punctuation', '一二三四五六七八九十！！！！……。。。甲乙丙丁戊己庚辛壬    \n\n', false],
    ['what looks like a tag and is a comparison', '若a<b且b小于其余各项的和，则必有c>d成立', true],
    ['nineteen between signs', '<《一二三四五六七八九十甲乙丙丁戊己庚辛壬》> && <<>>', false],
    ['twenty rare ideographs, two code units each', '𠀀𠀁𠀂𠀃𠀄𠀅𠀆𠀇𠀈𠀉𠀊𠀋𠀌𠀍𠀎𠀏𠀐𠀑𠀒𠀓', true],
    ['nineteen of those', '𠀀𠀁𠀂𠀃𠀄𠀅𠀆𠀇𠀈𠀉𠀊𠀋𠀌𠀍𠀎𠀏𠀐𠀑𠀒', false],
    ['an address', 'https://example.org/a-very-long-path/that-is-nothing-of-ones-own', false],
    ['an address with a thought after it', `https://example.org/page。${THOUGHT}`, true],
    ['only a quotation', `> ${THOUGHT}\n同意`, false],
    ['a page about pages', '用<ruby>标注拼音<rt>再让学生齐读课文两遍', true],
    ['thumbs', '👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍', false],
    ['a comparison, which is no markup', '当 x < 5 的时候函数单调递减，当 x > 5 的时候函数单调递增', true],
    ['nothing', '', false],
  ];
  for (const [name, text, enough] of lengths) {
    it(`finds ${name} ${enough ? 'long enough' : 'too short'}`, () => {
      expect(award(text).reason).to.equal(enough ? undefined : 'too-short');
    });
  }

  const repeats: [string, string, boolean][] = [
    ['the same text', THOUGHT, true],
    ['other punctuation, spaces and signs', `<${THOUGHT.replaceAll('，', ' ！ ')}>`, true],
    ['a word more', `${THOUGHT}好的`, true],
    ['another thought', OTHER, false],
    ['both thoughts', THOUGHT + OTHER, false],
  ];
  for (const [name, text, duplicate] of repeats) {
    it(`takes ${name} ${duplicate ? 'for a repetition' : 'as new'}`, () => {
      expect(award(text, [earlier(THOUGHT)]).reason).to.equal(duplicate ? 'near-duplicate' : undefined);
    });
  }

  it('draws the line at the threshold, the threshold included', () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz';
    const shared = { ...RULES, similarity: 25 / 26 };
    expect(awardPoints(post(`${letters}1`), written([earlier(letters)]), shared).reason).to.equal('near-duplicate');
    expect(awardPoints(post(`${letters}12`), written([earlier(letters)]), shared).reason).to.equal(undefined);
  });

  it('compares with what earned nothing and with other days as well', () => {
    expect(award(THOUGHT, [earlier(THOUGHT, 0, '2026-01-01')]).reason).to.equal('near-duplicate');
  });

  it('takes full-width and capital letters for the same', () => {
    const text = 'Formative assessment helps every learner in class 7';
    const wide = [...text.toUpperCase()].map((c) => (c === ' ' ? c : String.fromCharCode(c.charCodeAt(0) + 0xfee0)));
    expect(award(wide.join(''), [earlier(text)]).reason).to.equal('near-duplicate');
  });

  it('awards what is left of the day', () => {
    expect(award(THOUGHT, [earlier(OTHER, 95)])).to.deep.equal({ points: 5, base: 5, reason: 'daily-limit' });
    expect(award(THOUGHT, [earlier(OTHER, 100)])).to.deep.equal({ points: 0, base: 0, reason: 'daily-limit' });
    expect(award(THOUGHT, [earlier(OTHER, 100, '2026-11-21')]).points).to.equal(10);
    expect(award(THOUGHT, [earlier(OTHER, 90)])).to.deep.equal({ points: 10, base: 10 });
    expect(award(THOUGHT, [earlier(OTHER, 120)]).base, 'after the limit was lowered').to.equal(0);
  });

  it('adds the bonus for featured posts, whatever else holds', () => {
    const featured = { featured: true };
    expect(award(THOUGHT, [], featured)).to.deep.equal({ points: 30, base: 10 });
    expect(award('好', [], featured)).to.deep.equal({ points: 20, base: 0, reason: 'too-short' });
    expect(award(THOUGHT, [earlier(OTHER, 100)], featured).points).to.equal(20);
  });

  it('is not slowed down by hostile markup', async () => {
    const took = await processorMs(() => {
      for (const text of ['<'.repeat(50_000), '<blockquote'.repeat(2000), '&'.repeat(50_000), '>'.repeat(50_000)]) {
        award(text);
      }
    });
    expect(took).to.be.below(1000);
  });

  const texts = fc.oneof(fc.constantFrom(THOUGHT, OTHER, '好'), fc.string({ unit: 'grapheme', maxLength: 60 }));
  const posts = fc.array(
    fc.record({
      kind: fc.constantFrom('post', 'reply'),
      text: texts,
      day: fc.constantFrom(TODAY, '2026-11-23'),
      featured: fc.boolean(),
    }),
    { maxLength: 40 },
  );

  it('keeps each day within the limit, apart from bonuses', () => {
    fc.assert(
      fc.property(posts, fc.nat(60), (list, dailyLimit) => {
        const awards = awardInOrder(list, { ...RULES, dailyLimit });
        for (const day of [TODAY, '2026-11-23']) {
          const sum = awards.reduce((all, { base }, index) => (list[index]!.day === day ? all + base : all), 0);
          expect(sum).to.be.at.most(dailyLimit);
        }
        const bonuses = list.filter(({ featured }) => featured).length * RULES.featured;
        expect(totalPoints(awards)).to.equal(awards.reduce((all, { base }) => all + base, 0) + bonuses);
      }),
    );
  });

  it('finds texts alike whose shared pairs are many enough, and keeps fingerprints as they are', () => {
    fc.assert(
      fc.property(texts, texts, fc.double({ min: 0, max: 1, noNaN: true }), (one, other, similarity) => {
        const [a, b] = [fingerprintOf(one), fingerprintOf(other + one)];
        const shared = a.filter((hash) => b.includes(hash)).length;
        const all = a.length + b.length - shared;
        const jaccard = all === 0 ? 0 : shared / all;
        for (const asked of [similarity, jaccard]) expect(areAlike(a, b, asked)).to.equal(jaccard >= asked);
        expect(fromBytes(toBytes(a))).to.deep.equal(a);
      }),
    );
  });

  it('gives nothing for writing everything twice', () => {
    fc.assert(
      fc.property(posts, (list) => {
        const plain = list.map((one) => ({ ...one, featured: false }));
        expect(totalPoints(awardInOrder([...plain, ...plain], RULES))).to.be.at.most(
          totalPoints(awardInOrder(plain, RULES)),
        );
      }),
    );
  });
});
