import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect } from 'chai';
import jsQR from 'jsqr';
import supertest from 'supertest';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';
import { eventually, pathPlugins, qualify } from '../../support/qualify.ts';
import { startRegistry, type TestRegistry } from '../../support/registry.ts';

interface Held {
  number: string;
  checkUrl: string;
  issuedAt: Date;
}

describe('certificates', function () {
  this.timeout(60_000);
  let registry: TestRegistry;
  let platform: TestPlatform;

  const of = (enrolment: string): Promise<Held | undefined> =>
    platform.host('assessment').tryUse('certificates')!.of(enrolment);
  const holder = async (name: string) => {
    const learner = await platform.learner({ name });
    await qualify(platform, learner.enrolment._id);
    const certificate = await eventually(() => of(learner.enrolment._id), 'a certificate');
    return { ...learner, certificate };
  };
  const pathOf = ({ checkUrl }: Held) => new URL(checkUrl).pathname;

  before(async () => {
    registry = await startRegistry();
    platform = await startTestPlatform({ plugins: pathPlugins, env: { ...registry.env, REGISTRY_RETRY_MS: '20' } });
  });
  after(async () => {
    await platform?.stop();
    await registry?.stop();
  });
  beforeEach(() => registry.start());

  it('are issued once, when the registry has the hours, and the learner is told', async () => {
    await registry.kill();
    const learner = await platform.learner();
    await qualify(platform, learner.enrolment._id);
    const { models } = platform.host('registry');
    await eventually(async () => {
      const found = await models.deliveries!.findById(learner.enrolment._id).lean();
      return (found as { answers?: unknown[] } | null)?.answers?.length ? true : undefined;
    }, 'an attempt');
    expect(await of(learner.enrolment._id)).to.equal(undefined);
    await registry.start();
    const { number } = await eventually(() => of(learner.enrolment._id), 'a certificate');
    platform.host('registry').emit('registry.accepted', { enrolment: learner.enrolment._id, number: 'again' });
    await platform.platform.rooms.facts.settled();
    expect((await of(learner.enrolment._id))?.number).to.equal(number);
    const client = await platform.signIn(learner.login);
    expect((await client.get('/api/v1/certificates/mine').expect(200)).body).to.have.length(1);
    await eventually(async () => {
      const inbox = await client.get('/messages').expect(200);
      return inbox.text.includes('您的证书已颁发') || undefined;
    }, 'a message');
  });

  it('are caught up where the fact was lost', async () => {
    const learner = await holder('追补');
    const { models } = platform.host('certificates');
    await models.certificates!.deleteOne({ _id: learner.enrolment._id });
    platform = await platform.restart();
    const { number } = await eventually(() => of(learner.enrolment._id), 'a certificate');
    expect(number).not.to.equal(learner.certificate.number);
  });

  it('download as a PDF whose text can be read and whose QR code leads to the check page', async function () {
    const learner = await holder('张晓明');
    const client = await platform.signIn(learner.login);
    const answer = await client
      .get(`/certificates/${learner.enrolment._id}/pdf`)
      .buffer(true)
      .parse(binary)
      .expect(200);
    const pdf = answer.body as Buffer;
    expect(pdf.subarray(0, 5).toString()).to.equal('%PDF-');
    expect(answer.headers['content-disposition']).to.include(learner.certificate.number);
    const text = spawnSync('pdftotext', ['-', '-'], { input: pdf, encoding: 'utf8' });
    // poppler-utils is not everywhere; the bytes above are checked in any case.
    if (text.error) return this.skip();
    for (const part of [
      '培训合格证书',
      '张晓明',
      '60 学时',
      learner.certificate.number,
      '某师范大学',
      'completed 60 hours',
    ]) {
      expect(text.stdout.replace(/\n/g, '')).to.include(part);
    }
    expect(text.stdout).not.to.include(learner.idNumber);
    const image = spawnSync('pdftoppm', ['-r', '150', '-'], { input: pdf, maxBuffer: 64 * 1024 * 1024 }).stdout;
    expect(readQr(image)).to.equal(learner.certificate.checkUrl);
  });

  it('say which character no font has instead of printing a box, and stay valid', async () => {
    const learner = await holder('王𰻝');
    const client = await platform.signIn(learner.login);
    const refused = await client.get(`/certificates/${learner.enrolment._id}/pdf`).expect(422);
    expect(refused.text).to.include('“𰻝”字库中没有');
    await supertest(platform.url).get(pathOf(learner.certificate)).expect(200);
  });

  it('are confirmed to anybody by code, with the name masked', async () => {
    const learner = await holder('王小明');
    const page = await supertest(platform.url).get(pathOf(learner.certificate)).expect(200);
    expect(page.text)
      .to.include('证书有效')
      .and.include('王**')
      .and.include('60 学时')
      .and.include(learner.certificate.number);
    expect(page.text).not.to.include('王小明');
    expect(page.headers['x-robots-tag']).to.equal('noindex');
    const english = await supertest(platform.url)
      .get(pathOf(learner.certificate))
      .set('Accept-Language', 'en')
      .expect(200);
    expect(english.text).to.include('This certificate is valid');
    const code = pathOf(learner.certificate).split('/').at(-1);
    const { body } = await supertest(platform.url).get(`/api/v1/certificates/check/${code}`).expect(200);
    expect(body).to.include({ state: 'valid', name: '王**', hours: 60 });
    await supertest(platform.url).get('/certificates/check/no-such-code').expect(404);
  });

  it('are confirmed by number and name, and mistakes are told apart', async () => {
    const learner = await holder('李建国');
    const { number } = learner.certificate;
    const visitor = supertest.agent(platform.url);
    const form = await visitor.get('/certificates/check').expect(200);
    const token = /name="_csrf" value="([^"]+)"/.exec(form.text)?.[1];
    const check = (typed: string, name: string) =>
      visitor.post('/certificates/check').type('form').send({ _csrf: token, number: typed, name });
    await check(number.toLowerCase(), '李 建国').expect(303).expect('Location', pathOf(learner.certificate));
    const other = number.endsWith('A') ? 'B' : 'A';
    expect((await check(number.slice(0, -1) + other, '李建国').expect(422)).text).to.include('证书编号有误');
    expect((await check('12', '李建国').expect(422)).text)
      .to.include('格式不对')
      .and.include('value="12"');
    expect((await check(number, '李建军').expect(422)).text).to.include('没有查到');
    await supertest(platform.url).post('/certificates/check').type('form').send({ number, name: '李建国' }).expect(403);
  });

  it('cannot be guessed by trying names', async () => {
    const learner = await holder('赵钱孙');
    const visitor = supertest.agent(platform.url);
    const { body } = await visitor.get('/api/v1/session').expect(200);
    const check = (name: string) =>
      visitor
        .post('/api/v1/certificates/check')
        .set('X-CSRF-Token', body.csrf)
        .send({ number: learner.certificate.number, name });
    for (let i = 0; i < 10; i += 1) await check(`赵${i}`).expect(404);
    await check('赵钱孙').expect(429);
  });

  it('can still be checked from elsewhere while somebody guesses through the API', async () => {
    const guess = async (code: number, localAddress: string) => {
      const address = `${platform.url}/api/v1/certificates/check/guess-${code}`;
      const [answer] = (await once(get(address, { localAddress }), 'response')) as [IncomingMessage];
      answer.resume();
      return answer.statusCode;
    };
    for (let code = 0; code < 30; code += 1) expect(await guess(code, '127.0.0.9')).to.equal(404);
    expect(await guess(30, '127.0.0.9')).to.equal(429);
    expect(await guess(30, '127.0.0.8')).to.equal(404);
  });

  it('are seen by their holder and within scope only', async () => {
    const learner = await holder('范围内');
    const path = `/certificates/${learner.enrolment._id}`;
    const county = await platform.person({ grants: [{ role: 'county-bureau', scope: 'region:410204' }] });
    const otherCounty = await platform.person({ grants: [{ role: 'county-bureau', scope: 'region:410202' }] });
    await (await platform.signIn(learner.login)).get(path).expect(200);
    const near = await platform.signIn(county.login);
    await near.get(path).expect(200);
    expect((await near.get('/certificates').expect(200)).text).to.include('范围内');
    const far = await platform.signIn(otherCounty.login);
    await far.get(path).expect(404);
    await far.get(`${path}/pdf`).expect(404);
    expect((await far.get('/certificates').expect(200)).text).not.to.include('范围内');
    await near.post(`/api/v1/certificates/${learner.enrolment._id}/revoke`, { reason: '越权' }).expect(404);
  });

  it('are revoked by the operator with a reason that the check page shows', async () => {
    const learner = await holder('作废者');
    const operator = await platform.person({ grants: [{ role: 'operator', scope: 'platform' }] });
    const client = await platform.signIn(operator.login);
    const path = `/certificates/${learner.enrolment._id}`;
    const refused = await client.form(`${path}/revoke`, { reason: '' }).expect(422);
    expect(refused.text).to.include('field-reason-error');
    await client.form(`${path}/revoke`, { reason: '信息有误' }).expect(303);
    const page = await supertest(platform.url).get(pathOf(learner.certificate)).expect(200);
    expect(page.text).to.include('证书已作废').and.include('信息有误');
    await (await platform.signIn(learner.login)).get(`${path}/pdf`).expect(409);
    expect(await of(learner.enrolment._id)).to.equal(undefined);
    const audit = await platform
      .host('certificates')
      .audit.search({ action: 'certificate.revoke' }, { skip: 0, limit: 1 });
    expect(audit.rows[0]).to.include({ actor: operator.id, subject: learner.enrolment._id });
  });
});

/** Collects a binary answer whole. */
function binary(response: supertest.Response, done: (error: Error | null, body: Buffer) => void): void {
  const parts: Buffer[] = [];
  const stream = response as unknown as NodeJS.ReadableStream;
  stream.on('data', (part: Buffer) => parts.push(part));
  stream.on('end', () => done(null, Buffer.concat(parts)));
}

/** What the QR code of a page says; the page as a binary PPM. */
function readQr(ppm: Buffer): string | undefined {
  const [, width, height] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.subarray(0, 40).toString('latin1')) ?? [];
  const [w, h] = [Number(width), Number(height)];
  const pixels = ppm.subarray(ppm.length - w * h * 3);
  const rgba = new Uint8ClampedArray(w * h * 4).fill(255);
  for (let i = 0; i < w * h; i += 1) rgba.set(pixels.subarray(i * 3, i * 3 + 3), i * 4);
  return (jsQR as unknown as typeof jsQR.default)(rgba, w, h)?.data;
}
