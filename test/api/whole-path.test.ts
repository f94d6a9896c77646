import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import supertest from 'supertest';
import { teacher } from '../plugins/enrolment/roster-support.ts';
import type { Client } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { gradeWork, handIn, post, watchLesson } from '../support/path-steps.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { finalTotal, layPath, type Path } from '../support/whole-path.ts';
import { workbook } from '../support/workbook-files.ts';

/** Video seconds that the programme asks for: as many pass while the test runs. */
const seconds = 6;

describe('the whole path by the API', function () {
  this.timeout(60_000);
  let registry: TestRegistry;
  let site: TestPlatform;
  let path: Path;
  let enrolment: string;
  const as = {} as Record<'learner' | 'moderator' | 'county' | 'otherCounty' | 'city' | 'operator' | 'manager', Client>;
  /** Ids of what the path left behind, for the operations of the document. */
  const left = { post: '', code: '' };

  before(async () => {
    registry = await startRegistry();
    site = await startTestPlatform({ env: { ...registry.env, REGISTRY_RETRY_MS: '50' } });
    path = await layPath(site.platform, site, seconds);
    enrolment = path.learner.enrolment._id;
    const operator = await site.person({ grants: [{ role: 'operator', scope: 'platform' }] });
    const scope = `organisation:${site.organisations.provider}` as const;
    const manager = await site.person({ grants: [{ role: 'provider-manager', scope }] });
    for (const role of ['learner', 'moderator', 'county', 'otherCounty', 'city'] as const) {
      as[role] = await site.signIn(path[role].login);
    }
    as.operator = await site.signIn(operator.login);
    as.manager = await site.signIn(manager.login);
  });
  after(async () => {
    await site?.stop();
    await registry?.stop();
  });

  const result = async () => (await as.learner.get(`/api/v1/assessment/results/${enrolment}`).expect(200)).body;
  const board = async (client: Client, region: string) =>
    (await client.get(`/api/v1/monitoring/${path.programme}/${region}`).expect(200)).body;

  it('ends in one record and a certificate that anybody can check', async () => {
    const { reasons } = await watchLesson(as.learner, path, [0, seconds / 2, seconds]);
    expect(reasons).to.deep.equal([]);
    expect((await result()).total).to.equal(4000);

    left.post = (await post(as.learner, path)).id;
    expect((await result()).total).to.equal(6000);

    await handIn(as.learner, path);
    expect(await registry.records()).to.deep.equal([]);
    await gradeWork(as.moderator, path);

    const done = await eventually(async () => {
      const now = await result();
      expect(now.certificate).to.be.an('object');
      return now;
    });
    expect(done).to.include({ total: finalTotal, qualified: true, state: 'qualified', hours: 60 });
    const [record, ...more] = await registry.records();
    expect(more).to.deep.equal([]);
    expect(record).to.include({
      number: done.registry.number,
      idNumber: path.learner.idNumber,
      hours: 60,
      score: '96.00',
    });

    left.code = new URL(done.certificate.checkUrl).pathname.split('/').at(-1) ?? '';
    const checked = await supertest(site.url).get(`/api/v1/certificates/check/${left.code}`).expect(200);
    expect(checked.body).to.include({ state: 'valid', hours: 60, number: done.certificate.number });
    expect(JSON.stringify(checked.body)).not.to.include(path.learner.idNumber).and.not.include('李文静');
  });

  it('shows each bureau its own figures, and nothing to the other county', async () => {
    expect(await board(as.county, '410204')).to.deep.include({ enrolled: 1, average: finalTotal, activeToday: 1 });
    expect(await board(as.city, '410200')).to.deep.include({ enrolled: 2, average: finalTotal / 2, activeToday: 1 });
    expect(await board(as.otherCounty, '410202')).to.deep.include({ enrolled: 1, average: 0, activeToday: 0 });
    for (const address of [
      `monitoring/${path.programme}/410204`,
      `monitoring/${path.programme}/410200`,
      `roll-ups/${path.programme}/410204`,
      `enrolments/${enrolment}`,
      `assessment/results/${enrolment}`,
      `registry/states/${enrolment}`,
      `registry/deliveries/${enrolment}`,
      `certificates/${enrolment}`,
      `video-courses/credit?enrolment=${enrolment}`,
      `assignments/submissions/${enrolment}/${path.task}`,
      `workshops/${path.workshop}/members`,
    ]) {
      await as.otherCounty.get(`/api/v1/${address}`).expect(404);
    }
  });

  describe('described by openapi.json', () => {
    interface Described {
      summary?: string;
      operationId?: string;
      parameters?: { name: string; in: string; required: boolean }[];
      responses?: Record<string, object>;
    }
    let document: { paths: Record<string, Record<string, Described>> };
    const operations = () =>
      Object.entries(document.paths).flatMap(([address, methods]) =>
        Object.entries(methods).map(([method, operation]) => ({ address, method, ...operation })),
      );

    before(async () => {
      document = (await supertest(site.url).get('/api/v1/openapi.json').expect(200)).body;
    });

    it('is a valid OpenAPI 3.1 document', async () => {
      const validator = new Validator();
      const { valid, errors } = await validator.validate(structuredClone(document));
      expect(valid, JSON.stringify(errors)).to.equal(true);
      expect(validator.version).to.equal('3.1');
    });

    it('has a summary, an own id, its parameters and responses for every operation', () => {
      const ids = operations().map(({ operationId }) => operationId);
      expect(new Set(ids).size).to.equal(ids.length);
      for (const { address, method, summary, parameters = [], responses } of operations()) {
        expect(summary, `${method} ${address}`).to.be.a('string').and.have.length.above(5);
        expect(responses, `${method} ${address}`).to.include.keys('200', '4XX');
        const named = [...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        const described = parameters.filter((one) => one.in === 'path').map(({ name }) => name);
        expect(described, `${method} ${address}`).to.have.members(named);
      }
    });

    it('names nothing that is not there', async () => {
      const content = (await workbook([teacher({ name: '新来的' })])).toString('base64');
      const roster = { programme: path.programme, fileName: 'a.xlsx', content };
      const { body: batch } = await as.county.post('/api/v1/enrolment/rosters', roster).expect(200);
      const { body: inbox } = await as.learner.get('/api/v1/messages').expect(200);
      const { body: courses } = await as.manager.get(`/api/v1/video-courses/courses?programme=${path.programme}`);
      const { programme, topic, task } = path;
      const schemeOf = `/api/v1/assessment/schemes/${programme}`;
      const { state: _, version: __, ...scheme } = (await as.manager.get(schemeOf).expect(200)).body;
      const correction = { ...scheme, passMark: scheme.passMark - 100, reason: '更正考核方案的说明' };
      const { body: rescoring } = await as.manager.post(`${schemeOf}/correct`, correction).expect(200);
      const version = String(rescoring.version);
      const byName: Record<string, string> = { programme, topic, task, enrolment, region: '410204', version, ...left };
      const byPlace: Record<string, string> = {
        programmes: programme,
        regions: '410204',
        enrolments: enrolment,
        learners: enrolment,
        courses: courses.courses[0].id,
        lessons: path.lesson,
        workshops: path.workshop,
        rosters: batch.id,
        messages: inbox.rows[0].id,
      };
      const fill = (address: string) =>
        address.replace(/(\w+)\/\{id\}|\{(\w+)\}/g, (_, place, name) =>
          place ? `${place}/${byPlace[place]}` : (byName[name] ?? ''),
        );
      // Signing out comes last; before it whatever changes something comes after what only reads.
      const order = ['get', 'put', 'patch', 'post', 'delete'];
      const sorted = operations().sort(
        (a, b) =>
          Number(a.address === '/session') - Number(b.address === '/session') ||
          order.indexOf(a.method) - order.indexOf(b.method),
      );
      for (const { address, method, parameters = [] } of sorted) {
        const query = parameters
          .filter((one) => one.in === 'query' && one.required)
          .map(({ name }) => `${name}=${{ programme: path.programme, enrolment }[name] ?? ''}`);
        const filled = fill(address);
        const answers: number[] = [];
        for (const client of [as.learner, as.moderator, as.county, as.city, as.manager, as.operator]) {
          const send = client[method as 'get'];
          const { status } = await send(`/api/v1${filled}?${query.join('&')}`);
          answers.push(status);
          if (status !== 404) break;
        }
        const answer = answers.at(-1);
        expect(answer, `${method} ${filled}`).to.be.below(500).and.not.equal(404);
        if (method === 'get') expect(answer, `${method} ${filled}`).to.equal(200);
      }
    });
  });
});
