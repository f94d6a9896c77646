import { expect } from 'chai';
import demo from '../../../plugins/demo/index.ts';

describe('the plugin of the demonstration', () => {
  it('is loaded where a database is to be seeded, and nowhere else', () => {
    const answers = [{}, { DEMO_SEED: 'false' }, { DEMO_SEED: 'true' }].map((env) => demo.wanted?.(env));
    expect(answers).to.deep.equal([false, false, true]);
  });
});
