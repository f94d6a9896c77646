import { connect, type Socket as Plain } from 'node:net';
import { expect } from 'chai';
import { io, type Socket } from 'socket.io-client';
import supertest, { type Response, type Test } from 'supertest';
import { eventually } from '../support/eventually.ts';
import { type Arena, type Attacker, openArena } from './arena.ts';

const turnedAway = 'xuefang_turned_away_total';

describe('floods', function () {
  this.timeout(60_000);
  let arena: Arena;
  before(async () => {
    arena = await openArena({ env: { REQUESTS_PER_SECOND: '10' } });
  });
  after(() => arena.stop());

  const grown = async (mark: Awaited<ReturnType<Arena['mark']>>, what: string) =>
    (await arena.since(mark, turnedAway))[what] ?? 0;
  const closed = (socket: Socket) => new Promise<string>((resolve) => socket.once('disconnect', resolve));
  /** Somebody else, who plays on as if nothing were. */
  const honest = async () => {
    const learner = await arena.attacker();
    await learner.start();
    return learner;
  };
  /** Sends so many at once, and again where they took so long that the limit let most of them through. */
  const flood = async (count: number, send: () => Test): Promise<Response[]> => {
    const answers: Response[] = [];
    for (let wave = 0; wave < 5 && answers.filter(({ ok }) => !ok).length < 20; wave += 1) {
      answers.push(...(await Promise.all(Array.from({ length: count }, send))));
    }
    return answers;
  };
  const playsOn = async (learner: Attacker) => {
    await learner.play();
    await learner.expectTruth();
  };

  it('of messages are answered with a reason, then cut off with one that the page shows, and barred for a while', async () => {
    const [attacker, other] = [await arena.attacker(), await honest()];
    await attacker.start();
    const socket = await attacker.socket();
    const mark = await arena.mark();
    const told = new Promise<{ code: string; message: string }>((resolve) => socket.once('turned-away', resolve));
    const gone = closed(socket);
    const answers: { error?: { code: string } }[] = [];
    for (let n = 0; n < 500; n += 1) {
      const same = attacker.report([{ seq: 1, ranges: [[0, 1]], rate: 1 }]);
      socket.emit('beat', same, (answer: { error?: { code: string } }) => answers.push(answer));
    }
    expect((await told).code).to.equal('core:too-many-requests');
    expect((await told).message).to.match(/请求过多/);
    expect(await gone).to.equal('io server disconnect');
    expect(answers.some(({ error }) => error?.code === 'core:too-many-requests')).to.equal(true);
    expect(await grown(mark, 'messages')).to.be.at.least(200);
    const again = io(`${arena.test.url}/video-courses`, {
      transports: ['websocket'],
      extraHeaders: { cookie: attacker.client.cookie },
      reconnection: false,
      forceNew: true,
    });
    await new Promise<void>((resolve) => again.once('connect_error', () => resolve()));
    again.close();
    expect(await grown(mark, 'barred')).to.equal(1);
    expect(await attacker.credited()).to.equal(0);
    await playsOn(other);
  });

  it('of events that nobody knows are cut off', async () => {
    const attacker = await arena.attacker();
    const socket = await attacker.socket();
    const mark = await arena.mark();
    const gone = closed(socket);
    expect(await socket.emitWithAck('constructor', {})).to.have.nested.property('error.code', 'core:not-found');
    for (let n = 0; n < 300; n += 1) socket.emit(`event-${n}`, { __proto__: null, n });
    expect(await gone).to.equal('io server disconnect');
    expect(await grown(mark, 'unknown')).to.be.at.least(1);
  });

  it('of one message too large end the connection', async () => {
    const attacker = await arena.attacker();
    const socket = await attacker.socket();
    const gone = closed(socket);
    socket.emit('beat', { beats: 'x'.repeat(100_000) });
    expect(await gone).to.match(/transport/);
  });

  it('of a hundred sockets of one account leave it twenty', async () => {
    const attacker = await arena.attacker();
    const mark = await arena.mark();
    const opened = await Promise.allSettled(Array.from({ length: 100 }, () => attacker.socket()));
    expect(opened.filter(({ status }) => status === 'fulfilled')).to.have.length(20);
    const reasons = opened.flatMap((one) => (one.status === 'rejected' ? [one.reason.data?.code] : []));
    expect(reasons).to.include('core:too-many-sockets');
    expect((await grown(mark, 'sockets')) + (await grown(mark, 'handshakes'))).to.equal(80);
  });

  it('of new connections are refused before the session is looked up', async () => {
    const attacker = await arena.attacker();
    const mark = await arena.mark();
    const connect = () =>
      supertest(arena.test.url).get('/socket.io/?EIO=4&transport=polling').set('cookie', attacker.client.cookie);
    const refused = (await flood(160, connect)).filter(({ status }) => status === 400).length;
    expect(refused).to.be.at.least(20);
    expect(await grown(mark, 'handshakes')).to.equal(refused);
  });

  it('of requests by one account are refused with 429 and a word, and nobody else is', async () => {
    const [attacker, other] = [await arena.attacker(), await honest()];
    const mark = await arena.mark();
    const answers = await flood(250, () => attacker.client.get('/api/v1/me/enrolments'));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).to.be.at.least(20);
    expect(refused[0]?.body.error).to.include({ code: 'core:too-many-requests' });
    expect(refused[0]?.headers).to.include({ 'retry-after': '2' });
    expect(await grown(mark, 'requests')).to.equal(refused.length);
    await playsOn(other);
  });

  it('of invented cookies count as one address', async () => {
    const mark = await arena.mark();
    const post = (n: number) =>
      supertest(arena.test.url)
        .post('/health')
        .set('cookie', `xf.sid=s%3A${n}.forged`)
        .send({ text: 'x'.repeat(60_000) });
    let refused = 0;
    for (let n = 0; n < 2_000 && refused === 0; n += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, m) => post(n + m)));
      refused += answers.filter(({ status }) => status === 429).length;
    }
    expect(refused).to.be.at.least(1);
    expect(await grown(mark, 'requests')).to.be.at.least(refused);
  });

  it('of beats above what playing makes stop being judged, whatever they come by', async () => {
    // The flood before this one has left the address in debt.
    const attacker = await eventually(() => arena.attacker(), 20_000);
    await attacker.start();
    await attacker.play();
    const mark = await arena.mark();
    const beats = Array.from({ length: 240 }, () => ({ seq: 1, ranges: [[0, 1]], rate: 1 }));
    const statuses = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await attacker.send(beats)).status);
    expect(statuses).to.include(429);
    const refused = await arena.since(mark, 'xuefang_video_courses_beats_refused_total');
    expect((refused['too-many'] ?? 0) + (refused.sequence ?? 0)).to.equal(4 * 240);
    expect(refused['too-many']).to.be.at.least(240);
    await attacker.expectTruth();
  });
});

describe('sockets without websockets', () => {
  it('poll, and are answered once', async () => {
    const arena = await openArena();
    const { client } = await arena.attacker();
    const socket = io(arena.test.url, {
      transports: ['polling'],
      extraHeaders: { cookie: client.cookie },
      reconnection: false,
      forceNew: true,
    });
    expect(await socket.emitWithAck('subscribe', 'enrolment:none')).to.have.nested.property('error.code');
    socket.close();
    await arena.stop();
  });
});

describe('connections that take their time', function () {
  this.timeout(60_000);
  let arena: Arena;
  before(async () => {
    arena = await openArena();
  });
  after(() => arena.stop());

  const slow = async (text: string): Promise<Plain> => {
    const { hostname, port } = new URL(arena.test.url);
    const plain = connect(Number(port), hostname);
    await new Promise<void>((resolve) => plain.once('connect', resolve));
    plain.on('error', () => {});
    plain.write(text);
    return plain;
  };

  it('are closed where headers or a body do not come to an end (Slowloris)', async () => {
    const headers = await slow('GET / HTTP/1.1\r\nHost: here\r\n');
    const body = await slow('POST /sign-in HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n{');
    const dripping = setInterval(() => {
      headers.write('X-A: 1\r\n');
      body.write(' ');
    }, 1_000);
    await eventually(() => expect([headers.destroyed, body.destroyed]).to.deep.equal([true, true]), 40_000);
    clearInterval(dripping);
  });

  it('are refused where headers are too large or too many', async () => {
    const answer = async (text: string) => {
      const plain = await slow(text);
      return new Promise<string>((resolve) => plain.once('data', (data) => resolve(String(data).slice(9, 12))));
    };
    expect(await answer(`GET / HTTP/1.1\r\nHost: here\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`)).to.equal('431');
  });
});
