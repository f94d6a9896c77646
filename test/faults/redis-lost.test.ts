import { expect } from 'chai';
import everything from '../fixtures/everything/index.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { redisMissing, startRedis } from '../support/redis.ts';

const folder = new URL('../fixtures/everything', import.meta.url).pathname;

type Socket = Awaited<ReturnType<Awaited<ReturnType<TestPlatform['signIn']>>['socket']>>;

describe('two platforms that lose the Redis between them', function () {
  this.timeout(60_000);
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let one: TestPlatform;
  let other: TestPlatform;
  let note = 0;

  before(async function () {
    if (redisMissing) {
      process.stderr.write(`${redisMissing}\n`);
      return this.skip();
    }
    redis = await startRedis();
    const extra = [{ definition: everything as never, folder }];
    one = await startTestPlatform({ plugins: [], extra, env: { REDIS_URL: redis.url, LOG_LEVEL: 'silent' } });
    other = await one.another();
  });
  after(async () => {
    await other?.platform.stop();
    await one?.stop();
    await redis?.stop();
  });

  const record = ({ platform }: TestPlatform, enrolment: string) =>
    platform.rooms.progress.record({ enrolment, values: { [`everything/note/${note++}`]: 1 } });

  const next = <T>(socket: Socket, event: string): Promise<T> =>
    new Promise((resolve) => socket.once(event, (value: T) => resolve(value)));

  /** Milliseconds until something that was waited for before has come. */
  async function within(promise: Promise<unknown>, work: () => Promise<unknown>): Promise<number> {
    const start = performance.now();
    await work();
    await promise;
    return performance.now() - start;
  }

  it('notice on either what changed between the making of a page and its coming into its room', async () => {
    const learner = await one.learner();
    const room = `enrolment:${learner.enrolment._id}`;
    const first = await (await other.signIn(learner.login)).socket();
    await first.emitWithAck('subscribe', room);
    const [told, page] = [next(first, 'update'), await (await other.signIn(learner.login)).socket()];
    const madeAt = Date.now();
    await record(one, learner.enrolment._id);
    await told;
    expect(await page.emitWithAck('subscribe', room, madeAt)).to.deep.equal({ ok: true, missed: true });
    for (const socket of [first, page]) socket.disconnect();
  });

  it('go on without it, tell their pages, start, and make every page read again when it is back', async () => {
    const learner = await one.learner();
    const id = learner.enrolment._id;
    const room = `enrolment:${id}`;
    const [here, there] = [
      await (await one.signIn(learner.login)).socket(),
      await (await other.signIn(learner.login)).socket(),
    ];
    for (const socket of [here, there]) await socket.emitWithAck('subscribe', room);

    const alone = Promise.all([here, there].map((socket) => next<boolean>(socket, 'alone')));
    expect(await within(alone, () => redis.stop())).to.be.below(2_000);
    expect(await alone).to.deep.equal([true, true]);

    // A page that is closed now, and the end of somebody's sessions, need Redis no more than anything else does.
    const leaving = await (await one.signIn(learner.login)).socket();
    leaving.disconnect();
    const signedOut = await one.signIn(learner.login);
    const cut = next(await signedOut.socket(), 'disconnect');
    await within(cut, () => signedOut.post('/sign-out', {}));
    await one.platform.rooms.realtime.recheck('nobody', undefined);
    expect(await within(next(here, 'update'), () => record(one, id))).to.be.below(2_000);

    const late = await one.another();
    try {
      const page = await (await late.signIn(learner.login)).socket();
      const answer = await page.emitWithAck('subscribe', room);
      expect(answer).to.deep.equal({ ok: true });
      expect(await within(next(page, 'update'), () => record(late, id))).to.be.below(2_000);

      const back = Promise.all([here, there, page].map((socket) => next<boolean>(socket, 'alone')));
      redis = await startRedis(redis.port);
      expect(await back).to.deep.equal([false, false, false]);
      // A page that was made during the outage may lack what was told then.
      const made = Date.now() - 5_000;
      const resumed = await (await other.signIn(learner.login)).socket();
      expect(await resumed.emitWithAck('subscribe', room, made)).to.deep.equal({ ok: true, missed: true });
      const heard = [there, page, resumed].map((socket) => next(socket, 'update'));
      expect(await within(Promise.all(heard), () => record(one, id))).to.be.below(2_000);
      for (const socket of [page, resumed]) socket.disconnect();
    } finally {
      await late.platform.stop();
    }
    for (const socket of [here, there]) socket.disconnect();
  });
});
