import { expect } from 'chai';
import fc from 'fast-check';
import type { Adapter } from '../../../plugins/registry/adapter.ts';
import { httpAdapter } from '../../../plugins/registry/http-adapter.ts';
import { Sender } from '../../../plugins/registry/sender.ts';
import type { RegistryHost } from '../../../plugins/registry/settings.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';
import { eventually, pathPlugins, qualify } from '../../support/qualify.ts';
import { startRegistry, type TestRegistry } from '../../support/registry.ts';

describe('deliveries to the registry', function () {
  this.timeout(90_000);
  let registry: TestRegistry;
  let platform: TestPlatform;
  let senders: Sender[] = [];

  const host = () => platform.host('registry') as unknown as RegistryHost;
  const stateOf = (enrolment: string) => platform.host('assessment').tryUse('registry')!.stateOf(enrolment);
  const settled = (enrolment: string, state = 'accepted') =>
    eventually(async () => {
      const now = await stateOf(enrolment);
      return now.state === state ? now : undefined;
    }, `state ${state}`);
  const delivery = async (enrolment: string) => (await host().models.deliveries.findById(enrolment).lean())!;
  const answered = (enrolment: string, kind: string) =>
    eventually(async () => (await delivery(enrolment))?.answers.find((answer) => answer.kind === kind), kind);
  /** The registry holds exactly one record of this person, and the platform knows its number. */
  const expectOne = async (learner: { idNumber: string; enrolment: { _id: string } }) => {
    const { number } = await settled(learner.enrolment._id);
    const records = await registry.records(learner.idNumber);
    expect(records.map((record) => record.number)).to.deep.equal([number]);
    return records[0]!;
  };

  before(async () => {
    registry = await startRegistry();
    platform = await startTestPlatform({
      plugins: pathPlugins,
      env: { ...registry.env, REGISTRY_RETRY_MS: '20', REGISTRY_TIMEOUT_MS: '1500' },
    });
  });
  after(async () => {
    await platform?.stop();
    await registry?.stop();
  });
  afterEach(async () => {
    await Promise.all(senders.map((sender) => sender.stop()));
    senders = [];
  });
  beforeEach(async () => {
    await registry.start();
    await registry.faults({});
  });

  it('registers the hours of who qualifies, once, with the right ID number', async () => {
    const learner = await platform.learner({ name: '张晓明' });
    await qualify(platform, learner.enrolment._id);
    const record = await expectOne(learner);
    expect(record).to.include({ hours: 60, name: '张晓明', idNumber: learner.idNumber, score: '100.00' });
    expect(record.provider).to.equal('某师范大学');
  });

  it('does nothing more when the fact is told again', async () => {
    const learner = await platform.learner();
    await qualify(platform, learner.enrolment._id);
    await expectOne(learner);
    await platform.platform.rooms.facts.settled();
    await platform.platform.rooms.connection.collection('outbox').insertOne({
      _id: 'told-again' as never,
      fact: 'progress.qualified',
      value: { enrolment: learner.enrolment._id },
      done: [],
      attempts: 0,
      nextAt: new Date(0),
    });
    await platform.platform.rooms.facts.sweep();
    await expectOne(learner);
    expect((await delivery(learner.enrolment._id)).attempts).to.equal(1);
  });

  it('keeps the ID number out of the database', async () => {
    const learner = await platform.learner();
    await qualify(platform, learner.enrolment._id);
    await expectOne(learner);
    const { db } = platform.platform.rooms.connection;
    for (const { name } of await db!.listCollections().toArray()) {
      const text = JSON.stringify(await db!.collection(name).find().toArray());
      expect(text, name).not.to.include(learner.idNumber);
    }
  });

  it('waits for a registry that is down while somebody qualifies', async () => {
    await registry.kill();
    const learner = await platform.learner();
    await qualify(platform, learner.enrolment._id);
    await answered(learner.enrolment._id, 'later');
    await registry.start();
    await expectOne(learner);
    const { answers } = await delivery(learner.enrolment._id);
    expect(new Set(answers.map(({ kind }) => kind))).to.deep.equal(new Set(['later', 'accepted']));
  });

  it('asks before it sends again when the connection was cut after storing', async () => {
    await registry.faults({ dropAfterStore: 1 });
    const learner = await platform.learner();
    await qualify(platform, learner.enrolment._id);
    await expectOne(learner);
    const { answers } = await delivery(learner.enrolment._id);
    expect(answers[0]?.kind).to.equal('unknown');
    expect(answers.map(({ kind }) => kind)).not.to.include('refused');
  });

  it('survives answers that come after the time limit', async () => {
    await registry.faults({ delayMs: 2_000 });
    const learner = await platform.learner();
    await qualify(platform, learner.enrolment._id);
    await answered(learner.enrolment._id, 'unknown');
    await registry.faults({});
    await expectOne(learner);
  });

  it('survives a registry that is killed with a record stored and no answer given', async () => {
    await registry.faults({ delayMs: 200 });
    const learners = await Promise.all([1, 2, 3, 4, 5].map(() => platform.learner()));
    await Promise.all(learners.map((learner) => qualify(platform, learner.enrolment._id)));
    await eventually(async () => ((await delivery(learners[0]!.enrolment._id)) ? true : undefined), 'a delivery');
    await registry.kill('SIGKILL');
    await registry.start();
    for (const learner of learners) await expectOne(learner);
  });

  it('asks first after a process died between sending and noting the answer', async () => {
    const learner = await platform.learner();
    await qualify(platform, learner.enrolment._id);
    await expectOne(learner);
    // What such a process leaves behind: a claim, the mark, and no answer.
    await host().models.deliveries.updateOne(
      { _id: learner.enrolment._id },
      {
        $set: {
          state: 'pending',
          uncertain: true,
          claim: 'dead',
          claimedUntil: new Date(Date.now() + 150),
          answers: [],
        },
        $unset: { number: 1, acceptedAt: 1 },
      },
    );
    const submitted: string[] = [];
    const sender = new Sender(host(), counting(submitted));
    senders = [sender];
    await eventually(async () => {
      sender.wake();
      return (await stateOf(learner.enrolment._id)).state === 'accepted' ? true : undefined;
    }, 'a second acceptance');
    expect(submitted).to.deep.equal([]);
    await expectOne(learner);
  });

  it('lets only one of several workers send a delivery', async () => {
    await registry.faults({ delayMs: 100 });
    const submitted: string[] = [];
    const workers = [1, 2, 3].map(() => new Sender(host(), counting(submitted)));
    senders = workers;
    const learners = await Promise.all(Array.from({ length: 12 }, () => platform.learner()));
    await Promise.all(
      learners.map(async (learner) => {
        await qualify(platform, learner.enrolment._id);
        for (const worker of workers) worker.wake();
      }),
    );
    for (const learner of learners) await expectOne(learner);
    expect(new Set(submitted).size).to.equal(submitted.length);
    for (const learner of learners) expect((await delivery(learner.enrolment._id)).attempts).to.equal(1);
  });

  it('stops at a refusal, says why, and sends the corrected record when asked to', async () => {
    const learner = await platform.learner({ name: '改名前' });
    const { models } = host();
    await registry.kill();
    await qualify(platform, learner.enrolment._id);
    await answered(learner.enrolment._id, 'later');
    // A delivery whose contents the registry does not take.
    await models.deliveries.updateOne({ _id: learner.enrolment._id }, { $set: { name: ' ' } });
    await registry.start();
    const { reason } = await settled(learner.enrolment._id, 'refused');
    expect(reason).to.include('name');
    expect(await registry.records(learner.idNumber)).to.deep.equal([]);

    const provider = `organisation:${platform.organisations.provider}` as const;
    const manager = await platform.person({ grants: [{ role: 'provider-manager', scope: provider }] });
    const client = await platform.signIn(manager.login);
    const page = await client.get('/registry?state=refused').expect(200);
    expect(page.text).to.include(learner.idNumber.slice(0, 4)).and.not.include(learner.idNumber);
    await client.post(`/api/v1/registry/deliveries/${learner.enrolment._id}/retry`).expect(200);
    const record = await expectOne(learner);
    expect(record.name).to.equal('改名前');
  });

  it('shows deliveries within the viewer’s scope only', async () => {
    const learner = await platform.learner();
    await qualify(platform, learner.enrolment._id);
    await expectOne(learner);
    const path = `/registry/${learner.enrolment._id}`;
    const city = await platform.person({ grants: [{ role: 'city-bureau', scope: 'region:410200' }] });
    const elsewhere = await platform.person({ grants: [{ role: 'city-bureau', scope: 'region:411000' }] });
    const itself = await platform.signIn(learner.login);
    await (await platform.signIn(city.login)).get(path).expect(200);
    await (await platform.signIn(city.login))
      .post(`/api/v1/registry/deliveries/${learner.enrolment._id}/retry`)
      .expect(404);
    const other = await platform.signIn(elsewhere.login);
    await other.get(path).expect(404);
    expect((await other.get('/api/v1/registry/deliveries').expect(200)).body.rows).to.deep.equal([]);
    await itself.get('/registry').expect(404);
    await itself.get(path).expect(404);
    const own = await itself.get(`/api/v1/registry/states/${learner.enrolment._id}`).expect(200);
    expect(own.body.state).to.equal('accepted');
    const stranger = await platform.signIn((await platform.learner()).login);
    await stranger.get(`/api/v1/registry/states/${learner.enrolment._id}`).expect(404);
  });

  it('tells the operator how deliveries stand', async () => {
    const operator = await platform.person({ grants: [{ role: 'operator', scope: 'platform' }] });
    const client = await platform.signIn(operator.login);
    const page = await client.get('/operator').expect(200);
    expect(page.text).to.include('/registry?state=refused');
  });

  it('ends in one record whatever happens on the way', async () => {
    const fault = fc.oneof(
      fc.record({ failNext: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ dropAfterStore: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ delayMs: fc.constantFrom(50, 1_600) }),
      fc.record({ failNext: fc.constant(1), dropAfterStore: fc.constant(1), delayMs: fc.constantFrom(0, 100) }),
      fc.constant('killed' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { minLength: 1, maxLength: 3 }), async (faults) => {
        const learner = await platform.learner();
        let first = true;
        for (const one of faults) {
          if (one === 'killed') await registry.kill('SIGKILL').then(() => registry.start());
          else await registry.faults(one);
          if (first) await qualify(platform, learner.enrolment._id);
          first = false;
          const before = (await delivery(learner.enrolment._id))?.attempts ?? 0;
          await eventually(async () => {
            const now = await delivery(learner.enrolment._id);
            return now && (now.state === 'accepted' || now.attempts > before) ? true : undefined;
          }, 'another attempt');
        }
        await registry.faults({});
        await expectOne(learner);
      }),
      { numRuns: 6 },
    );
  });

  /** The real way to the registry, noting the key of each submission. */
  function counting(submitted: string[]): Adapter {
    const real = httpAdapter({ url: registry.url, key: registry.key, timeoutMs: 2_000 });
    return {
      find: real.find,
      submit(record, signal) {
        submitted.push(record.key);
        return real.submit(record, signal);
      },
    };
  }
});
