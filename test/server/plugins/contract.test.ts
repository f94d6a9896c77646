import { expect } from 'chai';
import supertest from 'supertest';
import { definePlugin } from '../../../server/plugins/contract.ts';
import { loadOrder } from '../../../server/plugins/load-order.ts';
import everything from '../../fixtures/everything/index.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';

const folder = new URL('../../fixtures/everything', import.meta.url).pathname;

describe('the plugin contract', () => {
  let test: TestPlatform;
  before(async () => {
    test = await startTestPlatform({
      plugins: [],
      extra: [{ definition: everything as never, folder }],
      env: { EVERYTHING_GREETING: 'good day' },
    });
  });
  after(() => test.stop());

  const service = () => test.platform.rooms.services.get('everything') as { heard: string[] };

  it('serves a page inside the layout with the setting, the model and the locale of the plugin', async () => {
    const learner = await test.learner();
    const client = await test.signIn(learner.login);
    const { text } = await client.get('/everything').set('Accept-Language', 'en').expect(200);
    expect(text).to.include('good day').and.include('Counts: 1');
    await supertest(test.url).get('/everything').expect(302).expect('Location', '/sign-in?back=%2Feverything');
    const stranger = await test.signIn((await test.person({ grants: [{ role: 'expert', scope: 'platform' }] })).login);
    await stranger.get('/everything').expect(404);
    await stranger.get('/').expect(302).expect('Location', '/everything');
  });

  it('adds its part to the home page, its entry to the menu, and finds things', async () => {
    const client = await test.signIn((await test.learner()).login);
    const { text } = await client.get('/').expect(200);
    expect(text).to.include('class="everything-part"').and.include('href="/everything"');
    expect((await client.get('/search?q=abc').expect(200)).text).to.include('abc in everything');
  });

  it('records through the API and the socket: durable values, companion writes, facts and rooms', async () => {
    const learner = await test.learner();
    const client = await test.signIn(learner.login);
    const { body } = await client.post(`/api/v1/everything/count/${learner.enrolment._id}`, { value: 7 }).expect(200);
    expect(body).to.deep.equal({ sum: 7 });
    const stored = await test.host('everything').models.notes?.findById(`${learner.enrolment._id}|1`).lean();
    expect(stored).to.include({ value: 7 });

    const main = await client.socket();
    const update = new Promise<{ values: object }>((resolve) => main.once('update', resolve));
    expect(await main.emitWithAck('subscribe', `everything:${learner.enrolment._id}`)).to.deep.equal({ ok: true });
    const socket = await client.socket('/everything');
    const answer = await socket.emitWithAck('count', { enrolment: learner.enrolment._id, value: 9 });
    expect(answer).to.deep.equal({ value: 9 });
    expect((await update).values).to.deep.equal({ counted: 9 });
    expect(service().heard).to.include.members(['counted 7', 'counted 9', 'committed 1']);
    main.disconnect();
    socket.disconnect();
    await eventually(() => expect(service().heard).to.include('closed'));
  });

  it("refuses another's enrolment and room, and tells why in the caller's language", async () => {
    const [one, other] = [await test.learner(), await test.learner()];
    const client = await test.signIn(one.login);
    const path = `/api/v1/everything/count/${other.enrolment._id}`;
    const { body } = await client.post(path, { value: 7 }).set('Accept-Language', 'en').expect(404);
    expect(body.error).to.include({ code: 'core:not-found', message: 'This page or record was not found.' });
    await client.post(path, { value: -1 }).expect(422);
    const socket = await client.socket();
    const answer = await socket.emitWithAck('subscribe', `everything:${other.enrolment._id}`);
    expect(answer.error.code).to.equal('core:not-found');
    socket.disconnect();
  });

  it('runs migrations once, jobs, and start handlers', async () => {
    await eventually(() => expect(service().heard).to.include.members(['started Counts', 'tidied everything']));
    const marks = () => test.platform.rooms.connection.collection('everything_marks').countDocuments();
    expect(await marks()).to.equal(1);
  });

  it('describes the operation in openapi.json', async () => {
    const { body } = await supertest(test.url).get('/api/v1/openapi.json').expect(200);
    const operation = body.paths['/everything/count/{enrolment}'].post;
    expect(operation.summary).to.equal('Counts');
    expect(operation.requestBody.content['application/json'].schema.properties.value).to.include({ type: 'integer' });
  });

  it('is sealed after the start', () => {
    const host = test.host('everything');
    expect(() => host.menu({ label: 'late', href: '/late', icon: 'x', roles: [], order: 1 })).to.throw(
      /after the start/,
    );
  });
});

describe('the order of plugins', () => {
  const plugin = (id: string, requires: string[] = [], api = '^1.0.0') =>
    definePlugin({ id, api, requires: requires as never[], register() {} });

  it('puts every plugin after those it requires', () => {
    const order = loadOrder([plugin('a', ['c']), plugin('b'), plugin('c', ['b'])], '1.2.0');
    expect(order.map(({ id }) => id)).to.deep.equal(['b', 'c', 'a']);
  });

  it('refuses what does not fit, naming it', () => {
    expect(() => loadOrder([plugin('a', ['b']), plugin('b', ['a'])], '1.0.0')).to.throw('a → b → a');
    expect(() => loadOrder([plugin('a', ['z'])], '1.0.0')).to.throw('"a" requires "z"');
    expect(() => loadOrder([plugin('a'), plugin('a')], '1.0.0')).to.throw('twice');
    for (const [api, version] of [
      ['^2.0.0', '1.9.0'],
      ['^1.3.0', '1.2.9'],
      ['^1.0.0', '2.0.0'],
      ['1.0.0', '1.0.0'],
    ] as const) {
      expect(() => loadOrder([plugin('a', [], api)], version), api).to.throw(
        `needs contract ${api}, this platform has ${version}`,
      );
    }
  });
});
