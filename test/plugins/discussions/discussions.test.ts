import { expect } from 'chai';
import type { Grant } from '../../../server/plugins/contract.ts';
import { discussing, OTHER, type Scene, THOUGHT } from './support.ts';

describe('discussions', () => {
  let scene: Scene;
  before(async function () {
    this.timeout(60_000);
    scene = await discussing();
  });
  after(() => scene.test.stop());

  const api = '/api/v1/discussions';
  const write = (client: Scene['as']['learner'], text: string, parent?: string, topic = scene.topic) =>
    client.post(`${api}/topics/${topic}/posts`, { text, ...(parent && { parent }) });
  const topicOf = async (title: string, workshop?: string) =>
    scene.service('discussions').createTopic({
      programme: scene.test.programme,
      title,
      text: '话题',
      author: scene.moderator.id,
      ...(workshop && { workshop }),
    });

  it('earns a post and a reply their points, at once and durably', async () => {
    const topic = await topicOf('积分');
    const post = await write(scene.as.learner, THOUGHT, undefined, topic).expect(200);
    expect(post.body).to.include({ points: 10 });
    expect(await scene.value(scene.learner.enrolment._id, topic)).to.equal(10);
    const reply = await write(scene.as.peer, OTHER, post.body.id, topic).expect(200);
    expect(reply.body).to.include({ points: 5 });
    expect(await scene.value(scene.peer.enrolment._id, topic)).to.equal(5);
    const again = await write(scene.as.peer, `${OTHER}！`, undefined, topic).expect(200);
    expect(again.body).to.include({ points: 0, reason: 'near-duplicate' });
    const short = await write(scene.as.peer, '同意', undefined, topic).expect(200);
    expect(short.body).to.include({ points: 0, reason: 'too-short' });
    const page = await scene.as.learner.get(`${api}/topics/${topic}`).expect(200);
    expect(page.body).to.include({ posts: 4, total: 3 });
    expect(page.body.rows[0].replies).to.have.length(1);
  });

  it('compares with what the learner wrote in other topics', async () => {
    const topic = await topicOf('别处');
    const { body } = await write(scene.as.learner, THOUGHT, undefined, topic).expect(200);
    expect(body).to.include({ points: 0, reason: 'near-duplicate' });
  });

  it('counts every one of several posts that are sent at once', async () => {
    const topic = await topicOf('同时');
    const texts = ['春', '夏', '秋', '冬'].map(
      (season, n) => `${season.repeat(12)}${String(n).repeat(3)}${season}季的课堂观察记录第${n}则`,
    );
    const all = await Promise.all(texts.map((text) => write(scene.as.stranger, text, undefined, topic).expect(200)));
    expect(all.map(({ body }) => body.points)).to.deep.equal([10, 10, 10, 10]);
    expect(await scene.value(scene.stranger.enrolment._id, topic)).to.equal(40);
  });

  it('gives nothing twice to the same text sent twice at once', async () => {
    const topic = await topicOf('重复');
    const text = '两次点击提交按钮的同一段话只应当计一次积分，多的不算数。';
    const both = await Promise.all([1, 2].map(() => write(scene.as.peer, text, undefined, topic).expect(200)));
    expect(both.map(({ body }) => body.points).sort()).to.deep.equal([0, 10]);
    expect(await scene.value(scene.peer.enrolment._id, topic)).to.equal(10);
  });

  it('keeps count where another process wrote in between', async () => {
    const topic = await topicOf('别的进程');
    const { ledgers } = scene.test.host('discussions').models as unknown as Record<
      string,
      { updateOne(f: object, u: object): Promise<unknown> }
    >;
    const enrolment = scene.learner.enrolment._id;
    const original = scene.test.platform.rooms.progress.record;
    let raced = false;
    scene.test.platform.rooms.progress.record = async function (report) {
      if (!raced) {
        raced = true;
        await ledgers?.updateOne({ _id: enrolment }, { $inc: { rev: 1 } });
      }
      return original.call(this, report);
    };
    try {
      const { body } = await write(
        scene.as.learner,
        '备课组每周一起看一段课堂录像，只谈学生的反应而不评价老师。',
        undefined,
        topic,
      );
      expect(body).to.include({ points: 10 });
    } finally {
      scene.test.platform.rooms.progress.record = original;
    }
    expect(raced).to.equal(true);
    const { body } = await scene.as.learner.get(`${api}/topics/${topic}`).expect(200);
    expect(body).to.include({ posts: 1, total: 1 });
  });

  it('stops at the daily limit, says so, and never goes beyond it', async () => {
    const limited = await scene.test.learner({ name: '写得多' });
    const client = await scene.test.signIn(limited.login);
    const topic = await topicOf('上限');
    let sum = 0;
    let last: { points: number; reason?: string } = { points: 0 };
    for (let n = 0; n < 11; n++) {
      const text = `第${n}次记录${'甲乙丙丁戊己庚辛壬癸子'[n]?.repeat(14)}课堂片段${n * 7919}`;
      ({ body: last } = await write(client, text, undefined, topic).expect(200));
      sum += last.points;
    }
    expect(sum).to.equal(100);
    expect(last).to.include({ points: 0, reason: 'daily-limit' });
    expect(await scene.value(limited.enrolment._id, topic)).to.equal(100);
  });

  it('lets the moderator feature and hide, and takes the points back with it', async () => {
    const topic = await topicOf('精华');
    const text = '我把学生的错题做成一面墙，让他们自己给错误起名字，效果出乎意料。';
    const { body: post } = await write(scene.as.peer, text, undefined, topic).expect(200);
    const value = () => scene.value(scene.peer.enrolment._id, topic);
    await scene.as.moderator.post(`${api}/posts/${post.id}/feature`).expect(200);
    expect(await value()).to.equal(30);
    await scene.as.moderator.post(`${api}/posts/${post.id}/feature`).expect(200);
    expect(await value()).to.equal(30);
    await scene.as.moderator.post(`${api}/posts/${post.id}/hide`, { reason: '涉及学生隐私' }).expect(200);
    expect(await value()).to.equal(0);
    const seen = await scene.as.learner.get(`${api}/topics/${topic}`);
    expect(seen.body.rows[0]).to.include({ text: '', hidden: '涉及学生隐私' });
    const own = await scene.as.peer.get(`${api}/topics/${topic}`);
    expect(own.body.rows[0]).to.include({ text, points: 0 });
    await scene.as.moderator.post(`${api}/posts/${post.id}/show`).expect(200);
    await scene.as.moderator.post(`${api}/posts/${post.id}/unfeature`).expect(200);
    expect(await value()).to.equal(10);
  });

  it('lets only the moderator of the author do so', async () => {
    const topic = await topicOf('范围');
    const { body: post } = await write(
      scene.as.learner,
      '导学案的问题应该由学生提前一天来补充，课堂才有真问题。',
      undefined,
      topic,
    );
    for (const client of [scene.as.otherModerator, scene.as.learner, scene.as.peer]) {
      await client.post(`${api}/posts/${post.id}/feature`).expect(404);
      await client.post(`${api}/posts/${post.id}/hide`, { reason: '不妥当' }).expect(404);
    }
    const { body } = await scene.as.otherModerator.get(`${api}/topics/${topic}`).expect(200);
    expect(body.rows[0].points).to.equal(undefined);
    const mine = await scene.as.moderator.get(`${api}/topics/${topic}`).expect(200);
    expect(mine.body.rows[0].points).to.equal(10);
  });

  it('gives a post back that nobody replied to, with its points', async () => {
    const topic = await topicOf('撤回');
    const { body: first } = await write(
      scene.as.learner,
      '合唱排练时先听后唱，孩子们自己就能找到和声的位置在哪里。',
      undefined,
      topic,
    );
    await scene.as.peer.delete(`${api}/posts/${first.id}`).expect(404);
    await scene.as.learner.delete(`${api}/posts/${first.id}`).expect(200);
    expect(await scene.value(scene.learner.enrolment._id, topic)).to.equal(0);
    const { body: second } = await write(
      scene.as.learner,
      '合唱排练时先听后唱，孩子们自己就能找到和声的位置在哪里。',
      undefined,
      topic,
    );
    expect(second.points).to.equal(10);
    await write(scene.as.peer, '赞同', second.id, topic).expect(200);
    const refused = await scene.as.learner.delete(`${api}/posts/${second.id}`).expect(409);
    expect(refused.body.error.code).to.equal('discussions:has-replies');
    const { body } = await scene.as.learner.get(`${api}/topics/${topic}`);
    expect(body).to.include({ posts: 2, total: 1 });
  });

  it('keeps a workshop topic to its workshop', async () => {
    const topic = await topicOf('本坊', scene.workshop);
    await scene.as.learner.get(`/discussions/${topic}`).expect(200);
    await scene.as.stranger.get(`/discussions/${topic}`).expect(404);
    await scene.as.otherModerator.get(`${api}/topics/${topic}`).expect(404);
    await write(scene.as.stranger, THOUGHT, undefined, topic).expect(404);
    const { body } = await scene.as.stranger.get(`${api}/topics?size=100`).expect(200);
    expect(body.rows.map(({ id }: { id: string }) => id)).to.not.include(topic);
  });

  it('shows a bureau the posts of its own people only, and lets it write nothing', async () => {
    const topic = await topicOf('教育局');
    await write(scene.as.learner, '鼓楼区教师的发言内容', undefined, topic).expect(200);
    await write(scene.as.stranger, '龙亭区教师的发言内容', undefined, topic).expect(200);
    const texts = async (login: string) => {
      const client = await scene.test.signIn(login);
      const { body } = await client.get(`${api}/topics/${topic}`).expect(200);
      await write(client, THOUGHT, undefined, topic).expect(403);
      return body.rows.map(({ text }: { text: string }) => text);
    };
    expect(await texts(scene.county.login)).to.deep.equal(['鼓楼区教师的发言内容']);
    expect(await texts(scene.otherCounty.login)).to.deep.equal(['龙亭区教师的发言内容']);
  });

  it('lets who learns in one workshop and oversees others read there as an overseer only', async () => {
    const both = await scene.test.learner({ name: '孙两任' });
    await scene.test.platform.rooms.progress.setWorkshop(both.enrolment._id, scene.workshop);
    const school: Grant = { role: 'school-administrator', scope: `organisation:${scene.test.organisations.school}` };
    await scene.test.platform.rooms.accounts.grant(both.id, school);
    const client = await scene.test.signIn(both.login);
    const { programme } = scene.test;
    const topic = { programme, workshop: scene.otherWorkshop, title: '坊内话题', text: '只在坊内说。' };
    const { body } = await scene.as.otherModerator.post('/api/v1/discussions/topics', topic).expect(200);
    await scene.as.stranger.post(`/api/v1/discussions/topics/${body.id}/posts`, { text: '别校学员的话' }).expect(200);
    const read = await client.get(`/api/v1/discussions/topics/${body.id}`).expect(200);
    expect(read.body.rows).to.deep.equal([]);
    await client.post(`/api/v1/discussions/topics/${body.id}/posts`, { text: '我也说一句' }).expect(403);
    const socket = await client.socket();
    expect((await socket.emitWithAck('subscribe', `topic:${body.id}`)).error.code).to.equal('core:not-found');
    socket.disconnect();
  });

  it('opens no topic in a workshop that is not of the programme', async () => {
    const manager = await scene.test.person({
      grants: [{ role: 'provider-manager', scope: `programme:${scene.test.programme}` }],
    });
    const client = await scene.test.signIn(manager.login);
    const topic = { programme: scene.test.programme, workshop: 'nowhere', title: '话题', text: '内容' };
    await client.post('/api/v1/discussions/topics', topic).expect(404);
    await client.post('/api/v1/discussions/topics', { ...topic, workshop: scene.workshop }).expect(200);
  });

  it('lets a learner open a topic in the own workshop, which earns points', async () => {
    const body = {
      programme: scene.test.programme,
      title: '怎样让沉默的学生开口',
      text: '班上有三个学生一个学期没有主动发言，大家有什么办法？',
    };
    const { body: made } = await scene.as.peer.post(`${api}/topics`, body).expect(200);
    expect(await scene.value(scene.peer.enrolment._id, made.id)).to.equal(10);
    await scene.as.learner.get(`/discussions/${made.id}`).expect(200);
    await scene.as.stranger.get(`/discussions/${made.id}`).expect(404);
    await scene.as.peer.post(`${api}/topics`, { ...body, workshop: scene.otherWorkshop }).expect(403);
  });

  it('offers a new topic to whoever may open one', async () => {
    const link = `/discussions/new?programme=${scene.test.programme}`;
    for (const client of [scene.as.moderator, scene.as.learner]) {
      expect((await client.get('/discussions').expect(200)).text).to.include(link);
      await client.get(link).expect(200);
    }
    const county = await scene.test.signIn(scene.county.login);
    expect((await county.get('/discussions').expect(200)).text).to.not.include('/discussions/new');
  });

  it('takes no posts in a closed topic, and lets only its leader close it', async () => {
    const topic = await topicOf('关闭', scene.workshop);
    await scene.as.learner.form(`/discussions/${topic}/closed`, { on: '1' }).expect(403);
    await scene.as.moderator.form(`/discussions/${topic}/closed`, { on: '1' }).expect(303);
    const { body } = await write(scene.as.learner, OTHER, undefined, topic).expect(409);
    expect(body.error.message).to.include('话题已关闭');
  });

  it('counts what a workshop has not answered', async () => {
    const topic = await topicOf('待回复');
    const host = scene.test.host('workshops');
    const viewer = await scene.test.platform.rooms.accounts.viewer(scene.moderator.id);
    const figure = async () => {
      const list = await host.apply('workshop.figures', [], {
        workshop: scene.workshop,
        members: [scene.learner.enrolment._id, scene.peer.enrolment._id],
        viewer: viewer!,
        language: 'zh-CN',
      });
      return list.find(({ key }) => key === 'unanswered')?.value as number;
    };
    const before = await figure();
    const { body: post } = await write(scene.as.learner, '怎样安排同课异构最合适', undefined, topic);
    expect(await figure()).to.equal(before + 1);
    const page = await scene.as.moderator.get(`/discussions/unanswered?workshop=${scene.workshop}`).expect(200);
    expect(page.text).to.include('怎样安排同课异构最合适');
    await write(scene.as.moderator, '先定课标再分头备课', post.id, topic).expect(200);
    expect(await figure()).to.equal(before);
  });

  it('tells open pages that somebody posted, but not what', async () => {
    const topic = await topicOf('实时');
    const socket = await scene.as.peer.socket();
    const joined = await socket.emitWithAck('subscribe', `topic:${topic}`);
    expect(joined).to.deep.equal({ ok: true });
    const update = new Promise<{ values: Record<string, object> }>((resolve) => socket.once('update', resolve));
    const { body } = await write(scene.as.learner, '线上教研怎样才能不流于形式', undefined, topic);
    expect(Object.keys((await update).values)).to.deep.equal([`post/${body.id}`]);
    const fresh = await scene.as.peer.get(`/discussions/${topic}/new?after=2000-01-01T00:00:00Z`).expect(200);
    expect(fresh.text).to.include('线上教研怎样才能不流于形式');
    const county = await (await scene.test.signIn(scene.county.login)).socket();
    expect(await county.emitWithAck('subscribe', `topic:${topic}`)).to.have.property('error');
    county.disconnect();
    socket.disconnect();
  });

  it('takes over what was written before, each learner by the same rule', async () => {
    const topic = await topicOf('历史');
    const learner = await scene.test.learner();
    const at = (days: number) => new Date(Date.now() - days * 86_400_000);
    const past = (
      who: { enrolment: { _id: string }; id: string },
      posts: { text: string; at: Date; kind: 'post' | 'reply' }[],
    ) => ({
      enrolment: who.enrolment._id,
      learner: who.id,
      topic,
      posts,
    });
    await scene.service('discussions').importHistory([
      past(learner, [
        { text: THOUGHT, at: at(9), kind: 'post' },
        { text: OTHER, at: at(8), kind: 'post' },
        { text: `${THOUGHT}！`, at: at(7), kind: 'post' },
      ]),
      past(scene.stranger, [{ text: '这段历史回复的字数也超过了二十个字，所以同样计分。', at: at(6), kind: 'reply' }]),
    ]);
    expect(await scene.value(learner.enrolment._id, topic)).to.equal(20);
    const { body } = await scene.as.learner.get(`${api}/topics/${topic}`).expect(200);
    expect(body).to.include({ posts: 4, total: 3 });
    expect(body.rows[0].replies).to.have.length(1);
    const client = await scene.test.signIn(learner.login);
    expect((await write(client, OTHER, undefined, topic)).body).to.include({ points: 0, reason: 'near-duplicate' });
    expect(await scene.value(learner.enrolment._id, topic)).to.equal(20);
  });

  it('gives nothing outside the study term', async () => {
    const { programmes } = scene.test.platform.rooms;
    const known = await programmes.get(scene.test.programme);
    const id = (
      await programmes.create({
        ...known,
        _id: 'past-programme',
        state: 'draft',
        term: { ...known.term, from: new Date(0), to: new Date(1) },
      } as never)
    )._id;
    await programmes.open(id);
    const user = await scene.test.platform.rooms.accounts.get(scene.learner.id);
    const enrolment = await scene.test.platform.rooms.progress.enrol(id, user);
    const topic = await scene
      .service('discussions')
      .createTopic({ programme: id, title: '过期', text: '过期', author: scene.moderator.id });
    const { body } = await write(
      scene.as.learner,
      '学期之外写下的这些话不再计分，但仍然可以继续讨论。',
      undefined,
      topic,
    ).expect(200);
    expect(body).to.include({ points: 0, reason: 'out-of-term' });
    const after = await scene.test.platform.rooms.enrolments.get(enrolment._id, {} as never);
    expect(after.values).to.deep.equal({});
    expect(after.lastAt).to.equal(undefined);
  });
});
