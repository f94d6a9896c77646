import { expect } from 'chai';
import { MongoClient } from 'mongodb';
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

  /** Fails every query, with an error that no driver tries again. */
  const failQueries = (mode: 'alwaysOn' | 'off') =>
    database.db('admin').command({
      configureFailPoint: 'failCommand',
      mode,
      data: { failCommands: ['find'], errorCode: 13 },
    });

  it('is told so on a page, with a reference to quote', async function () {
    const somebody = await test.signIn((await test.person()).login);
    await failQueries('alwaysOn').catch((error) => {
      if (process.env.TEST_MONGODB_URI) this.skip();
      throw error;
    });
    try {
      const { text } = await somebody.get('/account').expect(500).expect('Content-Type', /html/);
      expect(text)
        .to.include('<html')
        .and.match(/[0-9a-f]{10}/);
    } finally {
      await failQueries('off');
    }
    await somebody.get('/account').expect(200);
  });
});
