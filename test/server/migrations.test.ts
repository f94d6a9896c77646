import { expect } from 'chai';
import { migrations } from '../../plugins/discussions/migrations.ts';
import { coreMigrations } from '../../server/migrations.ts';
import { discussing, type Scene } from '../plugins/discussions/support.ts';

/** The migrations change what an earlier version stored; what has their fields already stays as it is. */
describe('migrations of stored data', function () {
  this.timeout(60_000);
  let scene: Scene;
  before(async () => {
    scene = await discussing();
  });
  after(() => scene.test.stop());

  const run = async (id: string) => {
    const migration = [...coreMigrations, ...migrations].find((one) => one.id === id);
    await migration?.up(scene.test.platform.rooms.connection.db!);
  };

  it('let old entries of the audit log be found by who acted and by whom it was about', async () => {
    const { connection, audit } = scene.test.platform.rooms;
    const at = new Date();
    await connection.collection<{ _id: string }>('audit').insertMany([
      { _id: 'both', at, action: 'old.act', actor: 'a', subject: 'b' },
      { _id: 'one', at, action: 'old.act', actor: 'a', subject: null },
      { _id: 'same', at, action: 'old.act', actor: 'b', subject: 'b' },
      { _id: 'nobody', at, action: 'old.act' },
      { _id: 'new', at, action: 'old.act', actor: 'a', subject: 'b', about: ['b'] },
    ] as never[]);
    await run('audit-about');
    const found = async (about: string[]) =>
      (await audit.search({ action: 'old.act', about }, { skip: 0, limit: 50 })).rows.map(({ _id }) => _id);
    expect(await found(['a'])).to.deep.equal(['one', 'both']);
    expect(await found(['a', 'b'])).to.deep.equal(['same', 'one', 'new', 'both']);
    const stored = await connection.collection('audit').find({ action: 'old.act' }).toArray();
    expect(Object.fromEntries(stored.map(({ _id, about }) => [_id, about]))).to.deep.equal({
      both: ['a', 'b'],
      new: ['b'],
      nobody: [],
      one: ['a'],
      same: ['b'],
    });
  });

  it('let old topics be listed for those who read them', async () => {
    const topics = scene.test.platform.rooms.connection.collection<{ _id: string }>('discussions_topics');
    const own = await scene.service('discussions').createTopic({
      programme: scene.test.programme,
      title: '坊内',
      text: '话题',
      author: scene.moderator.id,
      workshop: scene.workshop,
    });
    const listed = async (who: 'learner' | 'stranger') => {
      const { body } = await scene.as[who].get('/api/v1/discussions/topics').expect(200);
      return body.rows.map(({ id }: { id: string }) => id);
    };
    const before = await Promise.all([listed('learner'), listed('stranger')]);
    expect(before).to.deep.equal([[own, scene.topic], [scene.topic]]);
    await topics.updateMany({}, { $unset: { audiences: 1 } });
    expect(await listed('learner')).to.deep.equal([]);
    await run('topic-audiences');
    expect(await Promise.all([listed('learner'), listed('stranger')])).to.deep.equal(before);
  });
});
