import { expect } from 'chai';
import { addDays, beijingDay } from '../../../server/beijing-time.ts';
import type { Client } from '../../support/client.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';

describe('setting a platform up in the browser', () => {
  let test: TestPlatform;
  let operator: Client;
  before(async () => {
    test = await startTestPlatform();
    operator = await test.signIn((await test.person({ grants: [{ role: 'operator', scope: 'platform' }] })).login);
  });
  after(() => test.stop());

  const day = (n: number) => addDays(beijingDay(Date.now()), n);
  const programme = {
    zh: '湖北省教师培训',
    provider: 'hubei-university',
    region: '420000',
    regions: ['420100', '420102'],
    hours: '2',
    stages: 'primary',
    enrolFrom: day(-1),
    enrolUntil: day(10),
    from: day(-1),
    to: day(60),
  };

  it('leads from nothing to a roster that may be uploaded', async () => {
    const { text: start } = await operator.get('/operator').expect(200);
    expect(start).to.include('从这里开始').and.include('/operator/regions');
    for (const [code, zh, parent] of [
      ['420000', '湖北省', ''],
      ['420100', '武汉市', '420000'],
      ['420102', '江岸区', '420100'],
    ] as const) {
      await operator.form('/operator/regions', { code, zh, parent }).expect(303);
    }
    const { text: regions } = await operator.get('/operator/regions').expect(200);
    expect(regions).to.include('江岸区').and.include('武汉市');

    const school = { code: 'wuhan-1', zh: '武汉市第一小学', kind: 'school', region: '420102', stages: 'primary' };
    await operator.form('/operator/organisations', school).expect(303);
    const provider = { code: 'hubei-university', zh: '湖北大学', kind: 'provider', region: '420000' };
    await operator.form('/operator/organisations', provider).expect(303);
    const { text: found } = await operator.get('/operator/organisations?q=武汉').expect(200);
    expect(found).to.include('武汉市第一小学').and.not.include('湖北大学</a>');

    const staff = { name: ' 古丽　•\u200b 校长', account: 'wuhan-1', role: 'school-administrator' };
    const added = await operator.form('/operator/organisations/wuhan-1/people', staff).expect(303);
    const { text: person } = await operator.get(String(added.headers.location)).expect(200);
    const code = /激活码 (\d{8})/.exec(person)?.[1];
    // However it is typed, a name is stored as rosters and sign-in have it.
    expect(person).to.include('古丽·校长').and.include('学校管理员').and.include('武汉市第一小学');

    const made = await operator.form('/programmes/new', programme).expect(303);
    const id = String(made.headers.location).split('/').at(-1) as string;
    const { text: draft } = await operator.get(`/assessment/schemes/${id}`).expect(200);
    // 2 hours of 45 minutes.
    expect(draft).to.match(/name="components\[\d\]\[full\]" value="90"/);
    await operator.form(`/assessment/schemes/${id}/open`, {}).expect(303);

    await test.platform.rooms.accounts.activate('wuhan-1', code as string, 'long enough it is');
    const administrator = await test.signIn('wuhan-1', 'long enough it is');
    const { text: roster } = await administrator.get(`/enrolment?programme=${id}`).expect(200);
    expect(roster).to.include(`/enrolment/rosters?programme=${id}`);
  });

  it('makes nobody without a role unnoticed', async () => {
    const path = '/operator/organisations/school-a/people';
    const person = { name: '李干事', account: 'no-role-1' };
    for (const role of [undefined, '', 'operator', 'city-bureau']) {
      const given = { ...person, ...(role !== undefined && { role }) };
      const { text } = await operator.form(path, given).expect(422);
      expect(text).to.include('aria-invalid');
    }
    const made = await operator.form(path, { ...person, role: 'none' }).expect(303);
    const { text } = await operator.get(String(made.headers.location)).expect(200);
    expect(text)
      .to.include('还没有角色')
      .and.match(/激活码 \d{8}/);
  });

  it('adds a programme below the programmes, where the menu shows it, also when something is wrong', async () => {
    const { text: empty } = await operator.get('/programmes/new').expect(200);
    const { text: refused } = await operator.form('/programmes/new', { ...programme, zh: '' }).expect(422);
    for (const text of [empty, refused]) {
      const here = [...text.matchAll(/<a href="([^"]*)" aria-current="page">/g)].map(([, href]) => href);
      expect(new Set(here)).to.deep.equal(new Set(['/programmes']));
    }
  });

  it('changes names and never places', async () => {
    await operator.form('/operator/regions', { code: '410204', zh: '新鼓楼区', parent: '' }).expect(303);
    const { regions } = test.platform.rooms;
    expect(await regions.get('410204')).to.deep.include({ level: 'county', path: ['410000', '410200', '410204'] });
    expect((await regions.get('410204')).name.zh).to.equal('新鼓楼区');
  });

  it('keeps what was typed, says what is wrong and stores nothing', async () => {
    const { programmes, accounts } = test.platform.rooms;
    const before = [(await programmes.all()).length, await accounts.count()];
    const { text } = await operator
      .form('/programmes/new', { ...programme, zh: '一个新项目', to: day(-9), stages: [] })
      .expect(422);
    expect(text).to.include('一个新项目').and.include('field-to-error').and.include('field-stages-error');
    await operator.form('/operator/regions', { code: '1 2', zh: '' }).expect(422);
    const taken = await test.person();
    const staff = { name: '某人', account: taken.login, role: 'school-administrator' };
    const { text: again } = await operator.form('/operator/organisations/school-a/people', staff).expect(422);
    expect(again).to.include('这个账号名已有人使用');
    expect([(await programmes.all()).length, (await accounts.count()) - 1]).to.deep.equal(before);
  });

  it('is not found for anybody else', async () => {
    const bureau = await test.signIn(
      (await test.person({ grants: [{ role: 'city-bureau', scope: 'region:410200' }] })).login,
    );
    for (const path of ['regions', 'organisations', 'organisations/school-a/people/new']) {
      await bureau.get(`/operator/${path}`).expect(404);
    }
    await bureau.get('/programmes/new').expect(404);
    await bureau.form('/programmes/new', programme).expect(404);
    await bureau.form('/operator/regions', { code: '430000', zh: '某省' }).expect(404);
  });

  it('offers roles where they can be held, by name', async () => {
    const { id } = await test.person({ name: '赵老师' });
    const { text } = await operator.get(`/accounts/${id}/grants?role=county-bureau&q=龙亭`).expect(200);
    expect(text).to.include('value="region:410202"').and.not.include('region:410204');
    await operator.form(`/accounts/${id}/grants`, { role: 'county-bureau', scope: 'region:410202' }).expect(303);
    const { text: person } = await operator.get(`/accounts/${id}`).expect(200);
    expect(person).to.include('龙亭区');
    const { text: log } = await operator.get('/operator/audit?action=grant.add&q=赵老师').expect(200);
    expect(log).to.include('授予角色').and.include('区县教育局').and.include('龙亭区').and.not.include('region:');
  });
});
