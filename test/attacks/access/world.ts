import type { Role, Scope } from '../../../server/accounts/scope.ts';
import type { Services } from '../../../server/plugins/contract.ts';
import { type Client, signIn, stranger } from '../../support/client.ts';
import { eventually } from '../../support/eventually.ts';
import { gradeWork, handIn, post } from '../../support/path-steps.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';
import { layPath, type Path } from '../../support/whole-path.ts';

/**
 * Everybody who asks, by what they are to the learner, the workshop and the programme of the path. Those named `other…` hold
 * the same role somewhere else; `classmate` learns in the same programme, in the other county and in no workshop.
 */
export const cast = [
  'anonymous',
  'learner',
  'classmate',
  'otherLearner',
  'moderator',
  'otherModerator',
  'expert',
  'otherExpert',
  'author',
  'otherAuthor',
  'provider',
  'otherProvider',
  'school',
  'otherSchool',
  'county',
  'otherCounty',
  'city',
  'otherCity',
  'province',
  'otherProvince',
  'operator',
] as const;
export type Who = (typeof cast)[number];

/** One of each thing that addresses name. */
export interface World {
  site: TestPlatform;
  path: Path;
  /** Parameters of addresses and bodies, by the name that the table gives them. */
  ids: Record<string, string>;
  clients: Record<Who, Client>;
  stop(): Promise<void>;
}

type Granted = Exclude<Who, 'anonymous' | 'learner' | 'classmate' | 'otherLearner' | 'moderator'>;

/** A path with a qualified learner, a draft of each kind beside it, and the whole cast signed in. */
export async function buildWorld(): Promise<World> {
  const site = await startTestPlatform({ env: { CERTIFICATES_ISSUE: 'qualified' } });
  const path = await layPath(site.platform, site);
  const { connection, programmes, services } = site.platform.rooms;
  const service = <K extends keyof Services>(id: K) => services.get(id) as Services[K];
  const enter = (login: string) => signIn(site.url, login);
  const { school, otherSchool, provider } = site.organisations;

  const otherWorkshopModerator = await site.person({ name: '吴坊主' });
  await service('workshops').create({
    programme: site.programme,
    name: { zh: '另一个坊', en: 'Another' },
    stage: 'senior',
    subject: 'chinese',
    moderator: otherWorkshopModerator.id,
  });
  const scopes: Record<Exclude<Granted, 'otherModerator'>, [Role, Scope]> = {
    expert: ['expert', `programme:${path.programme}`],
    otherExpert: ['expert', 'programme:elsewhere'],
    author: ['course-author', `programme:${path.programme}`],
    otherAuthor: ['course-author', 'programme:elsewhere'],
    provider: ['provider-manager', `organisation:${provider}`],
    otherProvider: ['provider-manager', 'organisation:provider-b'],
    school: ['school-administrator', `organisation:${school}`],
    otherSchool: ['school-administrator', `organisation:${otherSchool}`],
    county: ['county-bureau', `region:${site.regions.county}`],
    otherCounty: ['county-bureau', `region:${site.regions.otherCounty}`],
    city: ['city-bureau', `region:${site.regions.city}`],
    otherCity: ['city-bureau', 'region:410300'],
    province: ['province', `region:${site.regions.province}`],
    otherProvince: ['province', 'region:420000'],
    operator: ['operator', 'platform'],
  };
  const clients = {
    anonymous: await stranger(site.url),
    learner: await enter(path.learner.login),
    classmate: await enter(path.elsewhere.login),
    otherLearner: await enter((await site.learner({ name: '钱旁人', organisation: otherSchool })).login),
    moderator: await enter(path.moderator.login),
    otherModerator: await enter(otherWorkshopModerator.login),
  } as World['clients'];
  for (const [who, [role, scope]] of Object.entries(scopes)) {
    const made = await site.person({ grants: [{ role, scope }], organisation: otherSchool });
    clients[who as keyof typeof scopes] = await enter(made.login);
  }

  const videos = service('video-courses');
  const enrolment = path.learner.enrolment._id;
  await videos.importHistory([{ enrolment, lesson: path.lesson, seconds: 11, at: new Date() }]);
  const posted = await post(clients.learner, path);
  await handIn(clients.learner, path);
  await gradeWork(clients.moderator, path);

  const { title, provider: by, region, regions, hours, stages, term, scheme } = await programmes.get(path.programme);
  const draft = await programmes.create({
    title: { ...title, zh: '尚未公布的培训' },
    ...{ provider: by, region, regions, hours, stages, term, scheme },
  } as never);
  const course = await clients.author.post('/api/v1/video-courses/courses', {
    programme: path.programme,
    title: { zh: '草稿课程' },
  });
  const workshopTopic = await service('discussions').createTopic({
    programme: path.programme,
    workshop: path.workshop,
    title: { zh: '坊内的话题' },
    text: { zh: '只给坊里的人看。' },
    author: path.moderator.id,
  } as never);
  const content = Buffer.from('姓名,身份证号,学校,学段,学科\n某人,1,甲中学,高中,语文').toString('base64');
  const roster = await clients.county
    .post('/api/v1/enrolment/rosters', {
      programme: path.programme,
      fileName: 'roster.csv',
      content,
    })
    .expect(200);
  await connection.collection('video_courses_appeals').insertOne({
    _id: 'appeal-1' as never,
    enrolment,
    learner: path.learner.id,
    programme: path.programme,
    scopes: path.learner.enrolment.scopes.concat(`workshop:${path.workshop}`),
    lesson: path.lesson,
    day: '2026-01-01',
    reason: 'absent',
    stretches: [0, 1000],
    words: '网络断了',
    at: new Date(),
    state: 'open',
    granted: 0,
  });
  const found = (collection: string, filter: object) =>
    eventually(async () => {
      const row = await connection.collection<{ _id: string }>(collection).findOne(filter);
      if (!row) throw new Error(`nothing in ${collection}`);
      return row as Record<string, unknown> & { _id: string };
    });
  const certificate = await found('certificates_certificates', { _id: enrolment });
  const { course: published } = await connection
    .collection<{ _id: string; course: string }>('video_courses_lessons')
    .findOne({ _id: path.lesson })
    .then((row) => row as { course: string });
  const ids = {
    enrolment,
    programme: path.programme,
    draft: draft._id,
    lesson: path.lesson,
    topic: path.topic,
    workshopTopic,
    task: path.task,
    workshop: path.workshop,
    learner: path.learner.id,
    learnerName: path.learner.name,
    moderator: path.moderator.id,
    post: posted.id,
    course: published,
    draftCourse: course.body.id,
    roster: String(roster.body.id),
    appeal: 'appeal-1',
    code: String(certificate.code),
    region: site.regions.county,
    school,
    provider,
  };
  return { site, path, ids, clients, stop: () => site.stop() };
}
