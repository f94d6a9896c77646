import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readConfig } from '../../server/config.ts';
import { openDatabase } from '../../server/database/index.ts';
import { createLog } from '../../server/log.ts';
import { startPlatform } from '../../server/platform.ts';
import type { Rescoring } from '../../server/progress/progress.model.ts';
import { enrolMany, layPlace } from '../load/beats/place.ts';
import { eventually } from '../support/eventually.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform-process.ts';

const learners = 6_000;

describe('a rescoring whose process is killed', function () {
  this.timeout(120_000);
  let dataDir: string;
  let site: PlatformProcess | undefined;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'xuefang-kill-rescoring-'));
  });
  after(async () => {
    await site?.end('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });

  it('goes on where it was, and scores nobody twice', async () => {
    const log = createLog('fatal');
    const database = await openDatabase({ dataDir, log });
    const env = { MONGODB_URI: database.uri, PORT: '0' };
    try {
      const config = readConfig({ DATA_DIR: dataDir, LOG_LEVEL: 'fatal', ...env });
      const laying = await startPlatform({ config, log });
      const place = await layPlace(laying);
      await enrolMany(laying, place, learners);
      const { programmes } = laying.rooms;
      const { scheme } = await programmes.get(place.programme);
      // A correction as it stands when the process that made it dies at once.
      const components = scheme.components.map((one) => ({ ...one, full: one.full * 2 }));
      const { rescorings } = laying.rooms.progress;
      await rescorings.close();
      const { _id } = await rescorings.correct(place.programme, { ...scheme, components }, { actor: 'a', reason: 'b' });
      await laying.stop();

      const jobs = database.connection.collection<Rescoring>('rescorings');
      const job = async () => (await jobs.findOne({ _id })) as Rescoring;
      site = await startPlatformProcess(dataDir, env);
      const begun = await eventually(async () => {
        const now = await job();
        expect(now.passed).to.be.above(0);
        return now;
      }, 30_000);
      await site.end('SIGKILL');
      expect(begun.passed).to.be.below(learners);
      expect(await job()).to.include({ state: 'running' });
      site = await startPlatformProcess(dataDir, env);
      const done = await eventually(async () => {
        const now = await job();
        expect(now.state).to.equal('done');
        return now;
      }, 40_000);
      expect(done).to.include({ total: learners, passed: learners, rescored: learners });
      const enrolments = database.connection.collection('enrolments');
      expect(await enrolments.countDocuments({ scheme: 2, rev: 1 })).to.equal(learners);
    } finally {
      await site?.end('SIGTERM');
      await database.close();
    }
  });
});
