import { expect } from 'chai';
import everything from '../../fixtures/everything/index.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';
import { quickEnough } from '../../support/quick-enough.ts';
import { redisMissing, startRedis } from '../../support/redis.ts';

const folder = new URL('../../fixtures/everything', import.meta.url).pathname;

describe('two platforms with Redis between them', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let one: TestPlatform;
  let other: TestPlatform;

  before(async function () {
    if (redisMissing) {
      process.stderr.write(`${redisMissing}\n`);
      return this.skip();
    }
    redis = await startRedis();
    const extra = [{ definition: everything as never, folder }];
    one = await startTestPlatform({ plugins: [], extra, env: { REDIS_URL: redis.url } });
    other = await one.another();
  });
  after(async () => {
    await other?.platform.stop();
    await one?.stop();
    await redis?.stop();
  });

  it('tell the rooms of both what either committed, and count each value once', async () => {
    const learner = await one.learner();
    const watching = await (await other.signIn(learner.login)).socket();
    const room = `enrolment:${learner.enrolment._id}`;
    expect(await watching.emitWithAck('subscribe', room)).to.deep.equal({ ok: true });
    const record = (platform: TestPlatform, note: number, value: number) =>
      platform.platform.rooms.progress.record({
        enrolment: learner.enrolment._id,
        values: { [`everything/note/${note}`]: value },
      });
    let value = 4;
    await quickEnough(2_000, async () => {
      value += 1;
      const update = new Promise<{ values: { progress: { measures: object } } }>((resolve) =>
        watching.once('update', resolve),
      );
      const start = performance.now();
      await record(one, 1, value);
      expect((await update).values.progress.measures).to.deep.equal({ 'everything/counts': value });
      return performance.now() - start;
    });
    await Promise.all(Array.from({ length: 20 }, (_, i) => record(i % 2 ? one : other, i + 2, 1)));
    const [sums] = await one.platform.rooms.progress.rollUps.of(one.programme, [`programme:${one.programme}`]);
    expect(sums?.measures).to.deep.equal({ 'everything/counts': value + 20 });
    expect(await other.platform.rooms.progress.rollUps.verify(one.programme)).to.deep.equal([]);
    watching.disconnect();
  });
});
