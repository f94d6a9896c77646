import { expect } from 'chai';
import supertest from 'supertest';
import writeXlsxFile from 'write-excel-file/node';
import type { Client } from '../../support/client.ts';
import { inventedIdNumber } from '../../support/fixtures.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';
import { workbook } from '../../support/workbook-files.ts';
import { send, teacher } from './roster-support.ts';

interface Refused {
  row: number;
  problems: { column: string; reason: string; message: string; value?: string }[];
}

describe('bad rosters', () => {
  let test: TestPlatform;
  let target: { url: string; client: Client; programme: string };

  before(async () => {
    test = await startTestPlatform({ plugins: ['enrolment'] });
    const { regions } = test.platform.rooms;
    await regions.put({
      regions: [{ _id: '410212', name: { zh: '祥符区' }, level: 'county', path: ['410000', '410200', '410212'] }],
      organisations: [
        {
          _id: 'school-x',
          name: { zh: '祥符一中' },
          kind: 'school',
          region: '410212',
          stages: ['senior'],
          direct: false,
        },
        {
          _id: 'school-j',
          name: { zh: '丙初中' },
          kind: 'school',
          region: '410204',
          stages: ['junior'],
          direct: false,
        },
        {
          _id: 'twin-1',
          name: { zh: '同名中学' },
          kind: 'school',
          region: '410204',
          stages: ['senior'],
          direct: false,
        },
        {
          _id: 'twin-2',
          name: { zh: '同名中学' },
          kind: 'school',
          region: '410204',
          stages: ['senior'],
          direct: false,
        },
      ],
    });
    const bureau = await test.person({ grants: [{ role: 'county-bureau', scope: 'region:410204' }] });
    target = { url: test.url, client: await test.signIn(bureau.login), programme: test.programme };
  });
  after(() => test.stop());

  const upload = async (...rows: (string | number | null)[][]) => send(target, await workbook(rows));
  const wrong = (id: string) => id.slice(0, 17) + (id[17] === '1' ? '2' : '1');

  const cases: [string, () => (string | number | null)[], string, string][] = [
    ['a wrong check digit', () => teacher({ id: wrong(inventedIdNumber()) }), 'idNumber', 'id-check-digit'],
    ['a short ID number', () => teacher({ id: '41020419800101' }), 'idNumber', 'id-length'],
    ['letters in an ID number', () => teacher({ id: '4102041980O1011234' }), 'idNumber', 'id-characters'],
    ['an impossible birth', () => teacher({ id: '410204198013011234' }), 'idNumber', 'id-birth'],
    ['an ID number typed as a number', () => teacher({ id: 410204198001011200 }), 'idNumber', 'id-as-number'],
    ['no name', () => teacher({ name: '' }), 'name', 'missing'],
    ['a formula for a name', () => teacher({ name: '=1+1' }), 'name', 'name'],
    ['no stage', () => teacher({ stage: '' }), 'stage', 'missing'],
    ['the other sex', () => teacher({ id: '110101198001010010', sex: '女' }), 'sex', 'sex-differs'],
    ['an unknown school', () => teacher({ school: '没有的中学' }), 'school', 'unknown-school'],
    ['a school of another county', () => teacher({ school: '乙中学' }), 'school', 'outside-scope'],
    ['two schools of one name', () => teacher({ school: '同名中学' }), 'school', 'ambiguous-school'],
    ['an unknown stage', () => teacher({ stage: '大学' }), 'stage', 'stage'],
    [
      'a stage that the programme is not for',
      () => teacher({ stage: '初中', school: '丙初中' }),
      'stage',
      'stage-not-in-programme',
    ],
    ['a stage that the school does not teach', () => teacher({ school: '丙初中' }), 'stage', 'stage-not-taught'],
    ['an unknown subject', () => teacher({ subject: '炼金术' }), 'subject', 'subject'],
  ];
  for (const [what, row, column, reason] of cases) {
    it(`refuses a row with ${what}`, async () => {
      const { status, body } = await upload(row());
      expect(status).to.equal(200);
      expect(body.accepted).to.deep.equal([]);
      expect(body.refused).to.have.length(1);
      expect(body.refused[0].row).to.equal(2);
      expect(body.refused[0].problems).to.have.length(1);
      expect(body.refused[0].problems[0]).to.deep.include({ column, reason });
      expect(body.refused[0].problems[0].message).to.match(/[\u4e00-\u9fff]/);
    });
  }

  it('takes the good rows beside the bad ones, and names each row as the spreadsheet does', async () => {
    const twice = inventedIdNumber();
    const phone = '13900000001';
    const { body } = await upload(
      teacher({ id: twice, phone }),
      teacher({ id: wrong(inventedIdNumber()) }),
      teacher({ id: twice }),
      teacher({ phone }),
      [null],
      teacher({ school: 'twin-1' }),
    );
    expect(body.accepted.map(({ row }: { row: number }) => row)).to.deep.equal([2, 7]);
    expect(
      body.refused.map(({ row, problems }: Refused) => [row, ...problems.map(({ reason }) => reason)]),
    ).to.deep.equal([
      [3, 'id-check-digit'],
      [4, 'duplicate'],
      [5, 'duplicate-phone'],
    ]);
  });

  it('refuses people whom the accounts know otherwise', async () => {
    const known = await test.person({ name: '赵敏' });
    const elsewhere = await test.person({ name: '钱进', organisation: 'school-b' });
    const { accounts } = test.platform.rooms;
    await accounts.create({ name: '孙立', phone: '13700000001', organisation: 'school-a' });
    const { body } = await upload(
      teacher({ id: known.idNumber, name: '赵明' }),
      teacher({ id: elsewhere.idNumber, name: '钱进' }),
      teacher({ phone: '13700000001' }),
    );
    expect(body.refused.flatMap(({ problems }: Refused) => problems.map(({ reason }) => reason))).to.deep.equal([
      'name-differs',
      'other-school',
      'phone-taken',
    ]);
  });

  it('refuses a county that organises its own training, until it joins', async () => {
    const bureau = await test.person({ grants: [{ role: 'county-bureau', scope: 'region:410212' }] });
    const client = await test.signIn(bureau.login);
    const own = { ...target, client };
    const file = await workbook([teacher({ school: '祥符一中' })]);
    const before = await send(own, file);
    expect(before.body.refused[0].problems[0]).to.include({ column: 'school', reason: 'region-not-taking-part' });
    const join = { programme: test.programme, region: '410212' };
    await target.client.post('/api/v1/enrolment/regions', join).expect(404);
    await client.post('/api/v1/enrolment/regions', join).expect(200);
    await client.post('/api/v1/enrolment/regions', { ...join, region: '410202' }).expect(404);
    expect((await send(own, file)).body.accepted).to.have.length(1);
  });

  it('refuses everybody after the deadline but those whom the city enrols late', async () => {
    const { programmes } = test.platform.rooms;
    const {
      _id: _,
      state: __,
      createdAt: ___,
      ...like
    } = (await programmes.get(test.programme)) as unknown as Record<string, object>;
    const past = new Date(Date.now() - 60_000);
    const late = await programmes.create({
      ...(like as object),
      term: { ...(like.term as object), enrolUntil: past },
    } as never);
    await programmes.open(late._id);
    const file = await workbook([teacher()]);
    const refused = await send({ ...target, programme: late._id }, file);
    expect(refused.body.refused[0].problems[0].reason).to.equal('after-deadline');
    const city = await test.person({ grants: [{ role: 'city-bureau', scope: 'region:410200' }] });
    const taken = await send({ ...target, programme: late._id, client: await test.signIn(city.login) }, file);
    expect(taken.body.accepted).to.have.length(1);
  });

  it('refuses a form that ends in the middle of its file, and lives on', async () => {
    const boundary = 'cut';
    const part = 'Content-Disposition: form-data; name="roster"; filename="a.xlsx"\r\nContent-Type: a/b';
    const { body, status } = await supertest(target.url)
      .post(`/enrolment/rosters?programme=${target.programme}`)
      .set({ cookie: target.client.cookie, 'x-csrf-token': target.client.csrf, accept: 'application/json' })
      .set('content-type', `multipart/form-data; boundary=${boundary}`)
      .send(`--${boundary}\r\n${part}\r\n\r\nPK`);
    expect({ status, code: body.error.code }).to.deep.equal({ status: 400, code: 'enrolment:upload-cut' });
    expect((await target.client.get('/enrolment')).status).to.equal(200);
  });

  it('shows what is wrong with a file sent from the page at its field, on that page', async () => {
    const { status, text } = await supertest(target.url)
      .post(`/enrolment/rosters?programme=${target.programme}`)
      .set({ cookie: target.client.cookie, 'x-csrf-token': target.client.csrf, accept: 'text/html' })
      .attach('roster', Buffer.from('<html><table><tr><td>姓名</td></tr></table></html>'), '名册.xls');
    expect(status).to.equal(422);
    expect(text)
      .to.match(/id="field-roster-error"[\s\S]*另存为 \.xlsx/)
      .and.include('上传并检查');
  });

  it('answers 4xx with the reason in the reader’s language for what is no roster, and stores nothing', async () => {
    const batches = test.platform.rooms.connection.collection('enrolment_batches');
    const before = await batches.countDocuments();
    const many = Array.from({ length: 21_000 }, (_, n) => [{ value: `教师${n}`, type: String }]);
    const files: [Buffer, string, RegExp, RegExp][] = [
      [Buffer.from('姓名,学校,学段\n王芳,甲中学,高中'), 'missing-columns', /身份证号/, /ID number/],
      [Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 1, 2, 3, 4]), 'core:workbook-not-one', /不是表格/, /not a spreadsheet/],
      [await writeXlsxFile(many as never).toBuffer(), 'too-many-rows', /5,?000/, /5,?000/],
      [await workbook([teacher()], ['a', 'b']), 'no-headings', /列名/, /headings/],
      [await workbook([['王芳']], ['姓名', '性别', '学校', '学段']), 'missing-columns', /身份证号/, /ID number/],
      [await workbook([]), 'no-rows', /没有教师/, /no teachers/],
      [Buffer.alloc(0), 'no-file', /没有收到/, /No file/],
      [Buffer.alloc(6 * 2 ** 20, 1), 'core:too-large', /5 MB/, /5 MB/],
    ];
    for (const [file, code, zh, en] of files) {
      for (const [language, words] of [
        ['zh-CN', zh],
        ['en', en],
      ] as const) {
        const { status, body } = await send(target, file, language);
        expect(status, code).to.be.within(400, 499);
        expect(body.error.code).to.equal(code.includes(':') ? code : `enrolment:${code}`);
        expect(body.error.message).to.match(words);
      }
    }
    expect(await batches.countDocuments()).to.equal(before);
  });
});
