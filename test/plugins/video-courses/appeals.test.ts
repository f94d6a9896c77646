import { expect } from 'chai';
import { beijingDay } from '../../../server/beijing-time.ts';
import { eventually } from '../../support/eventually.ts';
import { Player, startVideoPlatform, type VideoPlatform } from './video-support.ts';

const api = '/api/v1/video-courses';
const words = '当时网络中断，视频确实看完了。';

describe('appeals against time that was not credited', () => {
  let test: VideoPlatform;

  before(async () => {
    test = await startVideoPlatform({ appeals: { limitSeconds: 12, withinDays: 14 } });
  });
  after(() => test.stop());

  /** A learner who reported `seconds` of a lesson at once, for which no time had passed, and the moderator in charge. */
  const lost = async (seconds = 9, workshop = `w-${Math.random().toString(36).slice(2)}`) => {
    const learner = await test.learner();
    await test.platform.rooms.progress.setWorkshop(learner.enrolment._id, workshop);
    const client = await test.signIn(learner.login);
    const one = new Player(client, test.lessons[0]);
    await one.start();
    await one.beat([[0, seconds]]).expect(200);
    const person = await test.person({ grants: [{ role: 'moderator', scope: `workshop:${workshop}` }] });
    const moderator = await test.signIn(person.login);
    const enrolment = learner.enrolment._id;
    const value = async (lesson = test.lessons[0]) => {
      const found = await test.platform.rooms.connection.collection('enrolments').findOne({ _id: enrolment as never });
      return (found?.values?.[`video-courses/lesson/${lesson}`]?.value ?? 0) as number;
    };
    const wish = { enrolment, day: beijingDay(Date.now()), lesson: test.lessons[0], reason: 'too-fast', words };
    const day = async () => (await client.get(`${api}/credit?enrolment=${enrolment}`).expect(200)).body.days[0];
    return { learner, client, moderator, one, enrolment, value, wish, workshop, day };
  };

  it('are granted by the moderator, credited once, and shown to both', async () => {
    const { client, moderator, value, wish, day, one, enrolment } = await lost();
    const before = await value();
    expect((await day()).lessons[0].lost[0]).to.include({ reason: 'too-fast', mayAppeal: true });
    const { body } = await client.post(`${api}/appeals`, wish).expect(200);
    expect((await client.post(`${api}/appeals`, wish).expect(200)).body.id).to.equal(body.id);
    expect((await day()).lessons[0].lost[0].mayAppeal).to.equal(false);
    const list = (await moderator.get(`${api}/appeals`).expect(200)).body;
    expect(list.total).to.equal(1);
    expect(list.appeals[0]).to.include({ _id: body.id, words, state: 'open' });
    const { most } = list.appeals[0];
    const presses = [1, 2, 3].map(() =>
      moderator.post(`${api}/appeals/${body.id}/decision`, { seconds: 6, answer: '已核实' }),
    );
    const answers = await Promise.all(presses);
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 409, 409]);
    expect(most).to.be.within(8, 9);
    expect(await value()).to.equal(before + 6);
    const after = await day();
    expect(after).to.include({ credited: before + 6 });
    expect(after.lessons[0]).to.include({ granted: 6 });
    expect((await client.get(`${api}/appeals/own?enrolment=${enrolment}`)).body.appeals[0]).to.include({
      state: 'granted',
      granted: 6,
      answer: '已核实',
    });
    const page = await client.get(`/video-courses/credit?enrolment=${enrolment}`).expect(200);
    expect(page.text).to.include('申诉已同意，补计 6 秒').and.to.include('已核实');
    expect((await moderator.get('/video-courses/appeals?state=granted').expect(200)).text)
      .to.include('补计 6 秒')
      .and.include('甲中学');
    const { rows } = await test.platform.rooms.audit.search({ action: 'appeal.grant' }, { skip: 0, limit: 5 });
    expect(rows[0]?.details).to.include({ lesson: test.lessons[0], seconds: 6, reason: 'too-fast' });
    // The player, which knew another record, goes on from what was granted.
    const reply = (await one.beat([[0, 1]]).expect(200)).body;
    expect(reply.standing.credited).to.equal(before + 6);
    expect(reply.reasons[0]).to.include({ reason: 'already-credited' });
  });

  it('credit no more than the programme allows to one enrolment, nor the day’s cap, nor what was watched again', async () => {
    const { client, moderator, value, wish } = await lost(8);
    const start = await value();
    const first = (await client.post(`${api}/appeals`, { ...wish, stretches: [4000, 8000] }).expect(200)).body.id;
    const decide = (id: string, seconds: number) =>
      moderator.post(`${api}/appeals/${id}/decision`, { seconds, answer: '同意' });
    expect((await decide(first, 1000).expect(200)).body.granted).to.equal(4);
    const second = (await client.post(`${api}/appeals`, wish).expect(200)).body.id;
    expect(second).not.to.equal(first);
    const { granted } = (await decide(second, 1000).expect(200)).body;
    expect(granted).to.be.within(3, 4);
    expect(await value()).to.equal(start + 4 + granted);
    expect((await client.post(`${api}/appeals`, wish).expect(409)).body.error.code).to.equal(
      'video-courses:nothing-open',
    );
    const other = new Player(client, test.lessons[1]);
    await other.start({ takeover: true });
    await other.beat([[0, 12]]).expect(200);
    const third = (await client.post(`${api}/appeals`, { ...wish, lesson: test.lessons[1] }).expect(200)).body.id;
    const last = (await decide(third, 1000).expect(200)).body.granted;
    expect(4 + granted + last).to.equal(12);
    const fourth = (await client.post(`${api}/appeals`, { ...wish, lesson: test.lessons[1] }).expect(200)).body.id;
    expect(fourth).not.to.equal(third);
    expect((await decide(fourth, 1).expect(409)).body.error.code).to.equal('video-courses:limit-reached');
  });

  it('can be declined with an answer, and only by those in charge of the learner', async () => {
    const [mine, theirs] = [await lost(), await lost()];
    const { id } = (await mine.client.post(`${api}/appeals`, mine.wish).expect(200)).body;
    expect((await theirs.moderator.get(`${api}/appeals`).expect(200)).body.total).to.equal(0);
    await theirs.moderator.post(`${api}/appeals/${id}/decision`, { seconds: 5, answer: '同意' }).expect(404);
    await mine.client.post(`${api}/appeals/${id}/decision`, { seconds: 5, answer: '同意' }).expect(404);
    await theirs.client.get(`${api}/appeals/own?enrolment=${mine.enrolment}`).expect(404);
    await theirs.client.post(`${api}/appeals`, mine.wish).expect(404);
    await mine.client.get('/video-courses/appeals').expect(404);
    const before = await mine.value();
    await mine.moderator.post(`${api}/appeals/${id}/decision`, { seconds: 0, answer: '记录显示没有播放' }).expect(200);
    expect(await mine.value()).to.equal(before);
    const page = await mine.client.get(`/video-courses/credit?enrolment=${mine.enrolment}`).expect(200);
    expect(page.text).to.include('申诉未通过').and.to.include('记录显示没有播放');
    const repeated = await mine.client.post(`${api}/appeals`, mine.wish).expect(409);
    expect(repeated.body.error.code).to.equal('video-courses:decided');
    expect((await mine.day()).lessons[0].lost[0].mayAppeal).to.equal(false);
    // Who moves to another workshop is judged there.
    const again = await lost();
    const appeal = (await again.client.post(`${api}/appeals`, again.wish).expect(200)).body.id;
    await test.platform.rooms.progress.setWorkshop(again.enrolment, theirs.workshop);
    await again.moderator.post(`${api}/appeals/${appeal}/decision`, { seconds: 5, answer: '同意' }).expect(404);
    await eventually(async () => {
      const { body } = await theirs.moderator.get(`${api}/appeals`).expect(200);
      expect(body.appeals.map(({ _id }: { _id: string }) => _id)).to.deep.equal([appeal]);
    });
  });

  it('are made about real losses only, in time, with words', async () => {
    const { client, wish, one } = await lost();
    const refused = async (more: object, status: number) => {
      const { body } = await client.post(`${api}/appeals`, { ...wish, ...more }).expect(status);
      return body.error.code;
    };
    await one.beat([[0, 30]]).expect(200);
    expect(await refused({ reason: 'beyond-length' }, 409)).to.equal('video-courses:not-appealable');
    expect(await refused({ reason: 'gap' }, 404)).to.equal('core:not-found');
    expect(await refused({ lesson: test.lessons[1] }, 404)).to.equal('core:not-found');
    expect(await refused({ day: '2026-01-01' }, 404)).to.equal('core:not-found');
    expect(await refused({ stretches: [90_000, 99_000] }, 404)).to.equal('core:not-found');
    expect(await refused({ stretches: [9000, 1000] }, 404)).to.equal('core:not-found');
    expect(await refused({ words: ' ' }, 422)).to.equal('core:invalid');
    expect(await refused({ reason: 'because' }, 422)).to.equal('core:invalid');
  });

  it('work from the pages without scripts', async () => {
    const { client, moderator, wish, enrolment, value } = await lost();
    const page = await client.get(`/video-courses/credit?enrolment=${enrolment}`).expect(200);
    expect(page.text).to.include('对这一段申诉');
    await client.form('/video-courses/appeals', { ...wish, stretch: ['2000-5000'] }).expect(303);
    const desk = await moderator.get('/video-courses/appeals').expect(200);
    const id = /action="\/video-courses\/appeals\/([\w-]+)"/.exec(desk.text)?.[1];
    expect(desk.text).to.include(words).and.to.include('0:02–0:05');
    await moderator.form(`/video-courses/appeals/${id}`, { seconds: '3', answer: '', decision: 'grant' }).expect(422);
    const before = await value();
    await moderator
      .form(`/video-courses/appeals/${id}`, { seconds: '3', answer: '同意', decision: 'grant' })
      .expect(303);
    expect(await value()).to.be.within(before + 2, before + 3);
    expect((await moderator.get('/video-courses/appeals').expect(200)).text).to.include('没有待处理的申诉');
  });
});

describe('unusual patterns', () => {
  let test: VideoPlatform;
  before(async () => {
    test = await startVideoPlatform({ presence: { minSeconds: 1, maxSeconds: 1 } });
  });
  after(() => test.stop());

  it('are shown to those in charge, page by page, and take nothing away', async () => {
    const learner = await test.learner();
    const client = await test.signIn(learner.login);
    const one = new Player(client, test.lessons[0]);
    await one.start();
    let end = 0;
    let check: string | undefined;
    while (!check) {
      const { body } = await one.beat([[end, end + 0.2]]).expect(200);
      end = body.standing.covered.at(-1) ?? 0;
      check = body.presence?.token;
    }
    const answer = await client.post(`${api}/presence`, { token: one.token, presence: check }).expect(200);
    expect(answer.body.answer).to.equal('answered');
    const inCharge = await test.person({ grants: [{ role: 'county-bureau', scope: `region:${test.regions.county}` }] });
    const elsewhere = await test.person({
      grants: [{ role: 'county-bureau', scope: `region:${test.regions.otherCounty}` }],
    });
    const bureau = await test.signIn(inCharge.login);
    const { body } = await bureau.get(`${api}/anomalies`).expect(200);
    expect(body.total).to.equal(1);
    expect(body.anomalies[0]).to.include({ enrolment: learner.enrolment._id, kind: 'instant-answers', count: 1 });
    expect(body.anomalies[0].ms).to.be.lessThan(300);
    const page = await bureau.get('/video-courses/anomalies').expect(200);
    expect(page.text).to.include('瞬间完成在线确认').and.to.include(learner.name).and.to.include('不会自动扣减时间');
    const none = await bureau.get('/video-courses/anomalies?kind=two-addresses').expect(200);
    expect(none.text).not.to.include(learner.name);
    const other = await test.signIn(elsewhere.login);
    expect((await other.get(`${api}/anomalies`).expect(200)).body).to.deep.equal({ anomalies: [], total: 0 });
    await client.get('/video-courses/anomalies').expect(404);
    expect((await client.get(`${api}/anomalies`).expect(200)).body.total).to.equal(0);
    expect((await one.beat([[end, end + 0.1]]).expect(200)).body.state).to.be.oneOf(['playing', 'check']);
  });
});
