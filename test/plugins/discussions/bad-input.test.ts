import { expect } from 'chai';
import supertest from 'supertest';
import { discussing, type Scene, THOUGHT } from './support.ts';

describe('discussions with bad input', () => {
  let scene: Scene;
  before(async function () {
    this.timeout(60_000);
    scene = await discussing();
  });
  after(async () => {
    await scene.test.stop();
  });
  const stored = async () => (await scene.as.learner.get(`/api/v1/discussions/topics/${scene.topic}`)).body.posts;
  afterEach(async () => {
    expect(await stored()).to.equal(0);
    expect(await scene.value(scene.learner.enrolment._id, scene.topic)).to.equal(undefined);
  });

  it('refuses a post of 1 MB, as JSON and as a form, in the words of its reader', async () => {
    const text = 'a'.repeat(2 ** 20);
    const json = await scene.as.learner.post(`/api/v1/discussions/topics/${scene.topic}/posts`, { text }).expect(413);
    expect(json.body.error.message).to.match(/256 KB/);
    const form = await scene.as.learner.form(`/discussions/${scene.topic}/posts`, { text }).expect(413);
    expect(form.text).to.include('256 KB');
  });

  it('refuses a text that is too long or empty, showing the form again with what was typed', async () => {
    const form = (text: string) => scene.as.learner.form(`/discussions/${scene.topic}/posts`, { text });
    const long = await form('很长'.repeat(10_001)).expect(422);
    expect(long.text).to.include('20000').and.include('很长很长很长');
    await form('  \n ').expect(422);
    await form('').expect(422);
  });

  it('refuses a form without its token', async () => {
    await supertest(scene.test.url)
      .post(`/discussions/${scene.topic}/posts`)
      .set('Cookie', scene.as.learner.cookie)
      .type('form')
      .send({ text: THOUGHT })
      .expect(403);
  });

  it('refuses people who are not signed in', async () => {
    await supertest(scene.test.url).get(`/discussions/${scene.topic}`).expect(302);
    await supertest(scene.test.url).get(`/api/v1/discussions/topics/${scene.topic}`).expect(401);
  });

  it('refuses unknown topics, posts and parents', async () => {
    const api = '/api/v1/discussions';
    await scene.as.learner.get('/discussions/no-such-topic').expect(404);
    await scene.as.learner.post(`${api}/topics/no-such-topic/posts`, { text: THOUGHT }).expect(404);
    await scene.as.learner.post(`${api}/topics/${scene.topic}/posts`, { text: THOUGHT, parent: 'none' }).expect(404);
    await scene.as.moderator.post(`${api}/posts/none/feature`).expect(404);
    await scene.as.learner.get('/discussions/posts/none').expect(404);
  });

  it('refuses operators in place of values', async () => {
    const body = { text: THOUGHT, parent: { $ne: null } };
    await scene.as.learner.post(`/api/v1/discussions/topics/${scene.topic}/posts`, body).expect(422);
    await scene.as.learner.get('/api/v1/discussions/topics?workshop[$ne]=x').expect(200);
  });
});
