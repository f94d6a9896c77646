import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import supertest from 'supertest';
import { textOf } from '../../../server/files/workbook.ts';
import { Workbooks } from '../../../server/files/workbooks.ts';
import { type Client, password } from '../../support/client.ts';
import { inventedIdNumber } from '../../support/fixtures.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';
import { headings, workbook } from '../../support/workbook-files.ts';
import { send, teacher } from './roster-support.ts';

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/rosters/${name}`, import.meta.url));

describe('files of rosters', () => {
  const workbooks = new Workbooks();
  let test: TestPlatform;
  let administrator: Client;
  let target: { url: string; client: Client; programme: string };

  before(async () => {
    test = await startTestPlatform({ plugins: ['enrolment'] });
    await test.platform.rooms.regions.put({
      regions: [],
      organisations: [
        {
          _id: 'school-c',
          name: { zh: '鼓楼区晨钟中学' },
          kind: 'school',
          region: '410204',
          stages: ['junior', 'senior'],
          direct: false,
        },
      ],
    });
    const bureau = await test.person({ grants: [{ role: 'county-bureau', scope: 'region:410204' }] });
    administrator = await test.signIn(bureau.login);
    target = { url: test.url, client: administrator, programme: test.programme };
  });
  after(async () => {
    await workbooks.stop();
    await test.stop();
  });

  const rowsOf = (body: { accepted: { row: number }[] }) => body.accepted.map(({ row }) => row);
  const marked = async (batch: string) => {
    const { body } = await supertest(test.url)
      .get(`/enrolment/rosters/${batch}/marked.xlsx`)
      .set('cookie', administrator.cookie)
      .buffer()
      .parse((response, done) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part)).on('end', () => done(null, Buffer.concat(parts)));
      })
      .expect(200)
      .expect('cache-control', 'no-store');
    return body as Buffer;
  };

  it('leave out rows that the spreadsheet hides, say so, and take them with one click', async () => {
    const hidden = await workbook([teacher(), teacher(), teacher()]);
    const { body } = await send(target, fixture('hidden-rows.xlsx'));
    expect(body).to.include({ sheet: 'Sheet', hiddenRows: 1, hiddenTaken: false });
    const seen = [...rowsOf(body), ...body.refused.map(({ row }: { row: number }) => row)];
    expect(seen.sort()).to.deep.equal([2, 4]);
    const page = await administrator.get(`/enrolment/rosters/${body.id}`).expect(200);
    expect(page.text).to.include('有 1 行被隐藏').and.include('一并读取隐藏的行');
    const taken = await administrator.post(`/api/v1/enrolment/rosters/${body.id}/hidden`, { take: true }).expect(200);
    expect(taken.body).to.include({ hiddenTaken: true });
    expect([...rowsOf(taken.body), ...taken.body.refused.map(({ row }: { row: number }) => row)].sort()).to.deep.equal([
      2, 3, 4,
    ]);
    const plain = (await send(target, hidden)).body;
    await administrator.post(`/api/v1/enrolment/rosters/${plain.id}/confirm`).expect(200);
    const late = await administrator.post(`/api/v1/enrolment/rosters/${plain.id}/hidden`, { take: true }).expect(409);
    expect(late.body.error.code).to.equal('enrolment:confirmed');
  });

  it('come back with what is wrong with each row, and can be corrected and sent again', async () => {
    const bad = teacher({ school: '没有的中学', subject: '炼金术' });
    const { body } = await send(target, await workbook([teacher(), bad, teacher({ phone: '无' })]));
    expect(rowsOf(body)).to.deep.equal([2, 4]);
    expect(body.accepted[1].warnings).to.have.length(1);
    expect(body.accepted[1].warnings[0]).to.include({ column: 'phone', reason: 'phone', value: '无' });
    const file = await marked(body.id);
    const [sheet] = await workbooks.read(file);
    const texts = sheet?.rows.map(({ cells }) => cells.map(textOf)) ?? [];
    expect(texts[0]).to.deep.equal(['检查结果', ...headings]);
    expect(texts[1]?.[0]).to.equal('可以报名');
    expect(texts[2]?.[0]).to.match(/^学校：没有这所学校.*\n学科：没有这个学科/s);
    expect(texts[2]?.slice(1, 4)).to.deep.equal([bad[0], bad[1], bad[2]]);
    expect(texts[3]?.[0]).to.match(/^手机号：/);
    const again = await send(target, file);
    expect(rowsOf(again.body)).to.deep.equal([2, 4]);
    const [twice] = await workbooks.read(await marked(again.body.id));
    expect(twice?.rows[0]?.cells).to.deep.equal(['检查结果', ...headings]);
  });

  it('are stored sealed, and come back only to whoever sent them', async () => {
    const id = inventedIdNumber();
    const { body } = await send(target, await workbook([teacher({ id, school: '没有的中学' })]));
    const collections = ['enrolment_batches', 'enrolment_uploads'];
    for (const name of collections) {
      const all = await test.platform.rooms.connection.collection(name).find().toArray();
      expect(all).to.not.have.length(0);
      expect(JSON.stringify(all)).to.not.include(id);
    }
    const other = await test.person({ grants: [{ role: 'city-bureau', scope: 'region:410200' }] });
    await (await test.signIn(other.login)).get(`/enrolment/rosters/${body.id}/marked.xlsx`).expect(404);
  });

  it('sign people in by whatever way they write the phone or the document that a roster brought', async () => {
    const rows = [
      ['Anna Smith', '女', '护照', 'AB 123456', '+86 138-0000-9001', '甲中学', '高中', '英语'],
      ['阿依古丽.买买提', '女', '', inventedIdNumber(), '', '甲中学', '高中', '英语'],
    ];
    const head = ['姓名', '性别', '证件类型', '证件号码', '手机号', '学校', '学段', '学科'];
    const sexOf = (id: string) => (Number(id[16]) % 2 === 1 ? '男' : '女');
    rows[1]![1] = sexOf(rows[1]![3]!);
    const { body } = await send(target, await workbook(rows, head));
    expect(body.refused).to.deep.equal([]);
    await administrator.post(`/api/v1/enrolment/rosters/${body.id}/confirm`).expect(200);
    const { accounts } = test.platform.rooms;
    const anna = (await accounts.byIdNumbers(['AB123456'])).get('AB123456');
    expect(anna).to.include({ name: 'Anna Smith', phone: '13800009001', idKind: 'passport' });
    await accounts.setPassword(anna!._id, password);
    for (const login of ['13800009001', '０１３８', '+86 138 0000 9001', 'ab-123456', 'AB 123456\u200B']) {
      const attempt = accounts.authenticate(login, password).then(
        ({ name }) => name,
        (error) => error.code,
      );
      expect(await attempt, login).to.equal(login === '０１３８' ? 'core:wrong-credentials' : 'Anna Smith');
    }
    const other = (await accounts.byIdNumbers([rows[1]![3]!])).get(rows[1]![3]!);
    expect(other?.name).to.equal('阿依古丽·买买提');
    const again = await send(target, await workbook([[...rows[1]!].with(0, '阿依古丽•买买提')], head));
    expect(again.body.refused[0].problems.map(({ reason }: { reason: string }) => reason)).to.deep.equal([
      'already-enrolled',
    ]);
  });
});
