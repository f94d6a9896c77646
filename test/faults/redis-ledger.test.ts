import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Crowd } from '../load/beats/crowd.ts';
import { balance } from '../load/beats/ledger.ts';
import { signInMany } from '../load/beats/place.ts';
import { openSite, type Site } from '../load/beats/site.ts';
import { eventually } from '../support/eventually.ts';
import { redisMissing, startRedis } from '../support/redis.ts';

describe('learners playing on two platforms with Redis between them', function () {
  this.timeout(120_000);
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let site: Site;

  before(async function () {
    if (redisMissing) {
      process.stderr.write(`${redisMissing}\n`);
      return this.skip();
    }
    redis = await startRedis();
    site = await openSite({ learners: 60 });
  });
  after(async () => {
    await site?.close();
    await redis?.stop();
  });

  it('are credited every second once, although one platform is killed', async () => {
    const { database, config, place } = site;
    const secret = { programme: place.programme, secret: config.secret };
    const seats = await signInMany(database.connection, site.learners, secret);
    const env = { REDIS_URL: redis.url };
    const platforms = await Promise.all([site.start(env), site.start(env)]);
    const crowds = platforms.map(({ url }, index) => {
      const half = seats.filter((_, seat) => seat % 2 === index);
      return new Crowd({ seats: half, site: { url: new URL(url), lesson: place.lesson }, longestPauseMs: 1_000 });
    });
    try {
      for (const crowd of crowds) crowd.play(300);
      await Promise.all(crowds.map((crowd) => crowd.enter()));
      await delay(1_000);
      const { port } = new URL(platforms[1].url);
      await platforms[1].kill();
      platforms[1] = await site.start({ ...env, PORT: port });
      await eventually(() => expect(crowds[1]?.playing).to.equal(30), 30_000);
      expect(await Promise.all(crowds.map((crowd) => crowd.settle(15_000)))).to.deep.equal([true, true]);
    } finally {
      for (const crowd of crowds) crowd.leave();
      await Promise.all(platforms.map((platform) => platform.stop()));
    }
    expect(crowds.flatMap(({ strange }) => strange)).to.deep.equal([]);
    const ledger = await balance(
      database.connection,
      place,
      crowds.flatMap(({ players }) => players),
    );
    expect(ledger).to.include({ differing: 0, rollUpsDiffering: 0, equal: true });
    expect(ledger.credited).to.be.at.least(60 * 2);
  });
});
