import { expect } from 'chai';
import type { Socket } from 'socket.io-client';
import { eventually } from '../../support/eventually.ts';
import { quickEnough } from '../../support/quick-enough.ts';
import { Player, startVideoPlatform, type VideoPlatform } from './video-support.ts';

const beats = '/api/v1/video-courses/beats';

describe('playing over sockets and HTTP', () => {
  let test: VideoPlatform;
  const sockets: Socket[] = [];

  before(async () => {
    test = await startVideoPlatform();
  });
  after(async () => {
    for (const socket of sockets) socket.close();
    await test.stop();
  });

  const player = async () => {
    const learner = await test.learner();
    const client = await test.signIn(learner.login);
    const open = async (namespace: string) => {
      const socket = await client.socket(namespace);
      sockets.push(socket);
      return socket;
    };
    const values = async () => {
      const enrolments = test.platform.rooms.connection.collection('enrolments');
      return (await enrolments.findOne({ _id: learner.enrolment._id as never }))?.values ?? {};
    };
    return { learner, client, open, values, one: new Player(client, test.lessons[0]) };
  };
  /** Reports what is missing of the first second until time has passed for all of it. */
  const playSecond = (one: Player) => {
    let end = 0;
    return eventually(async () => {
      const { body } = await one.beat([[end, 1]]).expect(200);
      end = body.standing.covered.at(-1) ?? 0;
      expect(body.standing.credited).to.equal(1);
      return body;
    });
  };

  it('starts, credits and answers over HTTP, durable when it answers', async () => {
    const { one, values, client, learner } = await player();
    expect((await one.start()).standing).to.include({ credited: 0, dayCredited: 0, dayCap: 8 * 3600 });
    const body = await playSecond(one);
    expect(body).to.include({ state: 'playing', seq: one.seq });
    expect((await values())[`video-courses/lesson/${test.lessons[0]}`].value).to.equal(1);
    const { body: progress } = await client
      .get(`/api/v1/video-courses/progress?enrolment=${learner.enrolment._id}`)
      .expect(200);
    expect(progress.lessons[0]).to.include({ lesson: test.lessons[0], credited: 1, state: 'studying' });
    expect(progress.next).to.equal(test.lessons[0]);
  });

  it('says the same over the socket, in the language of its reader', async () => {
    const { open, one, learner } = await player();
    const socket = await open('/video-courses');
    const { value } = await socket.emitWithAck('start', { lesson: test.lessons[1] });
    expect(value.state).to.equal('playing');
    const report = { enrolment: value.enrolment, lesson: test.lessons[1], token: value.token };
    const { value: reply } = await socket.emitWithAck('beat', {
      ...report,
      position: 0.1,
      beats: [{ seq: 1, ranges: [[0, 0.1]], rate: 1 }],
    });
    expect(reply.standing).to.include({ position: 0.1 });
    expect(value.enrolment).to.equal(learner.enrolment._id);
    const refused = await socket.emitWithAck('beat', { ...report, beats: 'none' });
    expect(refused.error).to.include({ code: 'core:invalid' });
    expect(one.token).to.equal('');
  });

  it('ends a session with the beacon of a page that goes away', async () => {
    const { one, client } = await player();
    await one.start();
    const { body } = await client
      .post(beats, { ...one.body([], { leaving: true }), _csrf: client.csrf })
      .unset('X-CSRF-Token')
      .expect(200);
    expect(body.state).to.equal('ended');
    expect((await one.start()).state).to.equal('playing');
  });

  it('tells the room that the playing has ended once that is durable, also by signing out elsewhere', async () => {
    const { one, open, learner } = await player();
    const { session } = await one.start();
    const socket = await open('/');
    await socket.emitWithAck('subscribe', `enrolment:${one.enrolment}`);
    const ended = () =>
      new Promise<unknown>((resolve) => {
        socket.on('update', ({ values }) => values['playing-ended'] && resolve(values['playing-ended']));
      });
    const left = ended();
    await one.beat([], { leaving: true }).expect(200);
    expect(await left).to.deep.equal({ session });
    expect((await one.start()).state).to.equal('playing');
    const other = new Player(await test.signIn(learner.login), test.lessons[0]);
    const { session: second } = await other.start({ takeover: true });
    const signedOut = ended();
    await other.client.delete('/api/v1/session').expect(200);
    expect(await signedOut).to.deep.equal({ session: second });
  });

  /** How long the room's socket waits for the session that a takeover starts, ms. */
  const toldOfTakeover = async (socket: Socket, player: Player) => {
    const sessions: string[] = [];
    const note = ({ values }: { values: { playing?: { session: string } } }) => {
      if (values.playing) sessions.push(values.playing.session);
    };
    socket.on('update', note);
    const started = performance.now();
    const { session } = await player.start({ takeover: true });
    await eventually(() => expect(sessions).to.include(session));
    const took = performance.now() - started;
    socket.off('update', note);
    return took;
  };

  it('tells the first place within two seconds that a second one took over', async () => {
    const { one, open } = await player();
    const first = await one.start();
    const socket = await open('/');
    await socket.emitWithAck('subscribe', `enrolment:${one.enrolment}`);
    const asked = await one.start();
    const { session, enrolment } = one;
    expect(asked).to.deep.equal({ state: 'elsewhere', lesson: test.lessons[0], title: '第一讲', session, enrolment });
    await quickEnough(2_000, () => toldOfTakeover(socket, one));
    expect(one.session).not.to.equal(first.session);
  });

  it('tells the first place within two seconds of a takeover on another server process', async () => {
    const other = await test.another();
    try {
      const { one, learner, open } = await player();
      await one.start();
      const socket = await open('/');
      await socket.emitWithAck('subscribe', `enrolment:${one.enrolment}`);
      const elsewhere = new Player(await other.signIn(learner.login), test.lessons[1]);
      expect((await elsewhere.start()).state).to.equal('elsewhere');
      await quickEnough(2_000, () => toldOfTakeover(socket, elsewhere));
      expect((await one.beat([[0, 1]])).body.state).to.equal('taken-over');
      expect((await elsewhere.beat([[0, 0.1]])).body.state).to.equal('playing');
    } finally {
      await other.platform.stop();
    }
  });

  it('stores nothing of a beat for the enrolment of somebody else', async () => {
    const [mine, theirs] = [await player(), await player()];
    await mine.one.start();
    await theirs.one.start();
    const forged = { ...mine.one.body([[0, 1]]), enrolment: theirs.learner.enrolment._id };
    const { body } = await mine.client.post(beats, forged).expect(404);
    expect(body.error.code).to.equal('core:not-found');
    const unknown = { ...mine.one.body([[0, 1]]), enrolment: `${mine.learner.id}-nowhere` };
    await mine.client.post(beats, unknown).expect(404);
    expect([await mine.values(), await theirs.values()]).to.deep.equal([{}, {}]);
    const days = test.platform.rooms.connection.collection('video_courses_days');
    expect(await days.countDocuments({ enrolment: theirs.learner.enrolment._id })).to.equal(0);
  });

  it('knows no lesson for people who do not study it', async () => {
    const stranger = await test.person();
    const client = await test.signIn(stranger.login);
    await client.post('/api/v1/video-courses/sessions', { lesson: test.lessons[0] }).expect(404);
    await client.post('/api/v1/video-courses/sessions', { lesson: 'nowhere' }).expect(404);
    await client.get(`/video-courses/lessons/${test.lessons[0]}`).expect(404);
    await client.get(`/video-courses/media/${test.lessons[0]}`).expect(404);
  });

  it('wants the token of the session with every change', async () => {
    const { one, client } = await player();
    await one.start();
    const { body } = await client
      .post(beats, one.body([[0, 1]]))
      .unset('X-CSRF-Token')
      .set('Accept', 'application/json')
      .expect(403);
    expect(body.error.code).to.equal('core:csrf');
  });

  it('ends with the enrolment, whose seconds stay', async () => {
    const { one, learner, values, client } = await player();
    await one.start();
    await playSecond(one);
    await test.platform.rooms.progress.withdraw(learner.enrolment._id);
    expect((await one.beat([[1, 2]])).body.state).to.equal('ended');
    expect((await values())[`video-courses/lesson/${test.lessons[0]}`].value).to.equal(1);
    await client.post('/api/v1/video-courses/sessions', { lesson: test.lessons[0] }).expect(404);
  });

  it('shows the learner and those in charge why time was not credited, and nobody else', async () => {
    const { one, client, learner } = await player();
    await one.start();
    await one.beat([[0, 9]]).expect(200);
    const path = `/video-courses/credit?enrolment=${learner.enrolment._id}`;
    const page = await client.get(path).expect(200);
    expect(page.text).to.include('播放快于实际经过的时间').and.to.include('0:0');
    const bureau = await test.person({ grants: [{ role: 'county-bureau', scope: `region:${test.regions.county}` }] });
    const other = await test.person({
      grants: [{ role: 'county-bureau', scope: `region:${test.regions.otherCounty}` }],
    });
    const { body } = await (await test.signIn(bureau.login)).get(`/api/v1${path}`).expect(200);
    expect(body.days[0].lessons[0].lost[0]).to.include({ reason: 'too-fast' });
    await (await test.signIn(other.login)).get(`/api/v1${path}`).expect(404);
  });
});
