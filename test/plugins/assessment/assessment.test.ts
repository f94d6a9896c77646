import { expect } from 'chai';
import { eventually } from '../../support/eventually.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';
import { pathPlugins, qualify } from '../../support/qualify.ts';

describe('assessment', function () {
  this.timeout(60_000);
  let platform: TestPlatform;
  before(async () => {
    platform = await startTestPlatform({ plugins: pathPlugins });
  });
  after(() => platform?.stop());

  const record = (enrolment: string, values: Record<string, number>) =>
    platform.platform.rooms.progress.record({ enrolment, values });
  const manager = async () => {
    const scope = `organisation:${platform.organisations.provider}` as const;
    return platform.signIn((await platform.person({ grants: [{ role: 'provider-manager', scope }] })).login);
  };
  const draft = async () => {
    const { programmes } = platform.platform.rooms;
    const { _id, state: _state, createdAt: _at, title: _title, ...rest } = await programmes.get(platform.programme);
    return (await programmes.create({ ...rest, title: { zh: '草稿项目' } }))._id;
  };
  const fields = (weights: string[]) => ({
    passMark: '65.5',
    'components[0][id]': 'video',
    'components[0][measure]': 'video-courses/seconds',
    'components[0][weight]': weights[0]!,
    'components[0][full]': '450',
    'components[0][minimum]': '405',
    'components[1][id]': 'tasks',
    'components[1][measure]': 'assignments/scores',
    'components[1][weight]': weights[1]!,
    'components[1][full]': '100',
    'components[1][minimum]': '',
  });

  it('shows each component, what is missing and the rule in words, in both languages', async () => {
    const learner = await platform.learner();
    await record(learner.enrolment._id, { 'video-courses/lesson/l': 150, 'discussions/topic/t': 100 });
    const client = await platform.signIn(learner.login);
    const page = await client.get('/assessment/result').expect(200);
    expect(page.text)
      .to.include('20.00')
      .and.include('再完成 2 分 30 秒')
      .and.include('总分再得 40.00 分')
      .and.include('只舍不入');
    const home = await client.get('/').expect(200);
    expect(home.text).to.include('还差什么').and.include('再完成 2 分 30 秒').and.include('总分再得 40.00 分');
    const english = await client.get('/assessment/result').set('Cookie', `${client.cookie}; xf.lang=en`).expect(200);
    expect(english.text).to.include('40.00 more points to reach the pass mark');
    const { body } = await client.get(`/api/v1/assessment/results/${learner.enrolment._id}`).expect(200);
    expect(body).to.include({ total: 2000, passMark: 6000, qualified: false });
    expect(body.lines[0]).to.include({ id: 'video', value: 2.5, score: 1000, leftToMinimum: 2.5, leftToFull: 7.5 });
  });

  it('shows the way to the registry once the learner has qualified', async () => {
    const learner = await platform.learner();
    await qualify(platform, learner.enrolment._id);
    await platform.platform.rooms.facts.settled();
    const client = await platform.signIn(learner.login);
    const { body } = await client.get(`/api/v1/assessment/results/${learner.enrolment._id}`).expect(200);
    expect(body).to.deep.include({ total: 10_000, qualified: true });
    expect(body.registry.state).to.equal('pending');
    const page = await client.get(`/assessment/result?enrolment=${learner.enrolment._id}`).expect(200);
    expect(page.text).to.include('登记成功').and.include('60 学时会自动登记');
    expect((await client.get('/').expect(200)).text).to.not.include('还差什么');
  });

  it('opens to those who look after the learner, and to nobody else', async () => {
    const learner = await platform.learner({ name: '范围学员' });
    const path = `/assessment/result?enrolment=${learner.enrolment._id}`;
    const county = await platform.person({ grants: [{ role: 'county-bureau', scope: 'region:410204' }] });
    const other = await platform.person({ grants: [{ role: 'county-bureau', scope: 'region:410202' }] });
    const colleague = await platform.learner();
    expect((await (await platform.signIn(county.login)).get(path).expect(200)).text).to.include('范围学员');
    await (await platform.signIn(other.login)).get(path).expect(404);
    await (await platform.signIn(colleague.login)).get(path).expect(404);
    await (await platform.signIn(other.login)).get(`/api/v1/assessment/results/${learner.enrolment._id}`).expect(404);
  });

  it('says something useful to somebody who takes part in nothing', async () => {
    const person = await platform.person();
    const page = await (await platform.signIn(person.login)).get('/assessment/result').expect(200);
    expect(page.text).to.include('还没有成绩');
  });

  it('stores a scheme whose weights sum to 100, in smallest units', async () => {
    const id = await draft();
    const client = await manager();
    await client.form(`/assessment/schemes/${id}`, fields(['70', '30'])).expect(303);
    const { body } = await client.get(`/api/v1/assessment/schemes/${id}`).expect(200);
    expect(body).to.deep.include({ passMark: 6550, version: 2, state: 'draft' });
    expect(body.components).to.deep.equal([
      { id: 'video', measure: 'video-courses/seconds', weight: 70, full: 27_000, minimum: 24_300 },
      { id: 'tasks', measure: 'assignments/scores', weight: 30, full: 100 },
    ]);
  });

  it('refuses weights that do not add up to 100 at the field, keeps what was typed and stores nothing', async () => {
    const id = await draft();
    const client = await manager();
    const page = await client.form(`/assessment/schemes/${id}`, fields(['70', '31'])).expect(422);
    expect(page.text).to.include('现在是 101%').and.include('field-weights-error').and.include('value="65.5"');
    const refused = await client
      .put(`/api/v1/assessment/schemes/${id}`, {
        passMark: 6000,
        components: [{ id: 'video', measure: 'video-courses/seconds', weight: 99, full: 600 }],
        required: [],
      })
      .expect(422);
    expect(refused.body.error.code).to.equal('core:scheme-weights-sum');
    expect((await client.get(`/api/v1/assessment/schemes/${id}`)).body.version).to.equal(1);
  });

  it('refuses measures and activities that no plugin knows', async () => {
    const id = await draft();
    const client = await manager();
    const put = (change: object) =>
      client.put(`/api/v1/assessment/schemes/${id}`, {
        passMark: 6000,
        components: [{ id: 'x', measure: 'video-courses/seconds', weight: 100, full: 600 }],
        required: [],
        ...change,
      });
    const unknown = await put({ components: [{ id: 'x', measure: 'no/such', weight: 100, full: 1 }] }).expect(422);
    expect(unknown.body.error.code).to.equal('assessment:unknown-measure');
    const lost = await put({ required: [{ activity: 'no/such/thing', atLeast: 0 }] }).expect(422);
    expect(lost.body.error.code).to.equal('assessment:unknown-activity');
    for (const name of ['__proto__', 'a.b', '$a', '']) {
      await put({ components: [{ id: name, measure: 'video-courses/seconds', weight: 100, full: 1 }] }).expect(422);
    }
    await put({ required: [{ activity: 'assignments/task/a', atLeast: 60 }] }).expect(200);
  });

  it('freezes the scheme when the programme opens', async () => {
    const id = await draft();
    const client = await manager();
    expect((await client.get(`/assessment/schemes/${id}`).expect(200)).text).to.include(`schemes/${id}/open`);
    await client.form(`/assessment/schemes/${id}/open`, {}).expect(303);
    const page = await client.get(`/assessment/schemes/${id}`).expect(200);
    expect(page.text).to.include('已冻结，只能查看').and.not.include(`schemes/${id}/open`);
    await client.form(`/assessment/schemes/${id}`, fields(['70', '30'])).expect(409);
    await client.post(`/api/v1/assessment/schemes/${id}/open`).expect(409);
  });

  it('lets only those edit a scheme who manage the programme', async () => {
    const id = await draft();
    const path = `/assessment/schemes/${id}`;
    const elsewhere = await platform.person({ grants: [{ role: 'city-bureau', scope: 'region:411000' }] });
    const county = await platform.person({ grants: [{ role: 'county-bureau', scope: 'region:410204' }] });
    const city = await platform.person({ grants: [{ role: 'city-bureau', scope: 'region:410200' }] });
    await (await platform.signIn(city.login)).get(path).expect(200);
    for (const person of [elsewhere, county, await platform.learner()]) {
      const client = await platform.signIn(person.login);
      await client.get(path).expect(404);
      await client.form(path, fields(['70', '30'])).expect(404);
      await client.form(`${path}/open`, {}).expect(404);
    }
    const list = await (await platform.signIn(elsewhere.login)).get('/assessment/schemes').expect(200);
    expect(list.text).not.to.include('草稿项目');
  });

  it('corrects the scheme of an open programme, with a reason, and shows the work among the tasks', async () => {
    const { programmes } = platform.platform.rooms;
    const id = await draft();
    await programmes.open(id);
    const client = await manager();
    const seen = await client.get(`/assessment/schemes/${id}`).expect(200);
    expect(seen.text).to.include(`/assessment/schemes/${id}/correct`);
    const page = await client.get(`/assessment/schemes/${id}/correct`).expect(200);
    expect(page.text).to.include('将重新计分 0 人').and.include('更正不能撤销');
    const path = `/assessment/schemes/${id}/correct`;
    const unexplained = await client.form(path, { ...fields(['70', '30']), reason: ' ' }).expect(422);
    expect(unexplained.text).to.include('请写明更正原因').and.include('value="65.5"');
    expect((await client.form(path, { ...fields(['70', '31']), reason: '权重抄错' }).expect(422)).text).to.include(
      '101%',
    );
    await client.form(path, { ...fields(['70', '30']), reason: '权重抄错' }).expect(303);
    const { body } = await client.get(`/api/v1/assessment/schemes/${id}`).expect(200);
    expect(body).to.include({ version: 2, passMark: 6550, state: 'open' });
    const again = { passMark: 6000, components: body.components, required: [], reason: '合格线抄错' };
    const refused = await client.post(`/api/v1/assessment/schemes/${id}/correct`, again).expect(409);
    expect(refused.body.error.code).to.equal('core:conflict-rescoring');
    const tasks = await client.get('/tasks').expect(200);
    expect(tasks.text).to.include('权重抄错').and.include('第 2 版方案').and.include(`rescoring/${id}|2.passed`);
    await eventually(async () => {
      const answer = await client.get(`/api/v1/assessment/schemes/${id}/rescorings/2`).expect(200);
      expect(answer.body).to.include({ state: 'done', reason: '权重抄错', total: 0 });
    }, 30_000);
    expect((await client.get('/tasks').expect(200)).text).to.include('已完成');
    expect((await client.get(`/assessment/schemes/${id}`).expect(200)).text).not.to.include('正在按第');
    const works = platform.platform.rooms.connection.collection('rescorings');
    await works.updateOne({ _id: `${id}|2` as never }, { $set: { state: 'running', total: 4, passed: 1 } });
    const running = (await client.get(`/assessment/schemes/${id}`).expect(200)).text;
    expect(running).to.include('正在按第 2 版方案').and.include(`rescoring/${id}|2.passed`).and.include('25%');
    await works.updateOne({ _id: `${id}|2` as never }, { $set: { state: 'done', total: 0, passed: 0 } });
    const same = await client.form(path, { ...fields(['70', '30']), reason: '再更正一次' }).expect(422);
    expect(same.text).to.include('没有要更正的内容').and.include('再更正一次');
    const made = await client.post(`/api/v1/assessment/schemes/${id}/correct`, again).expect(200);
    expect(made.body).to.include({ version: 3, state: 'running' });
  });

  it('lets nobody else correct a scheme or see the tasks of a programme', async () => {
    const scheme = { passMark: 0, components: [], required: [], reason: '没有原因' };
    const path = `/api/v1/assessment/schemes/${platform.programme}/correct`;
    const elsewhere = { role: 'provider-manager', scope: 'organisation:provider-b' } as const;
    const stranger = await platform.signIn((await platform.person({ grants: [elsewhere] })).login);
    await stranger.post(path, scheme).expect(404);
    await stranger.get(`/assessment/schemes/${platform.programme}/correct`).expect(404);
    expect((await stranger.get('/tasks').expect(200)).text).to.include('没有后台任务');
    const learner = await platform.signIn((await platform.learner()).login);
    await learner.post(path, scheme).expect(404);
    await learner.get('/tasks').expect(404);
  });

  it('shows an earned result under the scheme it was earned by', async () => {
    const learner = await platform.learner();
    await qualify(platform, learner.enrolment._id);
    const { progress, programmes } = platform.platform.rooms;
    const { scheme } = await programmes.get(platform.programme);
    const [video, discussion, tasks] = scheme.components;
    const components = [
      { ...video!, weight: 80 },
      { ...discussion!, weight: 10 },
      { ...tasks!, weight: 10 },
    ];
    const by = { actor: learner.id, reason: '权重抄错' };
    await progress.rescorings.correct(platform.programme, { ...scheme, components, passMark: 9_000 }, by);
    const client = await platform.signIn(learner.login);
    const { body } = await client.get(`/api/v1/assessment/results/${learner.enrolment._id}`).expect(200);
    expect(body).to.deep.include({ total: 10_000, passMark: 6000, qualified: true });
    expect(body.lines.map(({ weight }: { weight: number }) => weight)).to.deep.equal([40, 20, 40]);
  });
});
