import { expect } from 'chai';
import { type Scene, startScene } from './support.ts';

describe('workshops', () => {
  let scene: Scene;
  const service = () => scene.host('workshops').tryUse('workshops')!;
  const grantsOf = async (user: string) => (await scene.platform.rooms.accounts.viewer(user))!.grants;

  before(async () => {
    scene = await startScene();
  });
  after(() => scene.stop());

  describe('the moderator', () => {
    it('gets the grant with the workshop and loses it with a change, also when two changes cross', async () => {
      const { id, moderator } = await scene.workshop();
      const scope = `workshop:${id}` as const;
      expect(await grantsOf(moderator.id)).to.deep.equal([{ role: 'moderator', scope }]);
      const others = await Promise.all([scene.person(), scene.person(), scene.person()]);
      const client = await scene.manager();
      await Promise.all(
        others.map((other) => client.patch(`/api/v1/workshops/${id}`, { moderator: other.id }).expect(200)),
      );
      const { moderator: now } = await service().get(id);
      const held = await Promise.all([moderator, ...others].map(async (one) => (await grantsOf(one.id)).length));
      expect(held.reduce((sum, one) => sum + one, 0)).to.equal(1);
      expect(await grantsOf(now)).to.deep.equal([{ role: 'moderator', scope }]);
      await moderator.client.get(`/workshops/${id}`).expect(404);
    });

    it('lands on the desk, chooses between several workshops, and sees no other', async () => {
      const one = await scene.workshop('第一工作坊');
      const other = await scene.workshop('别人的工作坊');
      await service().create({
        programme: scene.programme,
        name: { zh: '第二工作坊' },
        stage: 'senior',
        subject: 'art',
        moderator: one.moderator.id,
      });
      const client = await scene.signIn(one.moderator.login);
      await client.get('/').expect(302).expect('location', '/workshops');
      const { text } = await client.get('/workshops').expect(200);
      expect(text).to.include('第一工作坊').and.include('第二工作坊').and.not.include('别人的工作坊');
      expect(text).to.include('还没有学员').and.include('暂无动态');
      for (const path of [
        `/workshops/${other.id}`,
        `/workshops/${other.id}/members.csv`,
        `/workshops/${other.id}/nudge`,
        `/workshops/${other.id}/edit`,
        `/workshops/manage`,
        `/workshops/new?programme=${scene.programme}`,
        `/api/v1/workshops/${other.id}`,
        `/api/v1/workshops/${other.id}/members`,
        '/workshops/unknown',
      ]) {
        await client.get(path).expect(404);
      }
      const list = await client.get(`/api/v1/workshops?programme=${scene.programme}`).expect(200);
      expect(list.body.map(({ id }: { id: string }) => id))
        .to.include(one.id)
        .and.not.include(other.id);
    });
  });

  describe('management', () => {
    it('compares the workshops of a programme, for who oversees it', async () => {
      const { id } = await scene.workshop('比较工作坊');
      const { enrolment } = await scene.member(id);
      await scene.study(enrolment, 'four', 600);
      const client = await scene.manager();
      await client.get('/workshops').expect(302).expect('location', '/workshops/manage');
      const { text } = await client.get('/workshops/manage').expect(200);
      expect(text).to.include('比较工作坊').and.include('坊主甲').and.include('40.00');
      const desk = await client.get(`/workshops/${id}`).expect(200);
      expect(desk.text).to.not.include('id="nudge-open"').and.not.include('name="member"');
      const elsewhere = await scene.manager(scene.regions.otherCounty);
      expect((await elsewhere.get('/workshops/manage').expect(200)).text).to.include('没有您管理的培训项目');
      await elsewhere.get(`/workshops/${id}`).expect(404);
      await elsewhere.get(`/workshops/manage?programme=${scene.programme}`).expect(404);
      const provider = await scene.person({
        grants: [{ role: 'provider-manager', scope: `organisation:${scene.organisations.provider}` }],
      });
      await (await scene.signIn(provider.login)).get(`/workshops/${id}`).expect(200);
    });

    it('lists them page by page, with the sums of all', async () => {
      const client = await scene.manager();
      for (let n = 0; n < 12; n++) await scene.workshop(`第${n}坊`);
      const asked = (page: number) => client.get(`/workshops/manage?sort=members&size=10&page=${page}`).expect(200);
      const rows = ({ text }: { text: string }) => [...text.matchAll(/data-row="([^"]+)"/g)].map(([, id]) => id);
      const sums = ({ text }: { text: string }) => /<tfoot[\s\S]*<\/tfoot>/.exec(text)?.[0];
      const [first, second] = [await asked(1), await asked(2)];
      expect(rows(first)).to.have.length(10);
      expect(rows(second)).to.have.length.within(2, 10);
      expect(rows(first).filter((id) => rows(second).includes(id))).to.deep.equal([]);
      expect(sums(second)).to.equal(sums(first)).and.include('合计');
      expect(first.text).to.match(/rel="next"/);
    });

    it('makes a workshop by form, with each mistake at its field', async () => {
      const client = await scene.manager();
      const moderator = await scene.person();
      const given = { programme: scene.programme, zh: '新工作坊', en: '', stage: 'senior', subject: 'physics' };
      await client.get(`/workshops/new?programme=${scene.programme}`).expect(200);
      const nobody = await client.form('/workshops', { ...given, moderator: 'nobody' }).expect(422);
      expect(nobody.text).to.include('没有用这个账号').and.include('value="新工作坊"');
      const stage = await client.form('/workshops', { ...given, stage: 'primary', moderator: moderator.login });
      expect([stage.status, stage.text.includes('没有所选的学段')]).to.deep.equal([422, true]);
      const made = await client.form('/workshops', { ...given, moderator: moderator.login }).expect(303);
      const id = made.headers.location!.split('/').at(-1)!;
      expect(await service().get(id)).to.deep.include({ moderator: moderator.id, subject: 'physics' });
      const next = await scene.person({ name: '新坊主' });
      await client.form(`/workshops/${id}/edit`, { zh: '改名', en: 'Renamed', moderator: next.login }).expect(303);
      expect((await client.get(`/workshops/${id}`)).text)
        .to.include('改名')
        .and.include('坊主 新坊主');
      await client.form(`/workshops/${id}/edit`, { zh: '再改', en: '', moderator: '' }).expect(303);
      expect(await service().get(id)).to.deep.include({ moderator: next.id, name: { zh: '再改' } });
    });

    it('makes a workshop through the API and refuses whom it does not know', async () => {
      const client = await scene.manager();
      const body = { programme: scene.programme, name: { zh: '接口工作坊' }, stage: 'senior', subject: 'history' };
      const { id: moderator } = await scene.person();
      const { body: made } = await client.post('/api/v1/workshops', { ...body, moderator }).expect(200);
      expect(made).to.deep.include({ name: { zh: '接口工作坊' }, moderator });
      await client.post('/api/v1/workshops', { ...body, moderator: 'nobody' }).expect(422);
      await client.post('/api/v1/workshops', { ...body, moderator, stage: 'primary' }).expect(422);
      await client.post('/api/v1/workshops', { ...body, moderator, programme: 'unknown' }).expect(404);
      const { moderator: plain } = await scene.workshop();
      await plain.client.post('/api/v1/workshops', { ...body, moderator }).expect(404);
    });

    it('moves a member with everything earned, and roll-ups stay right', async () => {
      const [from, to] = [await scene.workshop(), await scene.workshop('目标工作坊')];
      const { enrolment } = await scene.member(from.id);
      await scene.study(enrolment, 'five', 60);
      const client = await scene.manager();
      const page = await client.get(`/workshops/${from.id}/members/${enrolment}`).expect(200);
      expect(page.text).to.include('目标工作坊');
      await from.moderator.client.put(`/api/v1/workshops/${to.id}/members/${enrolment}`).expect(404);
      await client
        .form(`/workshops/${from.id}/members/${enrolment}/move`, { workshop: to.id })
        .expect(303)
        .expect('location', `/workshops/${to.id}/members/${enrolment}`);
      await from.moderator.client.get(`/workshops/${from.id}/members/${enrolment}`).expect(404);
      await to.moderator.client.get(`/workshops/${to.id}/members/${enrolment}`).expect(200);
      const { rollUps } = scene.platform.rooms.progress;
      const [left, joined] = await rollUps.of(scene.programme, [`workshop:${from.id}`, `workshop:${to.id}`]);
      expect([left!.enrolled, joined!.enrolled]).to.deep.equal([0, 1]);
      expect(await rollUps.verify(scene.programme)).to.deep.equal([]);
    });
  });

  describe('placement', () => {
    it('puts imported enrolments into their workshops, evenly, once', async () => {
      const fresh = await startScene();
      try {
        const [one, two] = [await fresh.workshop(), await fresh.workshop()];
        const learners = await Promise.all(Array.from({ length: 4 }, () => fresh.learner()));
        const art = await fresh.learner({ subject: 'art' });
        const gone = await fresh.learner();
        await fresh.platform.rooms.progress.withdraw(gone.enrolment._id);
        const value = { programme: fresh.programme, enrolments: learners.map(({ enrolment }) => enrolment._id) };
        fresh.host('workshops').emit('enrolment.imported', value);
        await fresh.platform.rooms.facts.settled();
        const scopes = [`workshop:${one.id}`, `workshop:${two.id}`];
        const sums = await fresh.platform.rooms.progress.rollUps.of(fresh.programme, scopes);
        expect(sums.map(({ enrolled }) => enrolled)).to.deep.equal([2, 2]);
        const placed = await fresh.platform.rooms.enrolments.ofLearner(art.id);
        expect(placed[0]).to.not.have.property('workshop');
        const service = fresh.host('workshops').tryUse('workshops')!;
        expect(await service.place(fresh.programme)).to.equal(0);
        expect(await service.online(one.id)).to.equal(0);
        const [first] = await fresh.platform.rooms.enrolments.ofLearner(learners[0]!.id);
        await fresh.study(first!._id, 'six', 60);
        expect(await service.online(first!.workshop!)).to.equal(1);
      } finally {
        await fresh.stop();
      }
    });
  });
});
