import { join } from 'node:path';
import { projectFolder } from '../../../server/config.ts';
import { discoverPlugins } from '../../../server/plugins/discover.ts';
import { startTestPlatform } from '../../support/platform.ts';

const found = await discoverPlugins(join(projectFolder, 'plugins'));
const definitions = found.map(({ definition }) => definition);

/** All plugins but this one and those that cannot do without it. */
function without(removed: string): string[] {
  const gone = new Set([removed]);
  for (let size = 0; size !== gone.size; ) {
    size = gone.size;
    for (const { id, requires = [] } of definitions) if (requires.some((other) => gone.has(other))) gone.add(id);
  }
  return definitions.map(({ id }) => id).filter((id) => !gone.has(id));
}

describe('a plugin that is taken away', () => {
  for (const { id } of definitions) {
    it(`leaves the rest working: ${id}`, async () => {
      const test = await startTestPlatform({ plugins: without(id) });
      try {
        const learner = await test.signIn((await test.learner()).login);
        await learner.get('/').expect(200);
        await learner.get(`/programmes/${test.programme}`).expect(200);
        await learner.get(`/${id}`).expect(404);
        const operator = await test.person({ grants: [{ role: 'operator', scope: 'platform' }] });
        await (await test.signIn(operator.login)).get('/operator').expect(200);
      } finally {
        await test.stop();
      }
    });
  }
});
