import { expect } from 'chai';
import supertest, { type Response } from 'supertest';
import type { Client } from '../support/client.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { layPath, type Path, thought, work } from '../support/whole-path.ts';

/** Sends the bad input in the session of somebody who may otherwise do such a thing. */
type Send = (language: string) => supertest.Test;
type Case = [what: string, send: Send, status: number, zh: RegExp, en: RegExp];

const nothingThere: [RegExp, RegExp] = [/不存在|找不到|没有找到/, /not (exist|found|there)|no such|cannot be found/i];
const noToken: [RegExp, RegExp] = [
  /页面已过期或不是从本平台提交的/,
  /page has expired or was not sent from this platform/,
];

describe('bad input across the platform', function () {
  this.timeout(60_000);
  let site: TestPlatform;
  let path: Path;
  let draft: string;
  let paths: [address: string, method: string][];
  const as = {} as Record<'learner' | 'elsewhere' | 'moderator' | 'county' | 'city' | 'operator' | 'manager', Client>;

  before(async () => {
    site = await startTestPlatform();
    path = await layPath(site.platform, site);
    const { programmes } = site.platform.rooms;
    const { title, provider, region, regions, hours, stages, term, scheme } = await programmes.get(path.programme);
    draft = (await programmes.create({ title, provider, region, regions, hours, stages, term, scheme } as never))._id;
    for (const role of ['learner', 'elsewhere', 'moderator', 'county', 'city'] as const) {
      as[role] = await site.signIn(path[role].login);
    }
    const operator = await site.person({ grants: [{ role: 'operator', scope: 'platform' }] });
    as.operator = await site.signIn(operator.login);
    const scope = `organisation:${site.organisations.provider}` as const;
    const manager = await site.person({ grants: [{ role: 'provider-manager', scope }] });
    as.manager = await site.signIn(manager.login);
    const { body } = await supertest(site.url).get('/api/v1/openapi.json').expect(200);
    paths = Object.entries(body.paths as Record<string, object>).flatMap(([address, methods]) =>
      Object.keys(methods).map((method): [string, string] => [address, method]),
    );
  });
  after(() => site?.stop());

  /** How many documents each collection holds; sessions and job bookkeeping are nobody's input. */
  const counts = async (): Promise<Record<string, number>> => {
    const { db } = site.platform.rooms.connection;
    const names = (await db!.listCollections().toArray()).map(({ name }) => name).sort();
    const kept = names.filter((name) => !/^(sessions|jobs|system\.|throttle)/.test(name));
    return Object.fromEntries(
      await Promise.all(kept.map(async (name) => [name, await db!.collection(name).countDocuments()])),
    );
  };
  const bare = (client: Client, method: 'post' | 'put', address: string, language: string) =>
    supertest(site.url)[method](address).set('Cookie', client.cookie).set('Accept-Language', language);
  const told = ({ body, text }: Response): string =>
    body?.error?.message ?? /<main.*<\/main>/su.exec(text)?.[0] ?? text;

  const cases: Case[] = [
    [
      'a form without its token: a post',
      (language) =>
        bare(as.learner, 'post', `/discussions/${path.topic}/posts`, language).type('form').send({ text: thought }),
      403,
      ...noToken,
    ],
    [
      'a form without its token: work handed in',
      (language) => bare(as.learner, 'post', `/assignments/${path.task}/submission`, language).field('text', work),
      403,
      ...noToken,
    ],
    [
      'a form without its token: an account',
      (language) =>
        bare(as.learner, 'post', '/account', language).type('form').send({ phone: '13900000000', language: 'en' }),
      403,
      ...noToken,
    ],
    [
      'a form with the token of another session',
      (language) =>
        bare(as.learner, 'post', `/discussions/${path.topic}/posts`, language)
          .type('form')
          .send({ text: thought, _csrf: as.elsewhere.csrf }),
      403,
      ...noToken,
    ],
    [
      'a change by the API without a token',
      (language) =>
        bare(as.learner, 'put', `/api/v1/assignments/tasks/${path.task}/submission`, language).send({ text: work }),
      403,
      ...noToken,
    ],
    [
      'a beat for somebody else’s enrolment',
      (language) =>
        as.elsewhere
          .post('/api/v1/video-courses/beats', {
            enrolment: path.learner.enrolment._id,
            lesson: path.lesson,
            token: 'stolen',
            beats: [{ seq: 1, ranges: [[0, 5]], rate: 1 }],
          })
          .set('Accept-Language', language),
      404,
      ...nothingThere,
    ],
    [
      'a post of 1 MB',
      (language) =>
        as.learner
          .post(`/api/v1/discussions/topics/${path.topic}/posts`, { text: '长'.repeat(2 ** 20 / 3) })
          .set('Accept-Language', language),
      413,
      /256 KB/,
      /256 KB/,
    ],
    [
      'weights that do not add up to 100',
      (language) =>
        as.manager
          .put(`/api/v1/assessment/schemes/${draft}`, {
            passMark: 6000,
            components: [
              { id: 'video', measure: 'video-courses/seconds', weight: 40, full: 600 },
              { id: 'discussion', measure: 'discussions/points', weight: 20, full: 200 },
            ],
            required: [],
          })
          .set('Accept-Language', language),
      422,
      /权重.*100|100.*权重/,
      /weights.*100|100.*weights/i,
    ],
    [
      'JSON that is none',
      (language) =>
        bare(as.learner, 'post', `/api/v1/discussions/topics/${path.topic}/posts`, language)
          .set('X-CSRF-Token', as.learner.csrf)
          .type('json')
          .send('{"text": '),
      400,
      /请求|内容/,
      /request/i,
    ],
    ...['', `&region=410202`, '&region=410200', '&school=school-b', '&region=999999']
      .slice(1)
      .map(
        (place): Case => [
          `the board of a place that is not the viewer’s (${place})`,
          (language) =>
            as.county.get(`/monitoring?programme=${path.programme}${place}`).set('Accept-Language', language),
          404,
          ...nothingThere,
        ],
      ),
    ...['410202', '410200', '999999'].map(
      (region): Case => [
        `the figures of a region that is not the viewer’s (${region})`,
        (language) => as.county.get(`/api/v1/monitoring/${path.programme}/${region}`).set('Accept-Language', language),
        404,
        ...nothingThere,
      ],
    ),
  ];
  for (const [what, send, status, zh, en] of cases) {
    it(`refuses ${what} in the reader’s words, and stores nothing`, async () => {
      const before = await counts();
      for (const [language, words] of [
        ['zh-CN', zh],
        ['en', en],
      ] as const) {
        const answer = await send(language);
        expect(answer.status).to.equal(status);
        expect(told(answer)).to.match(words);
      }
      expect(await counts()).to.deep.equal(before);
    });
  }

  const pages: [keyof typeof as, string[]][] = [
    [
      'learner',
      ['/no-such-page', '/programmes/none', '/discussions/none', '/discussions/posts/none', '/assignments/none'],
    ],
    [
      'learner',
      [
        '/video-courses/lessons/none',
        '/video-courses/media/none',
        '/assessment/result?enrolment=none',
        '/messages/none',
      ],
    ],
    [
      'learner',
      ['/certificates/none', '/certificates/none/pdf', '/certificates/check/none', '/workshops/none', '/accounts/none'],
    ],
    ['moderator', ['/workshops/none', '/assignments/submissions/none/none', '/assignments/files/none/none/none']],
    [
      'city',
      ['/monitoring?programme=none', '/registry/none', '/accounts/none', '/enrolment/rosters/none', '/workshops/none'],
    ],
    [
      'manager',
      ['/assessment/schemes/none', '/video-courses/manage/courses/none', '/registry/none', '/certificates/none'],
    ],
    ['operator', ['/accounts/none', '/registry/none', '/operator/none', '/video-courses/manage/courses/none']],
  ];
  for (const [role, addresses] of pages) {
    for (const address of addresses) {
      it(`shows a ${role} that ${address} is not there`, async () => {
        const before = await counts();
        for (const [language, words] of [
          ['zh-CN', /不存在|找不到|没有/],
          ['en', /not|no /i],
        ] as const) {
          const answer = await as[role].get(address).set('Accept-Language', language).set('Accept', 'text/html');
          expect(answer.status).to.equal(404);
          expect(answer.text).to.include('<h1').and.match(words);
        }
        expect(await counts()).to.deep.equal(before);
      });
    }
  }

  it('answers every operation of the API that names something unknown with 4xx, storing nothing', async () => {
    const before = await counts();
    for (const [address, method] of paths.filter(([one]) => one.includes('{'))) {
      for (const unknown of ['none', encodeURIComponent('{"$ne":null}'), '%00', 'x'.repeat(300)]) {
        const filled = address.replace(/\{\w+\}/g, unknown);
        const { status, body } = await as.operator[method as 'get'](`/api/v1${filled}`);
        expect(status, `${method} ${filled}`).to.be.within(400, 499);
        expect(body.error.message, `${method} ${filled}`).to.match(/[\u4e00-\u9fff]/);
      }
    }
    expect(await counts()).to.deep.equal(before);
  });
});
