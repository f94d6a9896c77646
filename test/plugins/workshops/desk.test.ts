import { expect } from 'chai';
import type { FeedLine } from '../../../plugins/workshops/feed.ts';
import { heard, type Scene, startScene } from './support.ts';

const hour = 3_600_000;

describe('a workshop at work', () => {
  let scene: Scene;

  before(async () => {
    scene = await startScene();
  });
  after(() => scene.stop());

  describe('the desk', () => {
    it('lists who needs the moderator first, with figures, filters, export and a total row', async () => {
      const { id, moderator } = await scene.workshop();
      const fine = await scene.member(id, '甲优');
      const behind = await scene.member(id, '乙慢');
      await scene.member(id, '丙无');
      await scene.study(fine.enrolment, 'one', 600);
      await scene.study(behind.enrolment, 'one', 10, Date.now() - 30 * hour);
      const { text } = await moderator.client.get(`/workshops/${id}`).expect(200);
      const order = [...text.matchAll(/data-row="[^"]+"[\s\S]*?>([甲乙丙].)</g)].map(([, name]) => name);
      expect(order).to.deep.equal(['丙无', '乙慢', '甲优']);
      const figure = (name: string) => new RegExp(`data-live="desk\\.${name}"[^>]*>(\\d+)<`).exec(text)?.[1];
      expect([figure('active'), figure('today'), figure('behind')]).to.deep.equal(['1', '1', '2']);
      expect(text).to.include('平均（3 人）').and.include('第one课');
      expect(text).to.include(`data-live="member/${fine.enrolment}.total"`);
      const filtered = await moderator.client.get(`/workshops/${id}?show=behind&sort=name`).expect(200);
      expect(filtered.text).to.include('丙无').and.not.include(`data-row="${fine.enrolment}"`);
      const file = await moderator.client.get(`/workshops/${id}/members.csv?show=behind`).expect(200);
      expect(file.headers['content-type']).to.include('text/csv');
      expect(file.text.trim().split('\r\n')).to.have.length(3);
      expect(file.text).to.include('乙慢,甲中学,进度落后').and.not.include('甲优');
      const api = await moderator.client.get(`/api/v1/workshops/${id}/members?size=5`).expect(200);
      expect(api.body.total).to.equal(3);
      expect(api.body.rows[2]).to.include({ name: '甲优', behindBy: 0, total: 4000, school: '甲中学' });
    });

    it('is read in English too', async () => {
      const { id, moderator } = await scene.workshop();
      await scene.member(id, 'Zhang');
      const { text } = await moderator.client.get(`/workshops/${id}`).set('Accept-Language', 'en').expect(200);
      expect(text).to.include('Senior Chinese').and.include('Studying now').and.include('School A');
      expect(text.replace(/[\s\S]*<main|<\/main>[\s\S]*/g, '')).to.not.match(
        /\b(desk|show|state|feed|nudge)\.[a-z-]+</,
      );
    });

    it('takes further figures from other plugins, ready to be kept live', async () => {
      const { id, moderator } = await scene.workshop();
      const { text } = await moderator.client.get(`/workshops/${id}`);
      expect(text)
        .to.match(/data-live="figure\/to-grade"[^>]*>7</)
        .and.include(`/assignments?workshop=${id}`);
    });

    it('shows in the feed what somebody does after it was read for them', async () => {
      const { id, moderator } = await scene.workshop();
      const [first, second] = [await scene.member(id, '戊先'), await scene.member(id, '己后')];
      const feed = async () => {
        const { text } = await moderator.client.get(`/workshops/${id}`);
        const lines = text.match(/data-feed>([\s\S]*?)<\/ol>/)?.[1] ?? '';
        return [...lines.matchAll(/data-part="name">([^<]+)<[\s\S]*?data-part="what">([^<]*)</g)].map(
          ([, ...line]) => line,
        );
      };
      const at = Date.now() - hour;
      await scene.study(first.enrolment, 'one', 60, at);
      await scene.study(second.enrolment, 'one', 60, at + 1);
      expect(await feed()).to.deep.equal([
        ['己后', '第one课'],
        ['戊先', '第one课'],
      ]);
      await scene.study(first.enrolment, 'two', 60, at + 2);
      expect(await feed()).to.deep.equal([
        ['戊先', '第two课'],
        ['己后', '第one课'],
        ['戊先', '第one课'],
      ]);
    });

    it('moves live: row, feed and who joined, for the moderator and nobody else', async () => {
      const { id, moderator } = await scene.workshop();
      const learner = await scene.member(id, '丁动');
      const socket = await moderator.client.socket();
      const stranger = await (await scene.workshop()).moderator.client.socket();
      const own = await (await scene.signIn(learner.login)).socket();
      try {
        const room = `workshop:${id}`;
        for (const refused of [stranger, own]) {
          expect(await refused.emitWithAck('subscribe', room)).to.have.nested.property('error.code', 'core:not-found');
        }
        expect(await socket.emitWithAck('subscribe', room)).to.deep.equal({ ok: true });
        const row = heard<{ total: number }>(socket, `member/${learner.enrolment}`, ({ total }) => total === 2000);
        const feed = heard<FeedLine[]>(socket, 'feed', (lines) => lines.length > 0);
        const at = Date.now();
        await scene.study(learner.enrolment, 'two', 300, at);
        expect(await row).to.deep.include({
          components: { video: 2000, discussion: 0, tasks: 0 },
          state: 'studying',
          lastAt: at,
        });
        expect((await feed)[0]).to.deep.equal({
          key: `${learner.enrolment}|video-courses/lesson/two`,
          enrolment: learner.enrolment,
          name: '丁动',
          kind: 'activity',
          title: { zh: '第two课', en: 'Lesson two' },
          at,
        });
        const joined = heard<number>(socket, 'membership');
        await scene.member(id);
        expect(await joined).to.be.a('number');
      } finally {
        for (const one of [socket, stranger, own]) one.close();
      }
    });

    it('keeps the rows moving when an activity cannot be named', async () => {
      const { id, moderator } = await scene.workshop();
      const learner = await scene.member(id);
      const socket = await moderator.client.socket();
      try {
        await socket.emitWithAck('subscribe', `workshop:${id}`);
        const row = heard(socket, `member/${learner.enrolment}`);
        await scene.study(learner.enrolment, 'gone', 60);
        await row;
      } finally {
        socket.close();
      }
      const { text } = await moderator.client.get(`/workshops/${id}/members/${learner.enrolment}`).expect(200);
      expect(text).to.include('还没有学习记录');
    });
  });

  describe('a member', () => {
    it('is shown with every component, what is missing, and what was done lately, in this workshop only', async () => {
      const { id, moderator } = await scene.workshop();
      const other = await scene.workshop();
      const learner = await scene.member(id, '戊某');
      await scene.study(learner.enrolment, 'three', 120);
      const { text } = await moderator.client.get(`/workshops/${id}/members/${learner.enrolment}`).expect(200);
      expect(text).to.include('戊某').and.include('第three课').and.include('/video-courses/three');
      expect(text).to.include('2 分 / 10 分').and.include('总分 8.00，合格线 60.00').and.not.include('调到别的工作坊');
      await moderator.client.get(`/workshops/${other.id}/members/${learner.enrolment}`).expect(404);
      await other.moderator.client.get(`/workshops/${other.id}/members/${learner.enrolment}`).expect(404);
      await other.moderator.client.get(`/workshops/${id}/members/${learner.enrolment}`).expect(404);
    });

    it('is shown to an overseer without links that only those who take part can follow', async () => {
      const { id } = await scene.workshop();
      const learner = await scene.member(id, '戊某');
      await scene.study(learner.enrolment, 'three', 120);
      const overseer = await scene.person({ grants: [{ role: 'city-bureau', scope: 'region:410200' }] });
      const client = await scene.signIn(overseer.login);
      const { text } = await client.get(`/workshops/${id}/members/${learner.enrolment}`).expect(200);
      expect(text).to.include('第three课').and.not.include('/video-courses/three');
    });

    it('finds the workshop from the first page, and reads who moderates it but nobody’s results', async () => {
      const { id } = await scene.workshop();
      const learner = await scene.member(id, '己某');
      await scene.member(id, '庚某');
      const client = await scene.signIn(learner.login);
      expect((await client.get('/').expect(200)).text)
        .to.include(`/workshops/${id}`)
        .and.include('坊主甲');
      const { text } = await client.get(`/workshops/${id}`).expect(200);
      expect(text).to.include('坊主甲').and.not.include('庚某');
      await client.get('/workshops').expect(302).expect('location', `/workshops/${id}`);
      for (const path of ['members.csv', `members/${learner.enrolment}`, 'nudge', 'edit']) {
        await client.get(`/workshops/${id}/${path}`).expect(404);
      }
      await client.get(`/api/v1/workshops/${id}/members`).expect(404);
      expect((await client.get(`/api/v1/workshops/${id}`).expect(200)).body.standing).to.equal('member');
    });
  });

  describe('the nudge', () => {
    it('proposes who is behind, reaches the inbox, and spares for a day who had one', async () => {
      const { id, moderator } = await scene.workshop();
      const [slow, other] = [await scene.member(id, '慢一'), await scene.member(id, '慢二')];
      const proposed = await moderator.client.get(`/workshops/${id}/nudge`).expect(200);
      expect(proposed.text.match(/name="member"[^>]* checked/g)).to.have.length(2);
      const path = `/workshops/${id}/nudge`;
      await moderator.client
        .form(path, { member: slow.enrolment, text: '请抓紧' })
        .expect(303)
        .expect('location', `/workshops/${id}`);
      expect((await moderator.client.get(`/workshops/${id}`)).text).to.include('已发给 1 人。');
      await moderator.client.form(path, { member: [slow.enrolment, other.enrolment], text: '再催' }).expect(303);
      const { text } = await moderator.client.get(`/workshops/${id}`);
      expect(text).to.include('已发给 1 人。').and.include('没有重复发送：慢一');
      const client = await scene.signIn(slow.login);
      const inbox = await client.get('/api/v1/messages').expect(200);
      expect(inbox.body.rows).to.have.length(1);
      expect(inbox.body.rows[0]).to.include({ kind: 'nudge', text: '请抓紧', from: moderator.id });
      const page = await moderator.client.get(`${path}?member=${slow.enrolment}`).expect(200);
      expect(page.text)
        .to.match(/value="[^"]+" disabled/)
        .and.include('24 小时内已提醒过');
    });

    it('counts once when it is pressed twice at the same moment, and may be repeated after a day', async () => {
      const { id, moderator } = await scene.workshop();
      const { enrolment } = await scene.member(id);
      const press = () => moderator.client.post(`/api/v1/workshops/${id}/nudge`, { members: [enrolment], text: '催' });
      const pressed = await Promise.all([press(), press(), press()]);
      expect(pressed.map(({ body }) => body.sent).sort()).to.deep.equal([0, 0, 1]);
      const { nudges } = scene.host('workshops').models;
      const _id = `${enrolment}|${moderator.id}`;
      await nudges!.updateOne({ _id }, { $set: { at: new Date(Date.now() - 24 * hour) } });
      expect((await press()).body).to.deep.equal({ sent: 1, spared: [], unreached: [] });
    });

    it('leaves out and names who has never signed in', async () => {
      const { id, moderator } = await scene.workshop();
      const [there, never] = [await scene.member(id), await scene.member(id, '从未来')];
      const users = scene.platform.rooms.connection.collection<{ _id: string }>('users');
      await users.updateOne({ _id: never.id }, { $unset: { passwordHash: 1 } });
      const body = { members: [there.enrolment, never.enrolment], text: '催' };
      const sent = await moderator.client.post(`/api/v1/workshops/${id}/nudge`, body).expect(200);
      expect(sent.body).to.deep.equal({ sent: 1, spared: [], unreached: [{ id: never.enrolment, name: '从未来' }] });
      const page = await moderator.client.get(`/workshops/${id}/nudge`).expect(200);
      expect(page.text)
        .to.match(new RegExp(`value="${never.enrolment}" disabled`))
        .and.include('从未登录');
    });

    it('gives back what was typed with the reason, and sends nothing', async () => {
      const { id, moderator } = await scene.workshop();
      const { enrolment, login } = await scene.member(id);
      const none = await moderator.client.form(`/workshops/${id}/nudge`, { text: '给谁呢' }).expect(422);
      expect(none.text).to.include('请至少勾选一名学员').and.include('给谁呢');
      const empty = await moderator.client
        .form(`/workshops/${id}/nudge`, { member: enrolment, text: '  ' })
        .expect(422);
      expect(empty.text).to.match(new RegExp(`value="${enrolment}" checked`));
      await moderator.client.form(`/workshops/${id}/nudge`, { member: enrolment, text: '长'.repeat(501) }).expect(422);
      const inbox = await (await scene.signIn(login)).get('/api/v1/messages');
      expect(inbox.body.total).to.equal(0);
    });

    it('is the moderator’s alone, to the workshop’s own members', async () => {
      const { id, moderator } = await scene.workshop();
      const foreign = await scene.member((await scene.workshop()).id);
      const body = { members: [foreign.enrolment], text: '催' };
      await moderator.client.post(`/api/v1/workshops/${id}/nudge`, body).expect(404);
      const { enrolment } = await scene.member(id);
      await (await scene.manager())
        .post(`/api/v1/workshops/${id}/nudge`, { members: [enrolment], text: '催' })
        .expect(404);
    });
  });
});
