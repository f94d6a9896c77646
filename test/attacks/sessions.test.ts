import { expect } from 'chai';
import supertest from 'supertest';
import { eventually } from '../support/eventually.ts';
import type { TestPlatform } from '../support/platform.ts';
import { type Arena, openArena } from './arena.ts';

const refusedBeats = 'xuefang_video_courses_beats_refused_total';
const day = 86_400_000;

describe('beats that come too late, twice, or from elsewhere', function () {
  this.timeout(60_000);
  let arena: Arena;
  let other: TestPlatform;
  before(async () => {
    arena = await openArena();
    other = await arena.test.another();
  });
  after(async () => {
    await other.platform.stop();
    await arena.stop();
  });

  /** A learner who plays on the first server process and holds an open socket and a session on the second one too. */
  const onBoth = async () => {
    const attacker = await arena.attacker();
    await attacker.start();
    await attacker.play();
    const elsewhere = await other.signIn(attacker.learner.login);
    const socket = await elsewhere.socket('/video-courses');
    const beat = async () => {
      attacker.clock.now += 5_000;
      const beats = [attacker.beat([[attacker.at, attacker.at + 5]])];
      return socket.emitWithAck('beat', attacker.report(beats));
    };
    return { attacker, elsewhere, socket, beat };
  };

  it('end with signing out, on every server process', async () => {
    const { attacker, socket, beat } = await onBoth();
    expect((await beat()).value).to.include({ state: 'playing' });
    attacker.at += 5;
    attacker.played += 5;
    const mine = await attacker.socket();
    const gone = new Promise((resolve) => mine.once('disconnect', resolve));
    await attacker.client.delete('/api/v1/session').expect(200);
    await gone;
    await attacker.send([attacker.beat([[5, 10]])]).expect(({ status }) => expect(status).to.be.oneOf([401, 403]));
    const refused = await eventually(async () => {
      const sessions = arena.test.platform.rooms.connection.collection('video_courses_sessions');
      expect(await sessions.findOne({ _id: attacker.learner.id as never })).to.include({ ended: true });
      return beat();
    });
    expect(refused.value).to.deep.include({ state: 'ended', refused: ['token'] });
    await attacker.expectTruth();
    socket.close();
  });

  it('go on where another device of the same person signs out', async () => {
    const { attacker, elsewhere, socket } = await onBoth();
    await elsewhere.delete('/api/v1/session').expect(200);
    expect((await attacker.play()).state).to.equal('playing');
    await attacker.expectTruth();
    socket.close();
  });

  it('end where a new password signs the playing device out', async () => {
    const { attacker, elsewhere, socket } = await onBoth();
    const form = { current: 'studying-2026', password: 'studying-2027' };
    await elsewhere.form('/account/password', form).expect(303);
    await attacker.send([attacker.beat([[5, 10]])]).expect(({ status }) => expect(status).to.be.oneOf([401, 403]));
    await attacker.expectTruth();
    socket.close();
  });

  it('end with the enrolment, also where another server process has ended it', async () => {
    const { attacker, socket, beat } = await onBoth();
    await beat();
    attacker.at += 5;
    attacker.played += 5;
    const mark = await arena.mark();
    await other.platform.rooms.progress.withdraw(attacker.learner.enrolment._id);
    attacker.clock.now += 5_000;
    const { body } = await attacker.send([attacker.beat([[10, 15]])]);
    expect(body.state).to.equal('ended');
    for (let n = 0; n < 3; n += 1) expect((await beat()).value.state).to.equal('ended');
    await attacker.client.post('/api/v1/video-courses/sessions', { lesson: attacker.lesson }).expect(404);
    await attacker.expectTruth();
    expect(Object.values(await arena.since(mark, refusedBeats)).reduce((sum, count) => sum + count, 0)).to.equal(1);
    socket.close();
  });

  it('earn nothing where the withdrawal lies between the last look and the commit', async () => {
    const attacker = await arena.attacker();
    await attacker.start();
    await attacker.play();
    const mark = await arena.mark();
    attacker.clock.now += 5_000;
    const [, { body }] = await Promise.all([
      other.platform.rooms.progress.withdraw(attacker.learner.enrolment._id),
      attacker.send([attacker.beat([[5, 10]])]),
    ]);
    // Either came first; what was credited before leaving stays, and what came after is refused by its reason.
    const credited = await attacker.credited();
    if (body.state === 'ended') {
      expect(credited).to.equal(5);
      expect(await arena.since(mark, refusedBeats)).to.deep.equal({ 'not-enrolled': 1 });
    } else {
      expect(credited).to.equal(10);
    }
  });

  it('earn nothing after the term', async () => {
    const attacker = await arena.attacker();
    await attacker.start();
    await attacker.play();
    const mark = await arena.mark();
    const until = attacker.clock.now;
    attacker.clock.now += 100 * day;
    for (let n = 0; n < 3; n += 1) {
      attacker.clock.now += 5_000;
      const { body } = await attacker.send([attacker.beat([[5, 10]], { sentAt: until + n })]);
      expect(body.state).to.equal('outside-term');
    }
    attacker.clock.now = until;
    await attacker.expectTruth();
    expect(await arena.since(mark, refusedBeats)).to.deep.equal({ 'outside-term': 3 });
  });

  it('earn nothing twice where the server’s clock is set back', async () => {
    const attacker = await arena.attacker();
    await attacker.start();
    await attacker.play();
    await attacker.play();
    attacker.clock.now -= 3_600_000;
    for (let n = 0; n < 5; n += 1) await attacker.send([attacker.beat([[10 + 5 * n, 15 + 5 * n]])]);
    await attacker.expectTruth();
    attacker.at = 10;
    await attacker.play();
    await attacker.expectTruth();
    attacker.clock.now += 3_600_000;
  });

  it('earn nothing twice where the server’s clock is set back and then forward again', async () => {
    const attacker = await arena.attacker();
    await attacker.start();
    await attacker.play();
    const greedy = async (ms: number) => {
      attacker.clock.now += ms;
      const at = await attacker.credited();
      await attacker.send([attacker.beat([[at, at + 60]])]);
    };
    await greedy(5_000 - 3_600_000);
    await greedy(5_000);
    await greedy(5_000 + 3_600_000);
    expect(await attacker.credited()).to.be.within(15, 20);
  });

  it('earn once from a hundred sockets of one account', async () => {
    const attacker = await arena.attacker();
    await attacker.start();
    await attacker.play();
    const opened = await Promise.allSettled(Array.from({ length: 100 }, () => attacker.socket()));
    const sockets = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(sockets.length).to.be.within(1, 100);
    const mark = await arena.mark();
    attacker.clock.now += 5_000;
    attacker.played += 5;
    const same = attacker.report([attacker.beat([[5, 10]])]);
    const answers = await Promise.all(sockets.map((socket) => socket.emitWithAck('beat', same)));
    expect(answers.filter(({ value }) => value?.refused.length === 0)).to.have.length(1);
    await attacker.expectTruth();
    expect(await arena.since(mark, refusedBeats)).to.deep.equal({ sequence: sockets.length - 1 });
    await Promise.all(
      sockets.map((socket, n) =>
        socket.emitWithAck('beat', attacker.report([{ seq: attacker.seq + 1 + n, ranges: [[10, 15]], rate: 1 }])),
      ),
    );
    await attacker.expectTruth();
  });

  it('earn on one of two devices, on whatever server process', async () => {
    const attacker = await arena.attacker();
    await attacker.start();
    await attacker.play();
    const second = await other.signIn(attacker.learner.login);
    const { lesson } = attacker;
    const asked = await second.post('/api/v1/video-courses/sessions', { lesson }).expect(200);
    expect(asked.body.state).to.equal('elsewhere');
    const { body } = await second.post('/api/v1/video-courses/sessions', { lesson, takeover: true }).expect(200);
    const mark = await arena.mark();
    attacker.clock.now += 5_000;
    attacker.played += 5;
    const report = attacker.report([attacker.beat([[5, 10]])]);
    const [first, taken] = await Promise.all([
      attacker.client.post('/api/v1/video-courses/beats', report),
      second.post('/api/v1/video-courses/beats', {
        ...report,
        token: body.token,
        beats: [{ seq: 1, ranges: [[5, 10]], rate: 1 }],
      }),
    ]);
    expect([first.body.state, taken.body.state]).to.deep.equal(['taken-over', 'playing']);
    await attacker.expectTruth();
    const lost = await arena.since(mark, 'xuefang_video_courses_seconds_uncredited_total');
    // By which reason depends on whose report came first.
    expect(Object.values(lost)).to.deep.equal([5]);
  });

  it('do not start for a lesson of another programme, nor for one that is not there', async () => {
    const attacker = await arena.attacker();
    for (const lesson of [arena.foreignLesson, 'none', '{"$ne":1}'])
      await attacker.client.post('/api/v1/video-courses/sessions', { lesson }).expect(404);
    expect(await attacker.credited()).to.equal(0);
  });

  it('are refused as a beacon without the session’s token, or from another site', async () => {
    const attacker = await arena.attacker();
    await attacker.start();
    attacker.clock.now += 5_000;
    const report = attacker.report([attacker.beat([[0, 5]])]);
    const beacon = (csrf: string, headers: Record<string, string>) =>
      supertest(arena.test.url)
        .post('/api/v1/video-courses/beats')
        .set({ cookie: attacker.client.cookie, 'content-type': 'application/json', ...headers })
        .send(JSON.stringify({ ...report, _csrf: csrf }));
    const { csrf } = attacker.client;
    await beacon('', {}).expect(403);
    await beacon('guessed', {}).expect(403);
    await beacon(csrf, { origin: 'https://elsewhere.example' }).expect(403);
    await beacon(csrf, { 'sec-fetch-site': 'cross-site' }).expect(403);
    await beacon(csrf, { 'content-type': 'text/plain' }).expect(({ status }) =>
      expect(status).to.be.oneOf([403, 415, 422]),
    );
    expect(await attacker.credited()).to.equal(0);
    await beacon(csrf, { origin: arena.test.url, 'sec-fetch-site': 'same-origin' }).expect(200);
    expect(await attacker.credited()).to.equal(5);
  });
});

describe('answers to presence checks that are not the learner’s', function () {
  this.timeout(60_000);
  let arena: Arena;
  before(async () => {
    arena = await openArena({ presence: { minSeconds: 10, maxSeconds: 10, answerSeconds: 30, extensions: 1 } });
  });
  after(() => arena.stop());

  const asked = async () => {
    const attacker = await arena.attacker();
    await attacker.start();
    await attacker.play();
    const { presence } = await attacker.play();
    const answer = async (token: string, presence: string) => {
      const { body } = await attacker.client.post('/api/v1/video-courses/presence', { token, presence });
      return body.answer;
    };
    return { attacker, presence: presence.token as string, answer };
  };

  it('open nothing with a token of somebody else, a guess, or one that was used', async () => {
    const [one, two] = [await asked(), await asked()];
    expect(await one.answer(one.attacker.token, two.presence)).to.equal('wrong');
    expect(await one.answer(two.attacker.token, two.presence)).to.equal('taken-over');
    expect(await one.answer(one.attacker.token, 'guessed')).to.equal('wrong');
    const mark = await arena.mark();
    arena.clock.now += 5_000;
    await one.attacker.send([one.attacker.beat([[10, 15]])]);
    await one.attacker.expectTruth();
    expect(await arena.since(mark, 'xuefang_video_courses_seconds_uncredited_total')).to.deep.equal({
      'presence-open': 5,
    });
    expect(await one.answer(one.attacker.token, one.presence)).to.equal('answered');
    expect(await one.answer(one.attacker.token, one.presence)).to.equal('none');
    one.attacker.at = 10;
    await one.attacker.play();
    await one.attacker.expectTruth();
  });

  it('earn nothing for the time between, where they come late', async () => {
    const { attacker, presence, answer } = await asked();
    arena.clock.now += 60_000;
    const mark = await arena.mark();
    await attacker.send([attacker.beat([[10, 70]])]);
    expect(await arena.since(mark, 'xuefang_video_courses_seconds_uncredited_total')).to.deep.equal({
      'presence-missed': 60,
    });
    expect(await answer(attacker.token, presence)).to.equal('late');
    await attacker.send([attacker.beat([[10, 70]])]);
    await attacker.expectTruth();
  });

  it('earn nothing by an hour of new sessions and takeovers on two server processes, and leave evidence', async () => {
    const { attacker, presence } = await asked();
    const other = await arena.test.another();
    try {
      const second = await other.signIn(attacker.learner.login);
      const [first, lessons] = [attacker.client, [attacker.lesson, arena.lessons[1]]];
      for (let n = 0; n < 12; n += 1) {
        attacker.client = n % 2 === 0 ? second : first;
        attacker.lesson = lessons[n % 3 === 0 ? 1 : 0]!;
        const started = await attacker.start({ takeover: true, sentAt: arena.clock.now });
        expect(started.presence).to.include({ token: presence });
        const begun = arena.clock.now;
        arena.clock.now += 300_000;
        const beats = Array.from({ length: 60 }, (_, at) =>
          attacker.beat([[10 + at * 5, 15 + at * 5]], { sentAt: begun + (at + 1) * 5_000 }),
        );
        const { body } = await attacker.send(beats);
        expect(body.state).to.equal('check');
      }
      await attacker.expectTruth();
      const found = arena.test.platform.rooms.connection.collection('video_courses_anomalies');
      const [evidence] = await found.find({ enrolment: attacker.learner.enrolment._id }).toArray();
      expect(evidence).to.include({ kind: 'unanswered-checks', count: 1 });
    } finally {
      await other.platform.stop();
    }
  });
});
