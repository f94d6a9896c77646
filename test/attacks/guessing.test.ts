import { expect } from 'chai';
import supertest from 'supertest';
import { certificateNumber } from '../../plugins/certificates/certificate-number.ts';
import { unscoped } from '../../server/accounts/scope.ts';
import { networkOf } from '../../server/accounts/throttle.ts';
import { password } from '../support/client.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';

const LIMIT = 8;
const tokenIn = (html: string): string => /name="_csrf" value="([^"]+)"/.exec(html)?.[1] ?? '';

describe('guessing', () => {
  let test: TestPlatform;
  before(async () => {
    test = await startTestPlatform({ plugins: ['certificates'] });
  });
  after(() => test.stop());

  const browser = async () => {
    const agent = supertest.agent(test.url);
    const csrf = tokenIn((await agent.get('/sign-in').expect(200)).text);
    return (login: string, secret: string) =>
      agent.post('/sign-in').type('form').send({ login, password: secret, _csrf: csrf });
  };
  const guesses = async (logins: string[]) => {
    const guess = await browser();
    const answers = await Promise.all(logins.map((login) => guess(login, 'a wrong guess')));
    return answers.map(({ status }) => status).sort();
  };

  it('in parallel is looked at no more often than one after the other', async () => {
    const person = await test.person();
    const statuses = await guesses(Array.from({ length: 45 }, () => person.login));
    expect(statuses.filter((status) => status === 401)).to.have.length(LIMIT);
    expect(statuses.filter((status) => status === 429)).to.have.length(45 - LIMIT);
  });

  it('counts for one person, by whatever name and in whatever spelling', async () => {
    const person = await test.person();
    const id = person.idNumber;
    const wide = [...id].map((c) => String.fromCodePoint((c.codePointAt(0) as number) + 0xfee0)).join('');
    const spellings = [
      person.login,
      person.login.toUpperCase(),
      id,
      id.replace(/(.{6})/g, '$1 '),
      wide,
      `${id.slice(0, 6)}\u200b${id.slice(6)}`,
      `${id.slice(0, 14)}-${id.slice(14)}`,
      `\u00a0${id}\u2003`,
      id.toLowerCase(),
      ` ${person.login} `,
    ];
    expect((await guesses(spellings)).filter((status) => status === 401)).to.have.length(LIMIT);
  });

  it('counts as well for whom there is not, and says the same', async () => {
    const nobody = '11010519491231002X';
    const spelled = Array.from({ length: 10 }, (_each, at) => `${nobody.slice(0, at)} ${nobody.slice(at)}`);
    expect((await guesses(spelled)).filter((status) => status === 401)).to.have.length(LIMIT);
  });

  it('locks nobody out of a browser that has signed in before', async () => {
    const person = await test.person();
    const own = supertest.agent(test.url);
    const signIn = async (secret: string) => {
      const csrf = tokenIn((await own.get('/sign-in').expect(200)).text);
      return own.post('/sign-in').type('form').send({ login: person.login, password: secret, _csrf: csrf });
    };
    expect((await signIn(password)).status).to.equal(303);
    const page = (await own.get('/account').expect(200)).text;
    await own
      .post('/sign-out')
      .type('form')
      .send({ _csrf: tokenIn(page) })
      .expect(303);
    await guesses(Array.from({ length: 12 }, () => person.login));
    expect((await (await browser())(person.login, password)).status, 'a new browser waits').to.equal(429);
    expect((await signIn('a slip')).status).to.equal(401);
    expect((await signIn(password)).status).to.equal(303);
  });

  it('does not get far with the cookie of a browser that knows somebody else', async () => {
    const [victim, attacker] = [await test.person(), await test.person()];
    const own = supertest.agent(test.url);
    const attempt = async (login: string, secret: string) => {
      const csrf = tokenIn((await own.get('/sign-in').expect(200)).text);
      return (await own.post('/sign-in').type('form').send({ login, password: secret, _csrf: csrf })).status;
    };
    expect(await attempt(attacker.login, password)).to.equal(303);
    const page = (await own.get('/account').expect(200)).text;
    await own
      .post('/sign-out')
      .type('form')
      .send({ _csrf: tokenIn(page) })
      .expect(303);
    const statuses = [];
    for (let n = 0; n < LIMIT + 2; n++) statuses.push(await attempt(victim.login, 'a wrong guess'));
    expect(statuses.filter((status) => status === 401)).to.have.length(LIMIT);
  });

  it('of activation codes counts with that of passwords', async () => {
    const person = await test.person();
    const { accounts, connection } = test.platform.rooms;
    await connection
      .collection<{ _id: string }>('users')
      .updateOne({ _id: person.id }, { $unset: { passwordHash: 1 } });
    await accounts.issueActivationCodes(unscoped({ ids: [person.id] }), person.id);
    const agent = supertest.agent(test.url);
    const csrf = tokenIn((await agent.get('/activate').expect(200)).text);
    const codes = Array.from({ length: 30 }, (_each, at) => String(at).padStart(8, '0'));
    const answers = await Promise.all(
      codes.map((code) =>
        agent
          .post('/activate')
          .type('form')
          .send({ login: person.idNumber, code, password: 'Seventeen-Lakes-17', _csrf: csrf }),
      ),
    );
    expect(answers.filter(({ status }) => status === 401)).to.have.length(LIMIT);
  });

  it('behind one address keeps no browser out that is known', async () => {
    const person = await test.person();
    const own = supertest.agent(test.url);
    const signIn = async () => {
      const csrf = tokenIn((await own.get('/sign-in').expect(200)).text);
      return (await own.post('/sign-in').type('form').send({ login: person.login, password, _csrf: csrf })).status;
    };
    expect(await signIn()).to.equal(303);
    const page = (await own.get('/account').expect(200)).text;
    await own
      .post('/sign-out')
      .type('form')
      .send({ _csrf: tokenIn(page) })
      .expect(303);
    await guesses(Array.from({ length: 105 }, (_each, at) => `somebody-${at}`));
    expect((await (await browser())('somebody-else', 'x')).status, 'the address waits').to.equal(429);
    expect(await signIn()).to.equal(303);
    await test.platform.rooms.connection.collection('throttle').deleteMany({});
  });

  it('counts for a network of IPv6, whose one subscriber has all addresses', () => {
    expect(networkOf('2001:db8:1:2:3:4:5:6')).to.equal(networkOf('2001:db8:1:2::9'));
    expect(networkOf('2001:db8::1')).to.equal(networkOf('2001:db8:0:0:7::1'));
    expect(networkOf('2001:db8:1:2::1')).to.not.equal(networkOf('2001:db8:1:3::1'));
    for (const plain of ['10.0.0.1', '::ffff:10.0.0.1']) expect(networkOf(plain)).to.equal(plain);
  });

  it('of certificate numbers is looked at ten times for one number', async () => {
    const agent = supertest.agent(test.url);
    const csrf = tokenIn((await agent.get('/certificates/check').expect(200)).text);
    const number = certificateNumber('KF', 2026, 1);
    const answers = await Promise.all(
      Array.from({ length: 25 }, (_each, at) =>
        agent
          .post('/certificates/check')
          .type('form')
          .send({ number, name: `张${at}`, _csrf: csrf }),
      ),
    );
    expect(answers.filter(({ status }) => status === 422)).to.have.length(10);
    expect(answers.filter(({ status }) => status === 429)).to.have.length(15);
  });

  it('leaves nothing of what was typed in the database', async () => {
    const typed = '320311770706001';
    await guesses([typed, `${typed} `, '32031177070600 1']);
    const { connection } = test.platform.rooms;
    for (const { name } of await connection.listCollections()) {
      const found = JSON.stringify(await connection.collection(name).find().toArray());
      expect(found, name).to.not.include(typed);
    }
  });

  it('and signing in are on record, with the address and whom it was about', async () => {
    const person = await test.person();
    const attempt = await browser();
    await attempt(person.login, 'wrong');
    await attempt(person.login, password).expect(303);
    await attempt('nobody-of-that-name', 'wrong');
    const { rows } = await test.platform.rooms.audit.search({ about: [person.id] }, { skip: 0, limit: 10 });
    expect(rows.map(({ action }) => action)).to.deep.equal(['sign-in.done', 'sign-in.failed']);
    expect(rows[0]?.details).to.have.property('address').that.includes('127.0.0.1');
    const failed = await test.platform.rooms.audit.search({ action: 'sign-in.failed' }, { skip: 0, limit: 1 });
    expect(JSON.stringify(failed.rows)).to.not.include('nobody-of-that-name');
  });
});
