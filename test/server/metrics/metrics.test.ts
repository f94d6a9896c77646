import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import supertest from 'supertest';
import { definePlugin } from '../../../server/plugins/contract.ts';
import { eventually } from '../../support/eventually.ts';
import { growth, readMetrics } from '../../support/metrics.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';

const folder = new URL('../../fixtures/everything', import.meta.url).pathname;
const token = 'a-token-that-only-tests-know';

/** Counts what it is told to, with a label and without, and fails where it is told to. */
const counting = (counts: { visits: number; fails: boolean }) =>
  definePlugin({
    id: 'everything',
    api: '^1.0.0',
    register(host) {
      host.metric({ name: 'visits_total', help: 'Visits', kind: 'counter', read: () => counts.visits });
      host.metric({
        name: 'rooms',
        help: 'Rooms',
        kind: 'gauge',
        label: { name: 'floor', values: ['low', 'high'] },
        read: async () => {
          if (counts.fails) throw new Error('asked to fail');
          return { low: 2 };
        },
      });
      host.jobs.define('fails', async () => {
        throw new Error('asked to fail');
      });
      host.routes.get('/visits/:who', (_request, response) => void response.json({}));
    },
  });

describe('/metrics', () => {
  const counts = { visits: 0, fails: false };
  let test: TestPlatform;
  let other: TestPlatform;
  before(async () => {
    const start = (env: Record<string, string>, counted: typeof counts) =>
      startTestPlatform({
        plugins: ['video-courses', 'registry'],
        extra: [{ definition: counting(counted) as never, folder }],
        env: { LOG_LEVEL: 'fatal', ...env },
      });
    test = await start({ METRICS_TOKEN: token }, counts);
    other = await start({}, { visits: 0, fails: false });
  });
  after(async () => {
    await test.stop();
    await other.stop();
  });

  it('wants the bearer token of the configuration, or the one generated into the data folder', async () => {
    const get = (url: string) => supertest(url).get('/metrics');
    await get(test.url).expect(401).expect('WWW-Authenticate', 'Bearer');
    await get(test.url).set('Authorization', 'Bearer wrong').expect(401);
    await get(test.url).query({ token }).expect(401);
    const { text } = await get(test.url).set('Authorization', `Bearer ${token}`).expect(200);
    expect(text)
      .to.match(/^# HELP xuefang_/m)
      .and.match(/^# TYPE xuefang_sockets_open gauge$/m);
    const stored = await readFile(join(other.host('everything').files, '../../metrics-token'), 'utf8');
    await get(other.url).set('Authorization', `Bearer ${stored}`).expect(200);
    await get(other.url).set('Authorization', `Bearer ${token}`).expect(401);
  });

  it('tells of the process, sockets, commits, the outbox, deliveries and jobs', async () => {
    const client = await test.signIn((await test.learner()).login);
    const socket = await client.socket();
    await test.host('everything').jobs.now('fails', {});
    const figures = await eventually(async () => {
      const now = await readMetrics({ url: test.url, metricsToken: token });
      expect(now.get('xuefang_jobs_failed_total{job="everything.fails"}')).to.be.at.least(1);
      return now;
    });
    socket.close();
    expect(figures.get('xuefang_sockets_open')).to.equal(1);
    expect(figures.get('xuefang_commit_enrolments_count')).to.equal(1);
    expect(figures.get('xuefang_commit_duration_seconds_count')).to.equal(1);
    expect(figures.get('xuefang_commits_failed_total')).to.equal(0);
    expect(figures.get('xuefang_outbox_waiting')).to.equal(0);
    expect(figures.get('xuefang_registry_deliveries{state="pending"}')).to.equal(0);
    expect(figures.get('xuefang_process_memory_bytes{kind="resident"}')).to.be.above(2 ** 24);
    expect(figures.get('xuefang_process_cpu_seconds_total{mode="user"}')).to.be.above(0);
    expect(figures.get('xuefang_event_loop_delay_seconds{quantile="0.99"}')).to.be.at.least(0);
  });

  it('counts requests by the pattern of their route, and never by an address that names somebody', async () => {
    const before = await readMetrics({ url: test.url, metricsToken: token });
    for (const who of ['zhang', 'li']) await supertest(test.url).get(`/everything/visits/${who}`).expect(200);
    await supertest(test.url).get('/video-courses/media/one').expect(302);
    await supertest(test.url).get('/nowhere/zhang').expect(404);
    await supertest(test.url).get('/api/v1/me/enrolments').expect(401);
    const after = await readMetrics({ url: test.url, metricsToken: token });
    const requests = (route: string, status: number) => {
      const key = `xuefang_http_requests_total{method="GET",route="${route}",status="${status}"}`;
      return (after.get(key) ?? 0) - (before.get(key) ?? 0);
    };
    expect(requests('/everything/visits/:who', 200)).to.equal(2);
    expect(requests('/video-courses/media/:lesson', 302)).to.equal(1);
    expect(requests('none', 404)).to.equal(1);
    expect(requests('/api/v1/me/enrolments', 401)).to.equal(1);
    expect(after.get('xuefang_http_request_duration_seconds_count{route="/everything/visits/:who"}')).to.equal(2);
    expect([...after.keys()].join('\n')).not.to.match(/zhang|person-\d/);
  });

  it('carries figures of plugins, each platform its own, and leaves out one that cannot be read', async () => {
    const before = await readMetrics({ url: test.url, metricsToken: token });
    counts.visits += 3;
    const after = await readMetrics({ url: test.url, metricsToken: token });
    expect(growth(before, after, 'xuefang_everything_visits_total')).to.deep.equal({ '': 3 });
    expect(after.get('xuefang_everything_rooms{floor="low"}')).to.equal(2);
    expect(after.get('xuefang_everything_rooms{floor="high"}')).to.equal(0);
    expect((await readMetrics(other)).get('xuefang_everything_visits_total')).to.equal(0);
    counts.fails = true;
    const without = await readMetrics({ url: test.url, metricsToken: token });
    counts.fails = false;
    expect(without.has('xuefang_everything_rooms{floor="low"}')).to.equal(false);
    expect(without.get('xuefang_everything_visits_total')).to.equal(3);
  });

  it('counts beats and seconds by reason, once they are durable', async () => {
    const reasons = ['token', 'sequence', 'malformed', 'too-fast', 'daily-cap'];
    const figures = await readMetrics(other);
    expect(figures.get('xuefang_video_courses_seconds_credited_total')).to.equal(0);
    for (const reason of reasons) {
      expect(figures.get(`xuefang_video_courses_beats_refused_total{reason="${reason}"}`)).to.equal(0);
      expect(figures.get(`xuefang_video_courses_seconds_uncredited_total{reason="${reason}"}`)).to.equal(0);
    }
  });

  it('takes no figure after the start, and no name that says something else', () => {
    const host = test.host('everything');
    expect(() => host.metric({ name: 'late', help: '', kind: 'gauge', read: () => 0 })).to.throw(/after the start/);
    const { metrics } = test.platform.rooms;
    for (const name of ['Late', 'late-one', 'late']) {
      expect(() => metrics.add({ name, help: '', kind: 'counter', read: () => 0 }), name).to.throw(/no name/);
    }
  });
});
