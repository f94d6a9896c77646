import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import supertest, { type Test } from 'supertest';
import type { Client } from '../../support/client.ts';
import { eventually } from '../../support/eventually.ts';
import { discussing, type Scene } from '../discussions/support.ts';
import { docx } from './support.ts';

const day = 86_400_000;

describe('assignments', () => {
  let scene: Scene;
  before(async function () {
    this.timeout(60_000);
    scene = await discussing(['assignments']);
  });
  after(() => scene.test.stop());

  const api = '/api/v1/assignments';
  const taskDue = (inDays: number, more: { workshop?: string; programme?: string } = {}) =>
    scene.service('assignments').createTask({
      programme: scene.test.programme,
      title: { zh: '一节课的改进设计', en: 'One lesson, improved' },
      instructions: { zh: '写明怎样改。', en: 'Say how.' },
      due: new Date(Date.now() + inDays * day),
      ...more,
    });
  const handIn = (client: Client, task: string, text = '我的设计'): Test =>
    client.put(`${api}/tasks/${task}/submission`, { text });
  /** A form with files, as a browser sends it. */
  const upload = (client: Client, task: string): Test =>
    supertest(scene.test.url)
      .post(`/assignments/${task}/submission`)
      .set('Cookie', client.cookie)
      .accept('html')
      .field('_csrf', client.csrf);
  const place = (task: string, enrolment = scene.learner.enrolment._id) => `${enrolment}/${task}`;
  const grade = (client: Client, task: string, body: object, enrolment?: string): Test =>
    client.post(`${api}/submissions/${place(task, enrolment)}/grade`, body);
  const value = async (task: string, enrolment = scene.learner.enrolment._id) =>
    (await scene.test.platform.rooms.enrolments.get(enrolment, {} as never)).values[`assignments/task/${task}`]?.value;
  const filesIn = (folder: string) => {
    const path = join(scene.test.host('assignments').files, folder);
    return existsSync(path) ? readdirSync(path).length : 0;
  };

  it('counts a grade at once, tells the learner, and audits grading again', async () => {
    const task = await taskDue(5);
    await handIn(scene.as.learner, task).expect(200);
    const { body } = await grade(scene.as.moderator, task, { score: 88, comment: '很好', revision: 1 }).expect(200);
    expect(body).to.include({ state: 'graded', score: 88, comment: '很好' });
    expect(await value(task)).to.equal(88);
    const page = await scene.as.learner.get(`/assignments/${task}`).expect(200);
    expect(page.text).to.include('88').and.include('很好');
    const inbox = await scene.as.learner.get('/api/v1/messages').expect(200);
    expect(JSON.stringify(inbox.body)).to.include('已批阅：88 分');
    await handIn(scene.as.learner, task, '再改').expect(409);
    await grade(scene.as.moderator, task, { score: 70, revision: 1 }).expect(200);
    expect(await value(task)).to.equal(70);
    const { rows } = await scene.test.platform.rooms.audit.search(
      { action: 'submission.regrade' },
      { skip: 0, limit: 5 },
    );
    expect(rows[0]?.details).to.deep.equal({ from: 88, to: 70 });
  });

  it('lets only the own moderator see and grade', async () => {
    const task = await taskDue(5);
    await handIn(scene.as.learner, task).expect(200);
    for (const client of [scene.as.otherModerator, scene.as.peer, scene.as.learner]) {
      await grade(client, task, { score: 100, revision: 1 }).expect(404);
    }
    await scene.as.otherModerator.get(`${api}/submissions/${place(task)}`).expect(404);
    await scene.as.otherModerator.get(`/assignments/submissions/${place(task)}`).expect(404);
    await scene.as.peer.get(`${api}/submissions/${place(task)}`).expect(404);
    const county = await scene.test.signIn(scene.county.login);
    await county.get(`/assignments/${task}`).expect(404);
    await county.get('/assignments/grading').expect(404);
    expect(await value(task)).to.equal(undefined);
  });

  it('does not grade work that was handed in again unseen', async () => {
    const task = await taskDue(5);
    await handIn(scene.as.learner, task).expect(200);
    await handIn(scene.as.learner, task, '第二稿').expect(200);
    const { body } = await grade(scene.as.moderator, task, { score: 90, revision: 1 }).expect(409);
    expect(body.error.code).to.equal('assignments:changed-meanwhile');
    const crossing = await Promise.all([
      grade(scene.as.moderator, task, { score: 90, revision: 2 }),
      handIn(scene.as.learner, task, '第三稿'),
    ]);
    expect(crossing.map(({ status }) => status).sort()).to.deep.equal([200, 409]);
    const { body: after } = await scene.as.moderator.get(`${api}/submissions/${place(task)}`);
    expect(after.state === 'graded').to.equal((await value(task)) === 90);
  });

  it('refuses scores that cannot be', async () => {
    const task = await taskDue(5);
    await handIn(scene.as.learner, task).expect(200);
    for (const score of [-1, 101, 88.5, '很高', null]) {
      await grade(scene.as.moderator, task, { score, revision: 1 }).expect(422);
    }
    const form = await scene.as.moderator
      .form(`/assignments/submissions/${place(task)}/grade?queue=1`, {
        score: '101',
        comment: '写了很久的评语',
        revision: '1',
        action: 'grade',
      })
      .expect(422);
    expect(form.text).to.include('写了很久的评语').and.include('分数应为 0 到 100 的整数');
  });

  it('gives work back and takes it again', async () => {
    const task = await taskDue(5);
    await handIn(scene.as.learner, task).expect(200);
    const back = (body: object) => scene.as.moderator.post(`${api}/submissions/${place(task)}/return`, body);
    await back({ comment: '', revision: 1 }).expect(422);
    await back({ comment: '请补充证据', revision: 1 }).expect(200);
    await grade(scene.as.moderator, task, { score: 60, revision: 1 }).expect(409);
    const { body } = await handIn(scene.as.learner, task, '补充了证据').expect(200);
    expect(body).to.include({ state: 'submitted', revision: 2 });
  });

  it('works through the queue, oldest first, skipping and counting', async () => {
    const task = await taskDue(5, { workshop: scene.workshop });
    await handIn(scene.as.learner, task, '第一份').expect(200);
    await handIn(scene.as.peer, task, '第二份').expect(200);
    await handIn(scene.as.stranger, task).expect(404);
    const at = (more = '') => scene.as.moderator.get(`/assignments/grading?task=${task}${more}`).expect(200);
    const first = await at();
    expect(first.text).to.include('第一份').and.include('还有 2 份待批阅');
    const skipped = await at(`&after=${encodeURIComponent(`${scene.learner.enrolment._id}|${task}`)}`);
    expect(skipped.text).to.include('第二份');
    const round = await at(`&after=${encodeURIComponent(`${scene.peer.enrolment._id}|${task}`)}`);
    expect(round.text).to.include('第一份');
    const graded = await scene.as.moderator
      .form(`/assignments/submissions/${place(task)}/grade?queue=1&task=${task}`, {
        score: '80',
        comment: '',
        revision: '1',
        action: 'grade',
      })
      .expect(303);
    expect(graded.headers.location).to.equal(`/assignments/grading?task=${task}`);
    expect((await at()).text)
      .to.include('第二份')
      .and.include('还有 1 份待批阅');
    await grade(scene.as.moderator, task, { score: 81, revision: 1 }, scene.peer.enrolment._id).expect(200);
    expect((await at()).text).to.include('全部批阅完了');
  });

  it('marks late work as late, and refuses it where the programme says so', async () => {
    const late = await taskDue(-1);
    const { body } = await handIn(scene.as.learner, late).expect(200);
    expect(body.late).to.equal(true);
    const { programmes, accounts, progress } = scene.test.platform.rooms;
    const known = await programmes.get(scene.test.programme);
    const strict = {
      ...known,
      _id: 'strict-programme',
      state: 'draft',
      settings: { assignments: { late: 'refused' } },
    };
    await programmes.create(strict as never);
    await programmes.open('strict-programme');
    await progress.enrol('strict-programme', await accounts.get(scene.learner.id));
    const refused = await handIn(scene.as.learner, await taskDue(-1, { programme: 'strict-programme' })).expect(409);
    expect(refused.body.error.message).to.include('提交时间已过');
  });

  it('keeps files, gives them only to whom they concern, and never as a page', async () => {
    const task = await taskDue(5);
    await upload(scene.as.learner, task)
      .field('text', '见附件')
      .attach('files', docx(), '../教学"设计.docx')
      .attach('files', Buffer.from('<script>alert(1)</script>'), 'notes.txt')
      .expect(303);
    const { body } = await scene.as.learner.get(`${api}/submissions/${place(task)}`).expect(200);
    expect(body.files.map(({ name }: { name: string }) => name)).to.deep.equal(['教学 设计.docx', 'notes.txt']);
    const [file, notes] = body.files;
    const download = await scene.as.moderator.get(file.href).buffer(true).expect(200);
    expect(download.headers['content-disposition']).to.match(
      /^attachment; filename="__ __\.docx"; filename\*=UTF-8''%E6/,
    );
    expect(download.headers['x-content-type-options']).to.equal('nosniff');
    const text = await scene.as.moderator.get(notes.href).expect(200);
    expect(text.headers['content-security-policy']).to.include('sandbox');
    await scene.as.otherModerator.get(file.href).expect(404);
    await scene.as.peer.get(file.href).expect(404);
    await supertest(scene.test.url).get(file.href).expect(302);
    const before = filesIn('kept');
    await upload(scene.as.learner, task).field('text', '只留一个').field('keep', file.id).expect(303);
    const again = await scene.as.learner.get(`${api}/submissions/${place(task)}`);
    expect(again.body.files).to.have.length(1);
    expect(filesIn('kept')).to.equal(before - 1);
    await scene.as.learner.get(notes.href).expect(404);
  });

  describe('with bad input', () => {
    let task: string;
    before(async () => {
      task = await taskDue(5);
    });
    const nothingStored = async () => {
      await scene.as.learner.get(`${api}/submissions/${place(task)}`).expect(404);
      expect(filesIn('incoming')).to.equal(0);
    };

    it('refuses a file that is not what its name says, keeping the text', async () => {
      const answer = await upload(scene.as.learner, task)
        .field('text', '我写了很久的正文')
        .attach('files', Buffer.from('not a document'), 'a.docx')
        .expect(422);
      expect(answer.text).to.include('实际是文字文件').and.include('我写了很久的正文');
      await nothingStored();
    });

    it('refuses a file that is too large, with an answer that arrives', async () => {
      const answer = await upload(scene.as.learner, task)
        .attach('files', Buffer.alloc(20 * 2 ** 20 + 1), 'a.zip')
        .expect(413);
      expect(answer.text).to.include('超过 20 MB');
      await nothingStored();
    });

    it('refuses too many files', async () => {
      const form = upload(scene.as.learner, task);
      for (let n = 0; n < 6; n++) form.attach('files', Buffer.from(`第${n}个`), `${n}.txt`);
      const answer = await form.expect(413);
      expect(answer.text).to.include('最多交 5 个文件');
      await nothingStored();
    });

    it('refuses a text that is too long, in JSON and in a form', async () => {
      const json = await handIn(scene.as.learner, task, '长'.repeat(50_001)).expect(422);
      expect(json.body.error.fields[0].path).to.equal('text');
      await upload(scene.as.learner, task).field('text', '长'.repeat(50_001)).expect(422);
      await upload(scene.as.learner, task).field('text', '长'.repeat(400_000)).expect(413);
      await handIn(scene.as.learner, task, 'x'.repeat(2 ** 20)).expect(413);
      await nothingStored();
    });

    it('refuses nothing at all', async () => {
      const answer = await upload(scene.as.learner, task).field('text', '  \n').expect(422);
      expect(answer.text).to.include('请写下内容');
      await nothingStored();
    });

    it('refuses a form without its token, and one from nobody', async () => {
      const bare = supertest(scene.test.url).post(`/assignments/${task}/submission`);
      await bare.set('Cookie', scene.as.learner.cookie).field('text', '伪造').expect(403);
      await supertest(scene.test.url).post(`/assignments/${task}/submission`).field('text', '伪造').expect(403);
      await nothingStored();
    });

    it('takes fields of any name for what they are, and a form that ends too soon, and lives on', async () => {
      const task = await taskDue(5);
      const fields = upload(scene.as.learner, task)
        .field('__proto__', 'x')
        .field('constructor', 'y')
        .field('text', '设计');
      expect((await fields).status).to.equal(303);
      const nameless =
        '--cut\r\nContent-Disposition: form-data; name="f"\r\nContent-Type: application/octet-stream\r\n\r\nab';
      const cut = await supertest(scene.test.url)
        .post(`/assignments/${task}/submission`)
        .set({ cookie: scene.as.learner.cookie, 'x-csrf-token': scene.as.learner.csrf })
        .accept('html')
        .type('multipart/form-data; boundary=cut')
        .send(nameless);
      expect(cut.status).to.equal(400);
      await scene.as.learner.get(`/assignments/${task}`).expect(200);
    });

    it('refuses an unknown task', async () => {
      await handIn(scene.as.learner, 'no-such-task').expect(404);
      await scene.as.learner.get('/assignments/no-such-task').expect(404);
    });

    it('leaves nothing behind of an upload that breaks off half way', async () => {
      const { hostname, port } = new URL(scene.test.url);
      const socket = connect(Number(port), hostname);
      const part = `--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n${'半'.repeat(30_000)}`;
      const path = `/assignments/${task}/submission`;
      const head = [
        `POST ${path} HTTP/1.1`,
        'Host: x',
        `Cookie: ${scene.as.learner.cookie}`,
        `X-CSRF-Token: ${scene.as.learner.csrf}`,
        'Content-Type: multipart/form-data; boundary=x',
        'Content-Length: 5000000',
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n${part}`);
      await eventually(() => expect(filesIn('incoming')).to.equal(1));
      socket.destroy();
      await eventually(() => expect(filesIn('incoming')).to.equal(0));
      await nothingStored();
    });
  });

  it('is set by a manager for workshops of the programme, and no other’s', async () => {
    const { programmes } = scene.test.platform.rooms;
    const { _id, state, createdAt, ...known } = await programmes.get(scene.test.programme);
    const other = await programmes.create(known);
    const elsewhere = await scene.service('workshops').create({
      programme: other._id,
      name: { zh: '别处的工作坊' },
      stage: 'senior',
      subject: 'chinese',
      moderator: scene.otherModerator.id,
    });
    const grants = [{ role: 'provider-manager' as const, scope: `programme:${_id}` as const }];
    const manager = await scene.test.signIn((await scene.test.person({ grants })).login);
    const due = new Date(Date.now() + 5 * day).toISOString().slice(0, 10);
    const form = { programme: _id, title: '新任务', instructions: '写一份小结。', due };
    const tasks = () => scene.test.platform.rooms.connection.collection('assignments_tasks').countDocuments();
    const before = await tasks();
    await manager.form('/assignments', { ...form, workshop: elsewhere }).expect(404);
    expect(await tasks()).to.equal(before);
    await manager.form('/assignments', { ...form, workshop: scene.workshop }).expect(303);
  });

  it('takes over what was handed in before, with its scores', async () => {
    const task = await taskDue(5);
    const past = (person: Scene['learner'], score: number | null) => ({
      enrolment: person.enrolment._id,
      learner: person.id,
      task,
      text: '以前的作业',
      at: new Date(Date.now() - day),
      score,
    });
    await scene.service('assignments').importHistory([past(scene.learner, 77), past(scene.peer, null)]);
    expect(await value(task)).to.equal(77);
    const waiting = await scene.as.moderator.get(`${api}/submissions?task=${task}&state=submitted`).expect(200);
    expect(waiting.body).to.have.property('total', 1);
  });
});
