import { expect } from 'chai';
import { createIcons } from '../../../server/web/icons.ts';

describe('icons', () => {
  const icon = createIcons();

  it('are inline, hidden from screen readers and without the empty frame', () => {
    const svg = icon('home');
    expect(svg).to.match(/^<svg class="icon" .*aria-hidden="true".*<path d=.*<\/svg>$/);
    expect(svg).not.to.contain('M0 0h24v24H0z');
    expect(icon('home', 'large')).to.contain('class="icon large"');
  });

  it('refuse names that the set does not have, and paths', () => {
    expect(() => icon('no-such-icon')).to.throw('no-such-icon');
    expect(() => icon('../filled/home')).to.throw('Not the name of an icon');
  });
});
