import { connect } from 'node:net';
import { expect } from 'chai';
import type { Client } from '../../support/client.ts';
import { eventually } from '../../support/eventually.ts';
import { inventedIdNumber } from '../../support/fixtures.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';
import { workbook } from '../../support/workbook-files.ts';
import { send, teacher } from './roster-support.ts';

describe('rosters', () => {
  let test: TestPlatform;
  let administrator: Client;
  let target: { url: string; client: Client; programme: string };

  before(async () => {
    test = await startTestPlatform({ plugins: ['enrolment'] });
    const grants = [{ role: 'school-administrator' as const, scope: 'organisation:school-a' as const }];
    administrator = await test.signIn((await test.person({ grants })).login);
    target = { url: test.url, client: administrator, programme: test.programme };
  });
  after(() => test.stop());

  const upload = async (...rows: (string | number | null)[][]) => send(target, await workbook(rows));
  const confirm = (batch: string) => administrator.post(`/api/v1/enrolment/rosters/${batch}/confirm`);
  const people = () => test.platform.rooms.accounts.count();
  const enrolled = async (scope = 'organisation:school-a') =>
    (await test.platform.rooms.progress.rollUps.of(test.programme, [scope]))[0]?.enrolled;

  it('stores nothing but the checked rows, sealed, until they are confirmed', async () => {
    const before = { people: await people(), enrolled: await enrolled() };
    const id = inventedIdNumber();
    const { status, body } = await upload(teacher({ id, phone: 13_800_000_001 }), teacher({ name: '李强' }));
    expect(status).to.equal(200);
    expect(body).to.deep.include({ state: 'pending', refused: [] });
    expect(body.accepted.map((row: { row: number; name: string }) => [row.row, row.name])).to.deep.equal([
      [2, '王芳'],
      [3, '李强'],
    ]);
    expect({ people: await people(), enrolled: await enrolled() }).to.deep.equal(before);
    const raw = JSON.stringify(await test.platform.rooms.connection.collection('enrolment_batches').find().toArray());
    expect(raw).to.not.include(id);
    expect(JSON.stringify(body)).to.not.include(id);
  });

  it('enrols once, however often and at however many places it is confirmed', async () => {
    const before = (await enrolled()) ?? 0;
    const ids = [inventedIdNumber(), inventedIdNumber()];
    const { body } = await upload(...ids.map((id) => teacher({ id })));
    const answers = await Promise.all([confirm(body.id), confirm(body.id), confirm(body.id)]);
    expect(answers.map(({ status }) => status).filter((status) => status !== 409 && status !== 200)).to.deep.equal([]);
    const again = await confirm(body.id).expect(200);
    expect(again.body).to.deep.equal({ enrolled: 2, created: 2, refused: [] });
    expect(await enrolled()).to.equal(before + 2);
    const users = await test.platform.rooms.accounts.byIdNumbers(ids);
    expect([...users.values()].map(({ grants }) => grants[0])).to.deep.equal([
      { role: 'learner', scope: 'organisation:school-a' },
      { role: 'learner', scope: 'organisation:school-a' },
    ]);
  });

  it('enrols the same people of two uploads once, and says so', async () => {
    const id = inventedIdNumber();
    const [first, second] = [await upload(teacher({ id })), await upload(teacher({ id }))];
    const done = await Promise.all([confirm(first.body.id), confirm(second.body.id)]);
    expect(done.map(({ status, body }) => [status, body.enrolled])).to.deep.equal([
      [200, 1],
      [200, 1],
    ]);
    const third = await upload(teacher({ id }));
    expect(third.body.refused[0].row).to.equal(2);
    expect(third.body.refused[0].problems).to.have.length(1);
    expect(third.body.refused[0].problems[0]).to.include({ column: 'idNumber', reason: 'already-enrolled' });
  });

  it('enrols people who have an account already with that account', async () => {
    const person = await test.person({ name: '张明' });
    const { body } = await upload(teacher({ id: person.idNumber, name: '张明' }));
    expect(body.accepted[0]).to.deep.include({ hasAccount: true });
    const before = await people();
    expect((await confirm(body.id).expect(200)).body).to.deep.equal({ enrolled: 1, created: 0, refused: [] });
    expect(await people()).to.equal(before);
    const { grants } = await test.platform.rooms.accounts.get(person.id);
    expect(grants).to.deep.include({ role: 'learner', scope: 'organisation:school-a' });
  });

  it('announces what it enrolled', async () => {
    const heard: string[][] = [];
    const listening = await startTestPlatform({
      plugins: ['enrolment'],
      extra: [
        {
          folder: import.meta.dirname,
          definition: {
            id: 'listener',
            api: '^1.0.0',
            register: (host) => host.on('enrolment.imported', ({ enrolments }) => void heard.push(enrolments)),
          },
        },
      ],
    });
    try {
      const viewer = await listening.person({ grants: [{ role: 'operator', scope: 'platform' }] });
      const service = listening.host('listener').tryUse('enrolment');
      const result = await service?.importRoster((await listening.platform.rooms.accounts.viewer(viewer.id))!, {
        programme: listening.programme,
        file: await workbook([teacher(), teacher({ school: '乙中学' })]),
        fileName: 'a.xlsx',
      });
      expect(result).to.deep.equal({ enrolled: 2, created: 2, refused: [] });
      expect(await eventually(() => heard[0] ?? Promise.reject(new Error('nothing yet')))).to.have.length(2);
    } finally {
      await listening.stop();
    }
  });

  it('enrols a teacher again who had left, with everything that was earned', async () => {
    const id = inventedIdNumber();
    const first = await upload(teacher({ id }));
    await confirm(first.body.id).expect(200);
    const user = (await test.platform.rooms.accounts.byIdNumbers([id])).get(id);
    const enrolment = `${user?._id}-${test.programme}`;
    const left = await administrator.post(`/api/v1/enrolment/learners/${enrolment}/withdraw`).expect(200);
    expect(left.body.state).to.equal('withdrawn');
    const second = await upload(teacher({ id }));
    expect((await confirm(second.body.id).expect(200)).body.enrolled).to.equal(1);
    expect((await administrator.get(`/api/v1/enrolments/${enrolment}`)).body.state).to.equal('enrolled');
  });

  it('are listed page by page, with how many there are of a state', async () => {
    const ids = Array.from({ length: 12 }, () => inventedIdNumber());
    await confirm((await upload(...ids.map((id) => teacher({ id })))).body.id).expect(200);
    for (const { _id } of [...(await test.platform.rooms.accounts.byIdNumbers(ids)).values()].slice(0, 6)) {
      await administrator.post(`/api/v1/enrolment/learners/${_id}-${test.programme}/withdraw`).expect(200);
    }
    for (const state of ['', 'enrolled', 'withdrawn', 'qualified']) {
      const query = `programme=${test.programme}&size=5${state && `&state=${state}`}`;
      const { body } = await administrator.get(`/api/v1/enrolment/learners?${query}`).expect(200);
      const page = (await administrator.get(`/enrolment?${query}`).expect(200)).text;
      if (body.total > 0) expect(page, state).to.contain(`共 ${body.total} 条`);
      else expect(page, state).to.contain('没有符合条件的记录');
    }
  });

  it('is only its uploader’s, and only of programmes that concern them', async () => {
    const { body } = await upload(teacher());
    const other = await test.signIn(
      (await test.person({ grants: [{ role: 'city-bureau', scope: 'region:410200' }] })).login,
    );
    await other.get(`/api/v1/enrolment/rosters/${body.id}`).expect(404);
    await other.post(`/api/v1/enrolment/rosters/${body.id}/confirm`).expect(404);
    const missing = await send({ ...target, programme: 'no-such-programme' }, await workbook([teacher()]));
    expect(missing.status).to.equal(404);
    const learner = await test.signIn((await test.learner()).login);
    expect((await send({ ...target, client: learner }, await workbook([teacher()]))).status).to.equal(404);
    expect((await send({ ...target, csrf: 'wrong' }, await workbook([teacher()]))).status).to.equal(403);
  });

  it('stores nothing of an upload that is cut off half way', async () => {
    const batches = test.platform.rooms.connection.collection('enrolment_batches');
    const before = await batches.countDocuments();
    const { port } = new URL(test.url);
    const socket = connect(Number(port), '127.0.0.1');
    const head = [
      `POST /enrolment/rosters?programme=${test.programme} HTTP/1.1`,
      'Host: 127.0.0.1',
      `Cookie: ${administrator.cookie}`,
      `X-CSRF-Token: ${administrator.csrf}`,
      'Content-Type: multipart/form-data; boundary=b',
      'Content-Length: 100000',
      '',
      '--b',
      'Content-Disposition: form-data; name="roster"; filename="a.xlsx"',
      '',
      'PK half of it',
    ];
    await new Promise<void>((resolve) => socket.write(head.join('\r\n'), () => resolve()));
    await new Promise<void>((resolve) => socket.once('close', () => resolve()).destroy());
    await administrator.get('/enrolment').expect(200);
    expect(await batches.countDocuments()).to.equal(before);
  });

  it('takes small files as JSON as well', async () => {
    const content = (await workbook([teacher()])).toString('base64');
    const body = { programme: test.programme, fileName: 'a.xlsx', content };
    const answer = await administrator.post('/api/v1/enrolment/rosters', body).expect(200);
    expect(answer.body.accepted).to.have.length(1);
  });
});
