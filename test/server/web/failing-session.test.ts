import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { whileFailing } from '../../support/fail-point.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';
import { sharedDatabase } from '../../support/shared-database.ts';

describe('a request whose session cannot be read', () => {
  let test: TestPlatform;
  let database: MongoClient;
  before(async () => {
    test = await startTestPlatform({ plugins: [] });
    database = await MongoClient.connect(await sharedDatabase());
  });
  after(async () => {
    await database.close();
    await test.stop();
  });

  it('is told so on a page, with a reference to quote', async function () {
    const somebody = await test.signIn((await test.person()).login);
    // With an error that no driver tries again.
    await whileFailing(this, database, { failCommands: ['find'], errorCode: 13 }, async () => {
      const { text } = await somebody.get('/account').expect(500).expect('Content-Type', /html/);
      expect(text)
        .to.include('<html')
        .and.match(/[0-9a-f]{10}/);
    });
    await somebody.get('/account').expect(200);
  });
});
