import { expect } from 'chai';
import { addPostSums } from '../../../plugins/discussions/post-sums.ts';
import { discussing, type Scene } from './support.ts';

const POSTS = 230;
const PAGE = 20;

describe('topics of many posts', () => {
  let scene: Scene;
  let topic: string;
  before(async function () {
    this.timeout(60_000);
    scene = await discussing();
    topic = await scene.service('discussions').createTopic({
      programme: scene.test.programme,
      title: '长话题',
      text: '大家都来谈',
      author: scene.moderator.id,
    });
    const half = (who: Scene['learner'], parity: number) => ({
      enrolment: who.enrolment._id,
      learner: who.id,
      topic,
      posts: Array.from({ length: POSTS / 2 }, (_each, at) => ({
        text: `第${2 * at + parity}条`,
        at: new Date(Date.now() - 86_400_000 + (2 * at + parity) * 1000),
        kind: 'post' as const,
      })),
    });
    await scene.service('discussions').importHistory([half(scene.learner, 0), half(scene.stranger, 1)]);
    await scene.as.moderator.post(`/api/v1/discussions/topics/${topic}/posts`, { text: '坊主的话' }).expect(200);
  });
  after(() => scene.test.stop());

  const numbers = (rows: { text: string }[]) => rows.map(({ text }) => /\d+/.exec(text)?.[0] ?? text);

  it('have the same posts on their pages from both ends', async () => {
    const wanted = [...Array.from({ length: POSTS }, (_each, at) => String(at)), '坊主的话'];
    for (const sort of ['oldest', 'newest', 'featured']) {
      const seen: string[] = [];
      for (let page = 1; seen.length < wanted.length; page++) {
        const { body } = await scene.as.learner
          .get(`/api/v1/discussions/topics/${topic}?sort=${sort}&page=${page}`)
          .expect(200);
        expect(body.total).to.equal(wanted.length);
        expect(body.rows.length).to.equal(Math.min(PAGE, wanted.length - seen.length));
        seen.push(...numbers(body.rows));
      }
      expect(seen).to.deep.equal(sort === 'oldest' ? wanted : [...wanted].reverse());
    }
  });

  it('show a bureau those of its people and of moderators', async () => {
    const client = await scene.test.signIn(scene.county.login);
    const { body } = await client.get(`/api/v1/discussions/topics/${topic}?page=6`).expect(200);
    expect(numbers(body.rows)).to.deep.equal([
      ...Array.from({ length: 15 }, (_each, at) => String(2 * (100 + at))),
      '坊主的话',
    ]);
    expect(body.total).to.equal(POSTS / 2 + 1);
    const { body: first } = await client.get(`/api/v1/discussions/topics/${topic}`).expect(200);
    expect(first.total).to.equal(POSTS / 2 + 1);
  });

  it('are read by the index of their page, and no post is read that does not stand on it', async () => {
    const posts = scene.test.platform.rooms.connection.collection('discussions_posts');
    for (const scopes of [{}, { scopes: { $in: [`region:${scene.test.regions.county}`, 'staff'] } }]) {
      for (const sort of [
        { at: 1, _id: 1 },
        { featured: -1, at: -1, _id: -1 },
      ] as const) {
        const filter = { topic, parent: null, opening: false, ...scopes };
        const { executionStats } = await posts.find(filter).sort(sort).skip(80).limit(PAGE).explain('executionStats');
        expect(executionStats.totalDocsExamined).to.equal(PAGE);
      }
    }
  });

  it('and the sums of their authors are made for posts from before there were any', async () => {
    const { connection } = scene.test.platform.rooms;
    const db = connection.db as NonNullable<typeof connection.db>;
    const [posts, ledgers, topics] = ['posts', 'ledgers', 'topics'].map((name) => db.collection(`discussions_${name}`));
    const state = async () => [
      await posts?.find().sort({ _id: 1 }).toArray(),
      await ledgers
        ?.find({}, { projection: { rev: 0 } })
        .sort({ _id: 1 })
        .toArray(),
      await topics?.find().sort({ _id: 1 }).toArray(),
    ];
    const before = await state();
    await posts?.updateMany({}, { $unset: { print: 1 } });
    await posts?.updateMany({ enrolment: null }, { $set: { scopes: [] } });
    await ledgers?.updateMany({}, { $unset: { days: 1, topics: 1 } });
    await topics?.updateMany({}, { $unset: { threads: 1 } });
    await addPostSums(db);
    await addPostSums(db);
    const plain = (all: unknown) => JSON.parse(JSON.stringify(all));
    expect(plain(await state())).to.deep.equal(plain(before));
  });
});
