import { expect } from 'chai';
import supertest from 'supertest';
import { firstOperatorLink } from '../../../server/accounts/first-operator.ts';
import { unscoped } from '../../../server/accounts/scope.ts';
import { password } from '../../support/client.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';

const tokenIn = (html: string): string => /name="_csrf" value="([^"]+)"/.exec(html)?.[1] ?? '';

describe('signing in', () => {
  let test: TestPlatform;
  before(async () => {
    test = await startTestPlatform({ plugins: [] });
  });
  after(() => test.stop());

  /** A browser at the sign-in page. */
  const visitor = async () => {
    const agent = supertest.agent(test.url);
    const { text } = await agent.get('/sign-in').expect(200);
    return { agent, csrf: tokenIn(text) };
  };
  const attempt = async (login: string, secret: string) => {
    const { agent, csrf } = await visitor();
    const response = await agent.post('/sign-in').type('form').send({ login, password: secret, _csrf: csrf });
    return { agent, response };
  };

  it('takes the account name, in any case, and the ID number; a new session id each time', async () => {
    const person = await test.person();
    for (const login of [person.login.toUpperCase(), person.idNumber.toLowerCase()]) {
      const { agent, csrf } = await visitor();
      const before = agent.jar.getCookie('xf.sid', {
        path: '/',
        domain: '127.0.0.1',
        secure: false,
        script: false,
      })?.value;
      await agent.post('/sign-in').type('form').send({ login, password, _csrf: csrf }).expect(303);
      const after = agent.jar.getCookie('xf.sid', {
        path: '/',
        domain: '127.0.0.1',
        secure: false,
        script: false,
      })?.value;
      expect(after).to.be.a('string').and.not.equal(before);
      expect((await agent.get('/account').expect(200)).text).to.include(person.name);
    }
  });

  it('shows the form again for a wrong password, keeping what was typed, in both languages', async () => {
    const person = await test.person();
    const { response } = await attempt(person.login, 'not the password');
    expect(response.status).to.equal(401);
    expect(response.text).to.include('账号或密码不对').and.include(`value="${person.login}"`);
    const { agent, csrf } = await visitor();
    const english = await agent
      .post('/sign-in')
      .set('Accept-Language', 'en')
      .type('form')
      .send({ login: 'nobody-here', password: 'x', _csrf: csrf });
    expect(english.text).to.include('The account or the password is wrong.');
  });

  it('stores no session for visitors, and takes no token from an address', async () => {
    const person = await test.person();
    const stored = () => test.platform.rooms.connection.collection('sessions').countDocuments();
    const before = await stored();
    const { agent, csrf } = await visitor();
    for (const path of ['/account', '/activate', '/help', '/language?to=en', '/api/v1/session', '/no-such-page'])
      expect(String((await agent.get(path)).headers['set-cookie']), path).not.to.include('xf.sid');
    const form = { login: person.login, password };
    await agent.post(`/sign-in?_csrf=${csrf}`).type('form').send(form).expect(403);
    await agent
      .post('/sign-in')
      .type('form')
      .send({ ...form, password: 'wrong', _csrf: csrf })
      .expect(401);
    expect(await stored()).to.equal(before);
  });

  it('ends a sign-in that was not used, and one whose whole time is over; a used one goes on', async () => {
    const person = await test.person();
    const client = await test.signIn(person.login);
    const id = decodeURIComponent(/xf\.sid=([^;]+)/.exec(client.cookie)?.[1] ?? '')
      .slice(2)
      .split('.')[0];
    const sessions = test.platform.rooms.connection.collection('sessions');
    const own = { _id: id as never };
    const change = (fields: object) => sessions.updateOne(own, { $set: fields } as never);
    await change({ expires: new Date(Date.now() + 60_000), lastModified: new Date(0) });
    await client.get('/account').expect(200).expect('Cache-Control', 'no-store');
    expect((await sessions.findOne(own))?.expires.getTime()).to.be.above(Date.now() + 3_600_000);
    await change({ 'session.signedInAt': Date.now() - 15 * 86_400_000 });
    await client.get('/api/v1/me').expect(401);
    const other = await test.signIn(person.login);
    await sessions.updateMany({ 'session.passport.user': person.id }, { $set: { expires: new Date(0) } });
    await other.get('/api/v1/me').expect(401);
  });

  it('refuses a form without its token', async () => {
    const person = await test.person();
    const { agent } = await visitor();
    const { text } = await agent.post('/sign-in').type('form').send({ login: person.login, password }).expect(403);
    expect(text).to.include('页面已过期');
    const { body } = await supertest(test.url)
      .post('/api/v1/session')
      .send({ login: person.login, password })
      .expect(403);
    expect(body.error.code).to.equal('core:csrf');
  });

  it('takes a token of the same length in other letters, and a broken cookie, for what they are', async () => {
    const { agent, csrf } = await visitor();
    const answer = await agent
      .post('/sign-in')
      .type('form')
      .send({ login: 'a', password: 'b', _csrf: '学'.repeat(csrf.length) });
    expect(answer.status).to.equal(403);
    await supertest(test.url).get('/sign-in').set('cookie', 'xf.lang=%; xf.programme=%zz').expect(200);
  });

  it('takes the longest password that can be set, and account names in other widths', async () => {
    const secret = String.fromCodePoint(...Array.from({ length: 200 }, (_each, at) => 0x4e00 + ((at * 7919) % 5000)));
    const account = `Ａｎｎａ-${Date.now()}`;
    await test.platform.rooms.accounts.create({ name: '安娜', account, password: secret });
    expect((await attempt(account, secret)).response.status).to.equal(303);
    await test.signIn(account, secret);
  });

  it('makes somebody who keeps guessing wait, even with the right password', async () => {
    const person = await test.person();
    for (let i = 0; i < 8; i += 1) expect((await attempt(person.login, 'guess')).response.status).to.equal(401);
    const { response } = await attempt(person.login, password);
    expect(response.status).to.equal(429);
    expect(response.text).to.include('请 15 分钟后再试');
  });

  it('ends the session and its sockets on signing out', async () => {
    const person = await test.person();
    const client = await test.signIn(person.login);
    const socket = await client.socket();
    const gone = new Promise((resolve) => socket.once('disconnect', resolve));
    await client.delete('/api/v1/session').expect(200);
    await gone;
    await client.get('/api/v1/me').expect(401);
  });

  it('does not let a client leave the rooms through which signing out ends its sockets', async () => {
    const person = await test.person();
    const client = await test.signIn(person.login);
    const socket = await client.socket();
    const id = decodeURIComponent(/xf\.sid=([^;]+)/.exec(client.cookie)?.[1] ?? '')
      .slice(2)
      .split('.')[0];
    socket.emit('unsubscribe', `session:${id}`);
    await socket.emitWithAck('subscribe', 'enrolment:nobody-nothing');
    const gone = new Promise((resolve) => socket.once('disconnect', resolve));
    await client.delete('/api/v1/session').expect(200);
    await gone;
  });

  it('leads to the page that was asked for, but never away from the platform', async () => {
    const person = await test.person();
    const agent = supertest.agent(test.url);
    await agent.get('/account').expect(302).expect('Location', '/sign-in?back=%2Faccount');
    const csrf = tokenIn((await agent.get('/sign-in')).text);
    await agent
      .post('/sign-in')
      .type('form')
      .send({ login: person.login, password, _csrf: csrf, back: '/account' })
      .expect('Location', '/account');
    for (const away of ['//evil.example', '/%5Cevil.example', 'https://evil.example']) {
      await agent.get(`/language?to=en&back=${away}`).expect('Location', '/');
    }
    await agent.get('/language?to=en&back=/account').expect('Location', '/account');
  });

  it('lets a new teacher set a password once with a code', async () => {
    const { accounts } = test.platform.rooms;
    const user = await accounts.create({
      name: '新老师',
      account: 'new-teacher',
      organisation: test.organisations.school,
    });
    const codes = await accounts.issueActivationCodes(unscoped({ ids: [user._id] }), user._id);
    const send = async (code: string) => {
      const agent = supertest.agent(test.url);
      const csrf = tokenIn((await agent.get('/activate')).text);
      return agent
        .post('/activate')
        .type('form')
        .send({ login: 'new-teacher', code, password: 'ten characters', _csrf: csrf });
    };
    const code = codes.get(user._id) as string;
    expect((await send('00000000')).status).to.equal(401);
    expect((await send(code)).status).to.equal(303);
    expect((await send(code)).status).to.equal(401);
    await test.signIn('new-teacher', 'ten characters');
  });

  it('takes open sockets out of rooms with the grant that let them in', async () => {
    const grants = ['410204', '410202'].map((code) => ({
      role: 'county-bureau' as const,
      scope: `region:${code}` as const,
    }));
    const { id, login } = await test.person({ grants });
    const socket = await (await test.signIn(login)).socket();
    try {
      for (const { scope } of grants) expect(await socket.emitWithAck('subscribe', scope)).to.deep.equal({ ok: true });
      const { accounts, realtime } = test.platform.rooms;
      await accounts.revoke(id, grants[0] as (typeof grants)[0]);
      await eventually(async () => expect(realtime.io.of('/').adapter.rooms.has('region:410204')).to.equal(false));
      expect(realtime.io.of('/').adapter.rooms.has('region:410202'), 'the other room').to.equal(true);
      const { error } = await socket.emitWithAck('subscribe', 'region:410204');
      expect(error.code).to.equal('core:not-found');
    } finally {
      socket.close();
    }
  });

  it('keeps no signed-in page in a cache', async () => {
    const client = await test.signIn((await test.learner()).login);
    const { headers } = await client.get('/').expect(200);
    expect(headers['cache-control']).to.equal('no-store');
  });

  it('makes the first operator through the link, once', async () => {
    const { pathname, search } = new URL(firstOperatorLink(test.url, test.secret));
    await supertest(test.url).get('/first-operator?token=guess').expect(404);
    const agent = supertest.agent(test.url);
    const csrf = tokenIn((await agent.get(pathname + search).expect(200)).text);
    const token = new URLSearchParams(search).get('token') as string;
    const form = { token, name: '管理员', account: 'first', password: 'short', _csrf: csrf };
    await agent.post('/first-operator').type('form').send(form).expect(422);
    await agent
      .post('/first-operator')
      .type('form')
      .send({ ...form, password: 'long enough it is' })
      .expect(303);
    expect((await agent.get('/operator').expect(200)).text).to.include('运行状态');
    await supertest(test.url)
      .get(pathname + search)
      .expect(404);
  });

  it('keeps ID numbers sealed and masked', async () => {
    const person = await test.person({ grants: [{ role: 'operator', scope: 'platform' }] });
    const stored = await test.platform.rooms.connection.collection('users').findOne({ _id: person.id as never });
    expect(JSON.stringify(stored)).to.not.include(person.idNumber);
    expect(await test.platform.rooms.accounts.idNumber(person.id, 'test')).to.equal(person.idNumber);
    const client = await test.signIn(person.login);
    const { text } = await client.get(`/accounts/${person.id}`).expect(200);
    expect(text)
      .to.include(`${person.idNumber.slice(0, 4)}****`)
      .and.not.include(person.idNumber);
  });

  it('gives a phone to one of two who take it at once, and tells the other', async () => {
    const [one, two] = [await test.person(), await test.person()];
    const take = async ({ login }: { login: string }) => {
      const client = await test.signIn(login);
      return () => client.form('/account', { phone: '13800138555', language: 'zh-CN', current: password });
    };
    const attempts = [await take(one), await take(two)];
    const answers = await Promise.all(attempts.map((go) => go()));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([303, 409]);
  });

  it('changes the phone, which people sign in with, only for who knows the password', async () => {
    const person = await test.person();
    const client = await test.signIn(person.login);
    const change = (more: object) => client.form('/account', { phone: '13800138777', language: 'zh-CN', ...more });
    expect((await change({}).expect(422)).text).to.include('请填写当前密码');
    await change({ current: 'not the password' }).expect(401);
    await client.form('/account', { phone: '', language: 'en' }).expect(303);
    await change({ current: password }).expect(303);
    await client.form('/account', { phone: '13800138777', language: 'zh-CN' }).expect(303);
  });

  it('takes no password that is soon guessed, and says why, in both languages', async () => {
    const person = await test.person();
    const client = await test.signIn(person.login);
    const set = (wanted: string) => client.form('/account/password', { current: password, password: wanted });
    for (const [weak, why] of [
      ['1234567890', '太常见'],
      ['qwertyuiop', '太常见'],
      ['password1234', '太常见'],
      [`${person.login}${person.login}`, '账号、姓名'],
      ['abababababab', '容易被猜到'],
    ] as const) {
      const { text } = await set(weak).expect(422);
      expect(text, weak).to.include(why);
    }
    const english = await client
      .form('/account/password', { current: password, password: '1234567890' })
      .set('Cookie', `${client.cookie}; xf.lang=en`)
      .expect(422);
    expect(english.text).to.include('leaked most often');
    await set('三个 不相干 的词 plum').expect(303);
  });

  it('ends the other sessions and their sockets with a new password', async () => {
    const person = await test.person();
    const [here, elsewhere] = [await test.signIn(person.login), await test.signIn(person.login)];
    const [kept, ended] = [await here.socket(), await elsewhere.socket()];
    const gone = new Promise((resolve) => ended.once('disconnect', resolve));
    await here.form('/account/password', { current: password, password: 'another-plum-2026' }).expect(303);
    await gone;
    await elsewhere.get('/api/v1/me').expect(401);
    await here.get('/api/v1/me').expect(200);
    expect(kept.connected).to.equal(true);
    kept.disconnect();
  });

  it('knows no operator of a part of the platform', async () => {
    const partial = await test.person({ grants: [{ role: 'operator', scope: 'region:410204' }] });
    const client = await test.signIn(partial.login);
    await client.get('/operator/audit').expect(404);
    const grant = { role: 'operator', scope: 'platform' };
    await client.form(`/accounts/${partial.id}/grants`, grant).expect(404);
    const operator = await test.signIn(
      (await test.person({ grants: [{ role: 'operator', scope: 'platform' }] })).login,
    );
    await operator.form(`/accounts/${partial.id}/grants`, { role: 'operator', scope: 'region:410204' }).expect(422);
    await operator.form(`/accounts/${partial.id}/grants`, { role: 'moderator', scope: 'workshop:w' }).expect(303);
  });
});
