import { expect } from 'chai';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';

const day = 86_400_000;
const scheme = {
  passMark: 6000,
  components: [{ id: 'video', measure: 'video-courses/seconds', weight: 100, full: 600 }],
};

describe('setting a platform up through the API', () => {
  let test: TestPlatform;
  before(async () => {
    test = await startTestPlatform({ plugins: [] });
  });
  after(() => test.stop());

  const operator = async () =>
    test.signIn((await test.person({ grants: [{ role: 'operator', scope: 'platform' }] })).login);
  const programme = () => ({
    title: { zh: '新项目', en: 'A new programme' },
    provider: 'provider-new',
    region: '420000',
    hours: 30,
    stages: ['primary'],
    term: {
      enrolFrom: new Date(Date.now() - day),
      enrolUntil: new Date(Date.now() + day),
      from: new Date(),
      to: new Date(Date.now() + 30 * day),
    },
    scheme,
  });

  it('leads from a region to a programme and somebody who manages it', async () => {
    const client = await operator();
    await client
      .put('/api/v1/regions/420000', { name: { zh: '湖北省' }, level: 'province', path: ['420000'] })
      .expect(200);
    const provider = { name: { zh: '某大学' }, kind: 'provider', region: '420000' };
    await client.put('/api/v1/organisations/provider-new', provider).expect(200);
    const { body: made } = await client.post('/api/v1/programmes', programme()).expect(200);
    const manager = {
      name: '项目管理员',
      account: 'manager-new',
      password: 'long enough it is',
      organisation: 'provider-new',
      grants: [{ role: 'provider-manager', scope: 'organisation:provider-new' }],
    };
    await client.post('/api/v1/people', manager).expect(200);
    const { body } = await (await test.signIn('manager-new', 'long enough it is'))
      .get('/api/v1/programmes')
      .expect(200);
    expect(body.map(({ id, state }: { id: string; state: string }) => ({ id, state }))).to.deep.equal([
      { id: made.id, state: 'draft' },
    ]);
  });

  it('refuses what does not fit, and everybody but the operator, and stores nothing', async () => {
    const client = await operator();
    const { connection } = test.platform.rooms;
    const count = async () => {
      const names = ['regions', 'organisations', 'users', 'programmes'];
      return Promise.all(names.map((name) => connection.collection(name).countDocuments()));
    };
    const bureau = await test.signIn(
      (await test.person({ grants: [{ role: 'city-bureau', scope: 'region:410200' }] })).login,
    );
    const before = await count();
    await bureau.post('/api/v1/programmes', programme()).expect(404);
    await bureau
      .put('/api/v1/regions/430000', { name: { zh: '某省' }, level: 'province', path: ['430000'] })
      .expect(404);
    await client
      .put('/api/v1/regions/430100', { name: { zh: '某市' }, level: 'city', path: ['430000', '430100'] })
      .expect(404);
    const wrong = { ...programme(), scheme: { ...scheme, components: [{ ...scheme.components[0], weight: 90 }] } };
    const { body } = await client
      .post('/api/v1/programmes', { ...wrong, provider: test.organisations.provider, region: '410200' })
      .expect(422);
    expect(body.error.message).to.include('90');
    await client.post('/api/v1/people', { name: '某人', account: 'x y' }).expect(422);
    await client.post('/api/v1/people', { name: '\u200b · ', account: 'nobody' }).expect(422);
    expect(await count()).to.deep.equal(before);
  });
});
