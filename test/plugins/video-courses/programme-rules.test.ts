import { expect } from 'chai';
import { rulesOf } from '../../../plugins/video-courses/programme-rules.ts';
import { DEFAULT_WATCH_RULES } from '../../../plugins/video-courses/watch-rules.ts';

describe('the rules of crediting in a programme', () => {
  const of = (given: unknown) => rulesOf({ settings: { 'video-courses': given } as never });

  it('are its own where it names valid ones, else the defaults', () => {
    expect(rulesOf({ settings: {} as never })).to.deep.equal(DEFAULT_WATCH_RULES);
    const { presence } = DEFAULT_WATCH_RULES;
    expect(of({ beatSeconds: 10, presence: { answerSeconds: 30 } })).to.deep.equal({
      ...DEFAULT_WATCH_RULES,
      beatSeconds: 10,
      presence: { ...presence, answerSeconds: 30 },
    });
    for (const bad of [
      { beatSeconds: 0 },
      { beatSeconds: '5' },
      { seenSpeed: 5 },
      { presence: { extensions: -1 } },
      7,
    ]) {
      expect(of(bad), JSON.stringify(bad)).to.deep.equal(DEFAULT_WATCH_RULES);
    }
  });

  it('let no beat be further apart than the gap that it may account for', () => {
    expect(of({ beatSeconds: 15 })).to.include({ beatSeconds: 15, gapSeconds: 15 });
    expect(of({ beatSeconds: 11, gapSeconds: 10 })).to.deep.equal(DEFAULT_WATCH_RULES);
    expect(of({ gapSeconds: 5 })).to.include({ beatSeconds: 5, gapSeconds: 5 });
  });
});
