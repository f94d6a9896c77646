import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { httpAdapter } from '../../../plugins/registry/http-adapter.ts';
import type { RegistryHost } from '../../../plugins/registry/settings.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';
import { eventually, pathPlugins, qualify } from '../../support/qualify.ts';

/** What the server says to the next requests. */
type Reply = { status: number; type?: string; body: string };

describe('a registry that answers oddly', function () {
  this.timeout(60_000);
  let server: Server;
  let url: string;
  let reply: (method: string) => Reply;
  let platform: TestPlatform;
  const key = 'a-key-that-only-tests-know';
  const host = () => platform.host('registry') as unknown as RegistryHost;
  const delivery = (enrolment: string) => host().models.deliveries.findById(enrolment).lean();
  const answered = (enrolment: string, kind: string) =>
    eventually(async () => (await delivery(enrolment))?.answers.find((one) => one.kind === kind), kind);
  const absent: Reply = { status: 404, body: JSON.stringify({ code: 'no-record', reason: 'none' }) };

  before(async () => {
    server = createServer((request, response) => {
      request.resume();
      const { status, type = 'application/json', body } = reply(request.method ?? '');
      response.writeHead(status, { 'content-type': type }).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    platform = await startTestPlatform({
      plugins: pathPlugins,
      env: { REGISTRY_URL: url, REGISTRY_KEY: key, REGISTRY_RETRY_MS: '20', REGISTRY_TIMEOUT_MS: '1500' },
    });
  });
  after(async () => {
    await platform.stop();
    server.close();
  });

  const record = {
    ...{ key: 'k', idNumber: '410204198001010010', name: '某人', programme: 'p', programmeTitle: '项目', hours: 60 },
    ...{ year: 2026, provider: '某大学', qualifiedAt: new Date(0).toISOString(), score: '80.00' },
  };
  const page = '<html><body><h1>400 Bad Request</h1>nginx</body></html>';
  const refusal = JSON.stringify({ code: 'bad-name', reason: 'the name is wrong' });
  const replies: [string, Reply, string][] = [
    ['a gateway’s page with 400', { status: 400, type: 'text/html', body: page }, 'unknown'],
    ['a gateway’s page with 413', { status: 413, type: 'text/html', body: page }, 'unknown'],
    ['a gateway’s own JSON with 400', { status: 400, body: '{"message":"bad request"}' }, 'unknown'],
    ['an empty 422', { status: 422, body: '' }, 'unknown'],
    ['a page with 200', { status: 200, type: 'text/html', body: page }, 'unknown'],
    ['the registry’s own refusal', { status: 422, body: refusal }, 'refused'],
  ];
  for (const [name, given, kind] of replies) {
    it(`is taken for what it is: ${name} is ${kind}`, async () => {
      reply = () => given;
      const { submit } = httpAdapter({ url, key, timeoutMs: 1_000 });
      expect((await submit(record, new AbortController().signal)).kind).to.equal(kind);
    });
  }

  it('gets nobody refused by a gateway, and everybody accepted once that is gone', async () => {
    reply = (method) => (method === 'GET' ? absent : { status: 400, type: 'text/html', body: page });
    const learner = await platform.learner();
    await qualify(platform, learner.enrolment._id);
    await answered(learner.enrolment._id, 'unknown');
    expect((await delivery(learner.enrolment._id))?.state).to.equal('pending');
    reply = (method) => (method === 'GET' ? absent : { status: 200, body: '{"number":"GW-1"}' });
    await eventually(
      async () => (await delivery(learner.enrolment._id))?.state === 'accepted' || undefined,
      'accepted',
    );
  });

  it('does not give one number to two awards', async () => {
    reply = (method) => (method === 'GET' ? absent : { status: 200, body: '{"number":"SAME-1"}' });
    const [one, two] = [await platform.learner(), await platform.learner()];
    await qualify(platform, one.enrolment._id);
    await eventually(async () => (await delivery(one.enrolment._id))?.state === 'accepted' || undefined, 'accepted');
    await qualify(platform, two.enrolment._id);
    const { reason } = await answered(two.enrolment._id, 'unknown');
    expect(reason).to.equal('number of another award');
    expect((await delivery(two.enrolment._id))?.state).to.equal('pending');
    reply = () => ({ status: 200, body: '{"number":"SAME-2"}' });
    await eventually(async () => (await delivery(two.enrolment._id))?.number === 'SAME-2' || undefined, 'own number');
  });

  it('has everything that it refused sent again at one press', async () => {
    reply = (method) => (method === 'GET' ? absent : { status: 422, body: refusal });
    const learners = [await platform.learner(), await platform.learner()];
    for (const { enrolment } of learners) await qualify(platform, enrolment._id);
    for (const { enrolment } of learners) await answered(enrolment._id, 'refused');
    let given = 10;
    reply = (method) => (method === 'GET' ? absent : { status: 200, body: `{"number":"N-${given++}"}` });
    const scope = `organisation:${platform.organisations.provider}` as const;
    const manager = await platform.person({ grants: [{ role: 'provider-manager', scope }] });
    const client = await platform.signIn(manager.login);
    expect((await client.get('/registry').expect(200)).text).to.include('全部重新提交（2）');
    await client.form('/registry/retry', {}).expect(303);
    for (const { enrolment } of learners) {
      await eventually(async () => (await delivery(enrolment._id))?.state === 'accepted' || undefined, 'accepted');
    }
    expect((await client.get('/registry').expect(200)).text).to.include('已安排重新提交 2 条');
  });
});
