import { EventEmitter, once } from 'node:events';
import { expect } from 'chai';
import mongoose from 'mongoose';
import { Jobs } from '../../../server/jobs/jobs.ts';
import { createLog } from '../../../server/log.ts';
import { sharedDatabase } from '../../support/shared-database.ts';

describe('stopping the jobs', () => {
  it('waits for one that runs', async () => {
    const uri = new URL(await sharedDatabase());
    uri.pathname = `/jobs_${Date.now()}`;
    const connection = await mongoose.createConnection(uri.href).asPromise();
    const jobs = new Jobs({ connection, log: createLog('error') });
    const events = new EventEmitter();
    const seen: string[] = [];
    jobs.define('slow', async () => {
      events.emit('begun');
      await once(events, 'go on');
      seen.push('job ended');
    });
    try {
      await jobs.start();
      const begun = once(events, 'begun');
      await jobs.now('slow', {});
      await begun;
      const stopped = jobs.stop().then(() => seen.push('stopped'));
      setImmediate(() => events.emit('go on'));
      await stopped;
      expect(seen).to.deep.equal(['job ended', 'stopped']);
      expect(await connection.collection('jobs').countDocuments({ lockedAt: { $ne: null } })).to.equal(0);
    } finally {
      await connection.dropDatabase();
      await connection.close();
    }
  });
});
