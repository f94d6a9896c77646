import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import type { Client } from '../../support/client.ts';
import { whileFailing } from '../../support/fail-point.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';
import { sharedDatabase } from '../../support/shared-database.ts';

describe('a redirect', () => {
  let test: TestPlatform;
  let database: MongoClient;
  let operator: Client;
  before(async () => {
    test = await startTestPlatform({ plugins: [] });
    operator = await test.signIn((await test.person({ grants: [{ role: 'operator', scope: 'platform' }] })).login);
    database = await MongoClient.connect(await sharedDatabase());
  });
  after(async () => {
    await database.close();
    await test.stop();
  });

  /** Every update of the database waits, the storing of a session among them. */
  const slowUpdates = { failCommands: ['update'], blockConnection: true, blockTimeMS: 150 };

  /** Sends a form and goes where it is sent as soon as it is told, before the answer has ended. */
  async function follow(path: string, form?: Record<string, string>): Promise<string> {
    const asked = request(test.url + path, {
      method: form ? 'POST' : 'GET',
      headers: {
        cookie: operator.cookie,
        'x-csrf-token': operator.csrf,
        'content-type': 'application/x-www-form-urlencoded',
      },
    });
    asked.end(form && new URLSearchParams(form).toString());
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect(answer.statusCode).to.equal(303);
    const { text } = await operator.get(String(answer.headers.location)).expect(200);
    answer.resume();
    return text;
  }

  it('is told of once its session is stored, so that the next page says what happened', async function () {
    const region = { code: '420000', zh: '湖北省', parent: '' };
    await whileFailing(this, database, slowUpdates, async () => {
      expect(await follow('/operator/regions', region)).to.include('notice-ok');
    });
  });

  it('leaves its message to the page that is opened next, not to one that is read again for its figures', async () => {
    await operator.form('/operator/regions', { code: '430000', zh: '湖南省', parent: '' }).expect(303);
    const again = await operator.get('/operator/regions').set('X-Refresh', '1').expect(200);
    expect(again.text).to.not.include('notice-ok');
    expect((await operator.get('/operator/regions').expect(200)).text).to.include('notice-ok');
    expect((await operator.get('/operator/regions').expect(200)).text).to.not.include('notice-ok');
  });
});
