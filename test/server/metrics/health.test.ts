import { expect } from 'chai';
import supertest from 'supertest';
import { AppError, knownError } from '../../../server/errors.ts';
import { createLog } from '../../../server/log.ts';
import { diskState, Health, type HealthDeps } from '../../../server/metrics/health.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';

const megabytes = (free: number) => ({ blocks: 1_000_000, bavail: free, bsize: 2 ** 20 });

const deps: HealthDeps = {
  log: createLog('silent'),
  dataDir: '/',
  pingDatabase: async () => {},
  isJoined: () => undefined,
  jobsLate: async () => false,
  outboxLate: async () => false,
  outboxWaiting: async () => 0,
  space: async () => megabytes(5_000),
};

describe('health', () => {
  it('says which part wants a hand, and whether people can be served all the same', async () => {
    const cases: [Partial<HealthDeps>, string, string, boolean][] = [
      [{ isJoined: () => false }, 'redis', 'failing', true],
      [{ jobsLate: async () => true }, 'jobs', 'late', true],
      [{ outboxLate: async () => true }, 'outbox', 'late', true],
      [{ space: async () => megabytes(100) }, 'disk', 'full', true],
      [{ pingDatabase: () => Promise.reject(new Error('mongodb://root:word@host')) }, 'database', 'failing', false],
    ];
    for (const [change, part, state, ready] of cases) {
      const report = await new Health({ ...deps, ...change }).report();
      expect(report).to.include({ ok: false, ready });
      const bad = Object.entries(report.parts).filter(([, { state }]) => !['ok', 'off'].includes(state));
      expect(bad.map(([name, one]) => [name, one.state])).to.deep.equal([[part, state]]);
      expect(JSON.stringify(report)).not.to.include('word');
    }
    expect(await new Health(deps).report()).to.include({ ok: true, ready: true });
  });

  it('does not wait for a database that is silent', async () => {
    const report = await new Health({ ...deps, pingDatabase: () => new Promise(() => {}) }).report();
    expect(report.parts.database.state).to.equal('failing');
  });

  it('knows a disk with little room, a full one and one that does not say', () => {
    const states = [2_000, 1_000, 127].map((free) => diskState(megabytes(free)).state);
    expect(states).to.deep.equal(['ok', 'low', 'full']);
    expect(diskState({ blocks: 0, bavail: 0, bsize: 4096 }).state).to.equal('unknown');
  });

  it('takes a full disk for the operator’s matter, from the file system and from the database', () => {
    const full = (code: string | number) => Object.assign(new Error('full'), { code });
    for (const code of ['ENOSPC', 'EDQUOT', 14031]) {
      expect(knownError(new Error('a write', { cause: full(code) }))).to.include({
        status: 507,
        code: 'core:disk-full',
      });
    }
    expect(knownError(full('EIO')).status).to.equal(500);
    expect(knownError(new AppError('core:not-found', 404)).status).to.equal(404);
  });

  describe('of a platform', () => {
    let test: TestPlatform;
    before(async () => {
      test = await startTestPlatform({ plugins: [] });
    });
    after(() => test.stop());

    it('is open, and names each part', async () => {
      for (const path of ['/health', '/health/ready']) {
        const { status, body } = await supertest(test.url).get(path);
        expect(status).to.equal(200);
        expect(Object.keys(body.parts)).to.have.members(['database', 'redis', 'jobs', 'disk', 'outbox']);
        expect(body.parts).to.deep.include({ database: { state: 'ok' }, redis: { state: 'off' } });
      }
      expect((await supertest(test.url).get('/health/live')).body).to.deep.equal({ ok: true });
    });
  });
});
