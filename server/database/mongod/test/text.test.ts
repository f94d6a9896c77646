import { expect } from 'chai';
import type { Collection, Document } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';

/** Search, and the _ids that it finds, from MongoDB's manual on $text or by its rules. */
const searches: [string, { $search: string; [option: string]: unknown }, number[]][] = [
  ['a word', { $search: 'coffee' }, [1, 7]],
  ['any of several words', { $search: 'bake coffee cake' }, [1, 3, 6, 7]],
  ['a phrase', { $search: '"coffee shop"' }, [7]],
  ['a phrase beside words is required', { $search: 'cake "coffee shop"' }, [7]],
  ['without a word', { $search: 'coffee -shop' }, [1]],
  ['without a phrase', { $search: 'coffee -"coffee shop"' }, [1]],
  ['only negation finds nothing', { $search: '-coffee' }, []],
  ['stop words find nothing', { $search: 'the' }, []],
  ['words by their stem', { $search: 'baked cakes' }, [3, 6]],
  ['no stems without a language', { $search: 'cakes', $language: 'none' }, []],
  ['upper case', { $search: 'COFFEE' }, [1, 7]],
  ['case on demand', { $search: 'Coffee', $caseSensitive: true }, [1]],
  ['diacritics', { $search: 'CREME' }, [5]],
  ['diacritics on demand', { $search: 'creme', $diacriticSensitive: true }, []],
  ['Chinese by a part of the text', { $search: '教师' }, [2, 4]],
  ['Chinese by one character', { $search: '研' }, [2]],
  ['Chinese of three characters', { $search: '校教师' }, [4]],
  ['Chinese excluded', { $search: '教师 -培训' }, [4]],
  ['Chinese and Latin in one text', { $search: 'stem 课程' }, [2]],
  ['Chinese that is nowhere', { $search: '师教' }, []],
];

describe('text search in the engine', () => {
  const engine = withEngine('texts');
  let rows: Collection<{ _id: number; views: number }>;

  beforeEach(async () => {
    rows = engine.db.collection('articles');
    await rows.insertMany([
      { _id: 1, subject: 'Coffee', author: 'xyz', views: 50 },
      { _id: 2, subject: '教师培训与研修 STEM课程' },
      { _id: 3, subject: 'Baking a cake', author: 'abc', views: 90 },
      { _id: 4, subject: '学校教师名单' },
      { _id: 5, subject: 'Café: crème brûlée' },
      { _id: 6, subject: 'Baking', body: ['a cake', 'a pie'] },
      { _id: 7, subject: 'A coffee shop' },
    ] as never[]);
    await rows.createIndex({ subject: 'text', body: 'text' }, { weights: { subject: 5 } });
  });

  const ids = async (filter: Document) =>
    (await rows.find(filter).toArray()).map(({ _id }) => _id).sort((a, b) => a - b);

  for (const [name, $text, expected] of searches) {
    it(`finds ${name}`, async () => {
      expect(await ids({ $text })).to.deep.equal(expected);
      expect(await rows.countDocuments({ $text })).to.equal(expected.length);
    });
  }

  it('combines with other conditions, and shows its index', async () => {
    expect(await ids({ $text: { $search: 'coffee cake' }, views: { $gt: 60 } })).to.deep.equal([3]);
    expect(await ids({ $and: [{ $text: { $search: 'coffee' } }, { author: 'xyz' }] })).to.deep.equal([1]);
    const { queryPlanner } = await rows.find({ $text: { $search: 'coffee' } }).explain();
    expect(JSON.stringify(queryPlanner.winningPlan)).to.include('subject_text_body_text');
  });

  it('scores by frequency and weight, and sorts by the score', async () => {
    const score = { $meta: 'textScore' as const };
    const found = await rows
      .find({ $text: { $search: 'coffee shop' } })
      .project({ subject: 1, score })
      .sort({ score })
      .map((each) => ({ _id: each._id, score: Number(each.score) }))
      .toArray();
    expect(found.map(({ _id, score }) => [_id, Math.round(score * 1000) / 1000])).to.deep.equal([
      [7, 7.5],
      [1, 5],
    ]);
    const stages = [
      { $match: { $text: { $search: 'cake baking' } } },
      { $sort: { score } },
      { $project: { _id: 1, score } },
    ];
    const ranked = await rows.aggregate(stages).toArray();
    expect(ranked.map(({ _id }) => _id)).to.deep.equal([3, 6]);
    expect(ranked[0]?.score).to.be.greaterThan(ranked[1]?.score);
    const grouped = await rows
      .aggregate([{ $match: { $text: { $search: 'coffee' } } }, { $group: { _id: null, best: { $max: score } } }])
      .toArray();
    expect(grouped).to.deep.equal([{ _id: null, best: 5 }]);
    const [all] = await rows
      .find({ $text: { $search: 'shop' } })
      .project({ score })
      .toArray();
    expect(all).to.deep.equal({ _id: 7, subject: 'A coffee shop', score: 3.75 });
    expect(await engine.code({ find: 'articles', projection: { score } })).to.equal(40218);
  });

  it('follows changes of the documents', async () => {
    await rows.updateOne({ _id: 3 }, { $set: { subject: 'Tea' } as never });
    expect(await ids({ $text: { $search: 'cake' } })).to.deep.equal([6]);
    expect(await ids({ $text: { $search: 'tea' } })).to.deep.equal([3]);
    await rows.deleteOne({ _id: 6 });
    expect(await ids({ $text: { $search: 'cake' } })).to.deep.equal([]);
    await rows.updateOne({ _id: 1 }, { $inc: { views: 1 } });
    expect(await ids({ $text: { $search: 'coffee' } })).to.deep.equal([1, 7]);
  });

  it('searches every string with a wildcard index', async () => {
    await rows.dropIndexes();
    await rows.createIndex({ '$**': 'text' });
    expect(await ids({ $text: { $search: 'xyz' } })).to.deep.equal([1]);
    await rows.updateOne({ _id: 1 }, { $set: { deep: { inside: ['星期一'] } } as never });
    expect(await ids({ $text: { $search: '星期' } })).to.deep.equal([1]);
  });

  it('lists and refuses as MongoDB does', async () => {
    expect((await rows.indexes())[1]).to.deep.include({
      key: { _fts: 'text', _ftsx: 1 },
      weights: { body: 1, subject: 5 },
      default_language: 'english',
      language_override: 'language',
      textIndexVersion: 3,
    });
    expect(await engine.code({ find: 'none', filter: { $text: { $search: 'x' } } })).to.equal(27);
    expect(await engine.code({ find: 'articles', filter: { $text: { $search: 1 } } })).to.equal(14);
    expect(await engine.code({ find: 'articles', filter: { $text: { $search: 'x', $language: 'x' } } })).to.equal(2);
    expect(await engine.code({ find: 'articles', filter: { $text: {} } })).to.equal(9);
    expect(await rows.createIndex({ author: 'text' }).catch((error) => error.code)).to.equal(67);
    await rows.dropIndex('subject_text_body_text');
    expect(await engine.code({ find: 'articles', filter: { $text: { $search: 'x' } } })).to.equal(27);
  });
});
