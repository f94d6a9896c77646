import type { Services } from '../../../server/plugins/contract.ts';
import type { Client } from '../../support/client.ts';
import type { Person } from '../../support/fixtures.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';

export const THOUGHT = '在小组合作学习里我先让学生独立思考再交流，这样每个人都有话可说。';
export const OTHER = '评价量规应当在任务开始之前就发给学生，并和他们一起修改其中的每一条标准。';

export interface Scene {
  test: TestPlatform;
  workshop: string;
  otherWorkshop: string;
  topic: string;
  learner: Person & { enrolment: { _id: string } };
  peer: Person & { enrolment: { _id: string } };
  /** A learner of the other workshop. */
  stranger: Person & { enrolment: { _id: string } };
  moderator: Person;
  otherModerator: Person;
  county: Person;
  otherCounty: Person;
  as: { learner: Client; peer: Client; stranger: Client; moderator: Client; otherModerator: Client };
  service<K extends keyof Services>(id: K): Services[K];
  /** Recorded tenths of the learner in a topic. */
  value(enrolment: string, topic: string): Promise<number | undefined>;
}

/** Two workshops of one programme with their moderators and learners, and a topic for everybody. */
export async function discussing(more: string[] = []): Promise<Scene> {
  const test = await startTestPlatform({ plugins: ['workshops', 'discussions', 'messages', ...more] });
  const { progress, services, enrolments } = test.platform.rooms;
  const service = <K extends keyof Services>(id: K) => services.get(id) as Services[K];
  const moderator = await test.person({ name: '坊主甲' });
  const otherModerator = await test.person({ name: '坊主乙' });
  const make = (person: Person, zh: string) =>
    service('workshops').create({
      programme: test.programme,
      name: { zh, en: zh },
      stage: 'senior',
      subject: 'chinese',
      moderator: person.id,
    });
  const workshop = await make(moderator, '语文一班工作坊');
  const otherWorkshop = await make(otherModerator, '语文二班工作坊');
  const join = async (name: string, into: string, organisation?: string) => {
    const person = await test.learner({ name, ...(organisation && { organisation }) });
    await progress.setWorkshop(person.enrolment._id, into);
    return person;
  };
  const learner = await join('李学员', workshop);
  const peer = await join('王同伴', workshop);
  const stranger = await join('赵外坊', otherWorkshop, test.organisations.otherSchool);
  const bureau = (region: string) =>
    test.person({
      organisation: test.organisations.cityBureau,
      grants: [{ role: 'county-bureau', scope: `region:${region}` }],
    });
  const topic = await service('discussions').createTopic({
    programme: test.programme,
    title: { zh: '一个好问题', en: 'One good question' },
    text: { zh: '请写出您课上用过的一个好问题。', en: 'Give one good question.' },
    author: moderator.id,
  });
  const sign = (person: Person) => test.signIn(person.login);
  return {
    test,
    workshop,
    otherWorkshop,
    topic,
    learner,
    peer,
    stranger,
    moderator,
    otherModerator,
    county: await bureau(test.regions.county),
    otherCounty: await bureau(test.regions.otherCounty),
    as: {
      learner: await sign(learner),
      peer: await sign(peer),
      stranger: await sign(stranger),
      moderator: await sign(moderator),
      otherModerator: await sign(otherModerator),
    },
    service,
    async value(enrolment, about) {
      const found = await enrolments.get(enrolment, {} as never);
      return found.values[`discussions/topic/${about}`]?.value;
    },
  };
}
