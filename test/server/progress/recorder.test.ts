import { expect } from 'chai';
import fc from 'fast-check';
import { addDays, beijingDay } from '../../../server/beijing-time.ts';
import everything from '../../fixtures/everything/index.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';
import { quickEnough } from '../../support/quick-enough.ts';

const folder = new URL('../../fixtures/everything', import.meta.url).pathname;

describe('recording progress', () => {
  let test: TestPlatform;
  before(async () => {
    test = await startTestPlatform({ plugins: [], extra: [{ definition: everything as never, folder }] });
  });
  after(() => test.stop());

  const programmeWith = async (full: number) => {
    const { programmes } = test.platform.rooms;
    const { _id: _, createdAt: _c, state: _s, ...known } = await programmes.get(test.programme);
    const component = { id: 'counts', measure: 'everything/counts', weight: 100, full, minimum: full / 2 };
    const made = await programmes.create({ ...known, scheme: { ...known.scheme, components: [component] } });
    await programmes.open(made._id);
    return made._id;
  };
  const learners = async (programme: string, count: number) => {
    const { progress, accounts } = test.platform.rooms;
    return Promise.all(
      Array.from({ length: count }, async () => {
        const person = await test.person();
        return progress.enrol(programme, await accounts.get(person.id));
      }),
    );
  };
  const count = (enrolment: string, note: number, value: number) =>
    test.platform.rooms.progress.record({ enrolment, values: { [`everything/note/${note}`]: value } });

  it('is durable when the promise resolves, and the same report twice changes nothing', async () => {
    const programme = await programmeWith(100);
    const [enrolment] = await learners(programme, 1);
    const { enrolments, rollUps } = { ...test.platform.rooms, rollUps: test.platform.rooms.progress.rollUps };
    const id = enrolment?._id as string;
    await count(id, 1, 30);
    const first = await enrolments.get(id, {} as never);
    expect(first).to.include({ total: 3000, state: 'studying' });
    await count(id, 1, 30);
    const second = await enrolments.get(id, {} as never);
    expect(second.total).to.equal(3000);
    const [sums] = await rollUps.of(programme, [`organisation:${test.organisations.school}`]);
    expect(sums).to.deep.include({ total: 3000, enrolled: 1, measures: { 'everything/counts': 30 } });
  });

  it('announces the qualification once, durably, and never takes it back', async () => {
    const programme = await programmeWith(100);
    const [enrolment] = await learners(programme, 1);
    const id = enrolment?._id as string;
    await Promise.all([count(id, 1, 50), count(id, 2, 20), count(id, 1, 50)]);
    await count(id, 2, 0);
    const after = await test.platform.rooms.enrolments.get(id, {} as never);
    expect(after).to.include({ state: 'qualified', total: 7000 });
    const heard = (test.platform.rooms.services.get('everything') as { heard: string[] }).heard;
    await eventually(() => expect(heard.filter((line) => line === `qualified ${id}`)).to.have.length(1));
    await eventually(async () =>
      expect(await test.platform.rooms.connection.collection('outbox').countDocuments()).to.equal(0),
    );
  });

  it('fails a bad report alone', async () => {
    const programme = await programmeWith(100);
    const list = await learners(programme, 5);
    const reports = [...list.map((enrolment) => count(enrolment._id, 1, 10)), count('nobody-nothing', 1, 10)];
    const results = await Promise.allSettled(reports);
    expect(results.map((result) => result.status)).to.deep.equal([...list.map(() => 'fulfilled'), 'rejected']);
    for (const [key, value] of [
      ['everything/other/1', 1],
      ['everything/note/1', 1.5],
      ['everything/note/a.b', 1],
    ] as const) {
      const refused = await test.platform.rooms.progress
        .record({ enrolment: list[0]?._id ?? '', values: { [key]: value } })
        .then(
          () => undefined,
          (error) => error,
        );
      expect(refused, key).to.be.instanceOf(RangeError);
    }
  });

  it('fails a bad companion without the other reports of its enrolment', async () => {
    const programme = await programmeWith(100);
    const [enrolment] = await learners(programme, 1);
    const id = enrolment?._id as string;
    const { notes } = test.host('everything').models;
    const write = {
      updateOne: { filter: { _id: id, value: 1 }, update: { $set: { value: 'no number' } }, upsert: true },
    };
    const report = { enrolment: id, values: { 'everything/note/2': 7 } };
    const results = await Promise.allSettled([
      count(id, 1, 10),
      test.platform.rooms.progress.record({ ...report, companions: [{ model: notes as never, key: 'bad', write }] }),
      count(id, 3, 20),
    ]);
    expect(results.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    const after = await test.platform.rooms.enrolments.get(id, {} as never);
    expect(after.measures).to.deep.equal({ 'everything/counts': 30 });
    expect(await test.platform.rooms.progress.rollUps.verify(programme)).to.deep.equal([]);
  });

  it('keeps a qualification over leaving and coming back, and tells of it once', async () => {
    const programme = await programmeWith(100);
    const [enrolment] = await learners(programme, 1);
    const id = enrolment?._id as string;
    const { progress } = test.platform.rooms;
    const { qualifiedAt } = await count(id, 1, 80);
    await progress.withdraw(id);
    await count(id, 1, 10);
    const back = await progress.rejoin(id);
    expect(back).to.deep.include({ state: 'qualified', total: 8000, qualifiedAt });
    await test.platform.rooms.facts.settled();
    const heard = (test.platform.rooms.services.get('everything') as { heard: string[] }).heard;
    expect(heard.filter((line) => line === `qualified ${id}`)).to.have.length(1);
    expect(await progress.rollUps.verify(programme)).to.deep.equal([]);
  });

  it('refuses to enrol twice and lets a learner leave and come back', async () => {
    const programme = await programmeWith(100);
    const [enrolment] = await learners(programme, 1);
    const { progress, accounts } = test.platform.rooms;
    const again = await progress
      .enrol(programme, await accounts.get(enrolment?.learner as string))
      .catch((error) => error.code);
    expect(again).to.equal('core:conflict-enrolment');
    await count(enrolment?._id as string, 1, 20);
    await progress.withdraw(enrolment?._id as string);
    const scope = [`programme:${programme}`];
    expect((await progress.rollUps.of(programme, scope))[0]).to.deep.include({ enrolled: 0, total: 0 });
    await progress.rejoin(enrolment?._id as string);
    expect((await progress.rollUps.of(programme, scope))[0]).to.deep.include({ enrolled: 1, total: 2000 });
  });

  it('keeps the roll-ups equal to what the enrolments add up to, whatever happens at once', async () => {
    const programme = await programmeWith(60);
    const list = await learners(programme, 6);
    const { progress } = test.platform.rooms;
    const act = fc.record({
      who: fc.nat(list.length - 1),
      what: fc.oneof(
        fc.record({ note: fc.nat(2), value: fc.nat(40) }),
        fc.constantFrom('withdraw', 'rejoin', 'workshop-1', 'workshop-2', 'no-workshop'),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (acts) => {
        await Promise.all(
          acts.map(({ who, what }) => {
            const id = list[who]?._id as string;
            if (typeof what === 'object') return count(id, what.note, what.value);
            if (what === 'withdraw') return progress.withdraw(id);
            if (what === 'rejoin') return progress.rejoin(id);
            return progress.setWorkshop(id, what === 'no-workshop' ? undefined : what);
          }),
        );
        expect(await progress.rollUps.verify(programme)).to.deep.equal([]);
      }),
      { numRuns: 15 },
    );
  });

  it('adds up the parts of a roll-up and of its days that commits at the same time have added to', async () => {
    const programme = await programmeWith(100);
    const list = await learners(programme, 12);
    await Promise.all(list.map(({ _id }, index) => count(_id, 1, index)));
    const { connection, progress } = test.platform.rooms;
    const scope = `programme:${programme}`;
    for (const name of ['roll_ups', 'roll_up_days']) {
      expect(await connection.collection(name).countDocuments({ programme, scope }), name).to.be.above(1);
    }
    const [sums] = await progress.rollUps.of(programme, [scope]);
    expect(sums).to.deep.include({ enrolled: 12, total: 6600, measures: { 'everything/counts': 66 } });
    const day = beijingDay(Date.now());
    const [days] = await progress.rollUps.days(programme, [{ scope, from: addDays(day, -1), to: day }]);
    expect(days?.reduce((sum, { active }) => sum + active, 0)).to.equal(12);
    expect(days?.reduce((sum, { measures }) => sum + (measures['everything/counts'] ?? 0), 0)).to.equal(66);
  });

  it('tells the rooms within a second, a region its sums and a learner the score; others may not listen', async () => {
    const programme = await programmeWith(100);
    const [enrolment] = await learners(programme, 1);
    const { county, otherCounty } = test.regions;
    const bureau = await test.person({ grants: [{ role: 'county-bureau', scope: `region:${county}` }] });
    const socket = await (await test.signIn(bureau.login)).socket();
    expect(await socket.emitWithAck('subscribe', `region:${county}`)).to.deep.equal({ ok: true });
    expect((await socket.emitWithAck('subscribe', `region:${otherCounty}`)).error.code).to.equal('core:not-found');
    expect((await socket.emitWithAck('subscribe', 'region:410200')).error.code).to.equal('core:not-found');
    let value = 40;
    await quickEnough(2_000, async () => {
      const update = new Promise<{ values: Record<string, unknown> }>((resolve) => socket.once('update', resolve));
      const start = performance.now();
      await count(enrolment?._id as string, 1, value);
      const { values } = await update;
      const took = performance.now() - start;
      expect(values[`roll-up/${programme}`]).to.deep.include({ enrolled: 1, total: value * 100 });
      value += 1;
      return took;
    });
    socket.disconnect();
  });
});
