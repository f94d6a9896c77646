import { expect } from 'chai';
import { spansIn } from '../../../plugins/video-courses/spans.ts';

describe('stretches of media', () => {
  it('are told as on a clock, to the second in which they end', () => {
    expect(spansIn('en').span(65_000, 70_001)).to.equal('1:05–1:11');
    expect(spansIn('en').spans([0, 5_000, 60_000, 65_500])).to.equal('0:00–0:05, 1:00–1:06');
    expect(spansIn('zh-CN').spans([0, 5_000, 60_000, 65_500])).to.equal('0:00–0:05、1:00–1:06');
    expect(spansIn('en').spans([])).to.equal('');
  });
});
