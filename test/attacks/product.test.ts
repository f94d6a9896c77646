import { expect } from 'chai';
import supertest from 'supertest';
import type { Grant, Role } from '../../server/accounts/scope.ts';
import type { NamedRoute } from '../../server/metrics/http-figures.ts';
import type { Client } from '../support/client.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { layPath, type Path, thought } from '../support/whole-path.ts';

const isChange = ({ method }: NamedRoute) => !['get', 'head'].includes(method);
/** Before these nobody is signed in, or signing out is the point. */
const ofSessions = /^\/(sign-in|sign-out|activate|first-operator|api\/v1\/session)/;
/** Whose existence is public: programmes and regions are announced, certificates are checked by everybody. */
const isPublic = /^(\/api\/v1)?\/(programmes|regions|certificates\/check)\//;

/**
 * What a programme consists of, which schools and counties that take part in it may look at, and moderators of whatever
 * workshop, who learn nothing about people there: topics, courses, tasks.
 */
const isContent =
  /^(\/api\/v1)?\/(discussions\/(topics\/:topic|:topic|posts\/:post)|video-courses\/(courses|lessons|media)\/|assignments\/(tasks\/)?:task$)/;
const overseers: Role[] = ['moderator', 'school-administrator', 'county-bureau'];

describe('the whole product under attack', function () {
  this.timeout(120_000);
  let site: TestPlatform;
  let path: Path;
  let learner: Client;
  let routes: NamedRoute[];
  let ids: (path: string) => string;

  before(async () => {
    site = await startTestPlatform();
    path = await layPath(site.platform, site);
    learner = await site.signIn(path.learner.login);
    routes = site.platform.routes;
    const posted = await learner.post(`/api/v1/discussions/topics/${path.topic}/posts`, { text: thought }).expect(200);
    const courses = await site.platform.rooms.connection
      .collection('video_courses_courses')
      .findOne({}, { sort: { _id: 1 } });
    ids = (pattern) =>
      pattern
        .replace(/(rosters|messages)\/:id/, '$1/none')
        .replace(/workshops\/:id/, `workshops/${path.workshop}`)
        .replace(/accounts\/:id/, `accounts/${path.learner.id}`)
        .replace(/(enrolments|enrolment|enrolment\/learners)\/:id/, `$1/${path.learner.enrolment._id}`)
        .replace(/courses\/:id/, `courses/${courses?._id}`)
        .replace(/lessons\/:id/, `lessons/${path.lesson}`)
        .replace(/organisations\/:id/, `organisations/${site.organisations.school}`)
        .replace(/:enrolment/, path.learner.enrolment._id)
        .replace(/:programme/, path.programme)
        .replace(/:region/, site.regions.county)
        .replace(/:task/, path.task)
        .replace(/:topic/, path.topic)
        .replace(/:post/, posted.body.id)
        .replace(/:lesson/, path.lesson)
        .replace(/:\w+|\*\w+/g, 'none');
  });
  after(() => site?.stop());

  /** Everything that people have and are, as the database holds it. */
  const everything = async (): Promise<string> => {
    const { db } = site.platform.rooms.connection;
    const names = (await db!.listCollections().toArray()).map(({ name }) => name).sort();
    const kept = names.filter((name) => !/^(sessions|jobs|system\.|throttle|migrations)/.test(name));
    const found = await Promise.all(kept.map(async (name) => [name, await db!.collection(name).find().toArray()]));
    return JSON.stringify(found);
  };
  const send = (client: Client, { method }: NamedRoute, address: string, body?: object) =>
    client[method as 'post'](address, body).set('Accept', 'application/json');

  it('takes no change without the session’s token, nor one sent by another site, on any route', async () => {
    const before = await everything();
    const changes = routes.filter(isChange);
    expect(changes.length).to.be.above(60);
    for (const { method, path: pattern } of changes) {
      const bare = () =>
        supertest(site.url)[method as 'post'](ids(pattern)).set({ cookie: learner.cookie, accept: 'application/json' });
      const told = `${method} ${pattern}`;
      expect((await bare().send({})).status, `${told} without a token`).to.equal(403);
      const other = bare().set({ 'x-csrf-token': learner.csrf, 'sec-fetch-site': 'cross-site' });
      expect((await other.send({})).status, `${told} from another site`).to.equal(403);
      const origin = bare().set({ 'x-csrf-token': learner.csrf, origin: 'null' });
      expect((await origin.send({})).status, `${told} from nowhere`).to.equal(403);
    }
    expect(await everything()).to.equal(before);
  });

  it('changes nothing by a GET', async () => {
    const operator = await site.signIn(
      (await site.person({ grants: [{ role: 'operator', scope: 'platform' }] })).login,
    );
    const before = await everything();
    for (const route of routes.filter((one) => !isChange(one) && one.path !== '/language')) {
      const { status } = await operator.get(ids(route.path));
      expect(status, route.path).to.be.below(500);
    }
    expect(await everything()).to.equal(before);
  });

  it('takes operators of the database for text that means nothing, in queries and bodies of every route', async () => {
    const operator = await site.signIn(
      (await site.person({ grants: [{ role: 'operator', scope: 'platform' }] })).login,
    );
    const names = ['id', 'enrolment', 'programme', 'lesson', 'login', 'token', 'name', 'text', 'q', 'page', 'state'];
    const evil = Object.fromEntries(names.map((name) => [name, { $ne: 1 }]));
    const query = names.map((name) => `${name}[$ne]=1&${name}=${encodeURIComponent('{"$gt":""}')}`).join('&');
    for (const route of routes.filter(({ path: one }) => !ofSessions.test(one))) {
      for (const client of [learner, operator]) {
        const address = `${ids(route.path)}?${query}`;
        const { status } = isChange(route) ? await send(client, route, address, evil) : await client.get(address);
        expect(status, `${route.method} ${route.path}`).to.be.below(500);
      }
    }
    const signIn = (body: object) =>
      supertest(site.url).post('/api/v1/session').set('Accept', 'application/json').send(body);
    expect((await signIn({ login: { $ne: 1 }, password: { $ne: 1 } })).status).to.be.oneOf([403, 422]);
  });

  describe('shows and changes nothing of other people’s for', () => {
    const strangers: [Role, (site: TestPlatform) => Grant['scope']][] = [
      ['learner', ({ organisations }) => `organisation:${organisations.otherSchool}`],
      ['moderator', () => 'workshop:another'],
      ['expert', ({ programme }) => `programme:${programme}`],
      ['course-author', () => 'organisation:provider-b'],
      ['provider-manager', () => 'organisation:provider-b'],
      ['school-administrator', ({ organisations }) => `organisation:${organisations.otherSchool}`],
      ['county-bureau', ({ regions }) => `region:${regions.otherCounty}`],
      ['city-bureau', () => 'region:410300'],
      ['province', () => 'region:420000'],
    ];
    for (const [role, scope] of strangers) {
      it(`a ${role} of elsewhere, whatever is asked with an id that is real`, async () => {
        const grants = [{ role, scope: scope(site) }];
        const stranger = await site.person({ grants, organisation: site.organisations.otherSchool });
        const client = await site.signIn(stranger.login);
        const before = await everything();
        const mayNote = (one: string) => overseers.includes(role) && one.endsWith('/notes');
        const asked = routes.filter(({ path: one }) => /:/.test(one) && !isPublic.test(one) && !mayNote(one));
        for (const route of asked) {
          const { status, text } = await (isChange(route)
            ? send(client, route, ids(route.path), { score: 90, text: thought, reason: 'x', comment: 'x' })
            : client.get(ids(route.path)));
          const told = `${route.method} ${route.path}`;
          if (overseers.includes(role) && isContent.test(route.path) && [200, 302, 403].includes(status)) continue;
          // Forms are read before what they are about is looked for; that tells nothing.
          expect(status, told).to.be.oneOf([404, 422]);
          expect(text, told).not.to.include(path.learner.name);
        }
        expect(await everything()).to.equal(before);
      });
    }
  });

  it('gives a new session on signing in, and none to whoever prepared the old one', async () => {
    const agent = supertest(site.url);
    const first = await agent.get('/api/v1/session').expect(200);
    const planted = String(first.headers['set-cookie']).split(';')[0] as string;
    const login = { login: path.learner.login, password: 'studying-2026' };
    const signedIn = await agent
      .post('/api/v1/session')
      .set({ cookie: planted, 'x-csrf-token': first.body.csrf })
      .send(login)
      .expect(200);
    const given = [signedIn.headers['set-cookie'] ?? []].flat().filter((cookie) => cookie.startsWith('xf.sid='));
    expect(given).to.have.length(1);
    expect(given[0]).to.not.include(planted);
    const fixed = await agent.get('/api/v1/session').set('cookie', planted).expect(200);
    expect(fixed.body.signedIn).to.equal(false);
  });

  it('takes from a form only the fields that it has', async () => {
    const users = site.platform.rooms.connection.collection('users');
    const mine = { _id: path.learner.id as never };
    const before = await users.findOne(mine);
    const grants = [{ role: 'operator', scope: 'platform' }];
    await learner
      .post('/account', {
        phone: '',
        language: 'zh-CN',
        grants,
        scopes: ['platform'],
        name: '别人',
        disabled: true,
        _id: 'x',
      })
      .expect(303);
    const after = await users.findOne(mine);
    expect({ ...after, language: undefined }).to.deep.equal({ ...before, language: undefined });
    await learner.get('/operator').expect(404);
  });

  it('leads nobody off the site', async () => {
    for (const back of [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example',
      '\\\\evil.example',
      '/%09/evil.example',
    ]) {
      const { headers } = await learner.get(`/language?to=zh-CN&back=${encodeURIComponent(back)}`).expect(303);
      expect(new URL(headers.location as string, site.url).host, back).to.equal(new URL(site.url).host);
    }
    const tab = await learner.get('/language?to=zh-CN&back=%2F%09%2Fevil.example').expect(303);
    expect(new URL(tab.headers.location as string, site.url).host).to.equal(new URL(site.url).host);
  });

  it('serves no file but its own, whatever the path says', async () => {
    const up = ['../', '..%2f', '%2e%2e/', '%2e%2e%2f', '..%5c', '....//', '%252e%252e%252f'];
    const folders = [
      '/assets/x/',
      '/video-courses/media/',
      `/assignments/files/${path.learner.enrolment._id}/${path.task}/`,
    ];
    for (const folder of folders) {
      for (const one of up) {
        const { status, text = '' } = await learner.get(`${folder}${one.repeat(8)}etc/passwd`);
        expect(status, folder + one).to.be.oneOf([400, 404]);
        expect(text).not.to.include('root:');
      }
    }
  });
});
