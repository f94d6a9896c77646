import { join } from 'node:path';
import { expect } from 'chai';
import { projectFolder } from '../../../server/config.ts';
import { formattersOf } from '../../../server/web/format.ts';
import { Views } from '../../../server/web/views.ts';

describe('a table', () => {
  const views = join(projectFolder, 'views');
  const render = (locals: Record<string, unknown>): string =>
    new Views(views).render(join(views, 'partials/table.ejs'), {
      t: (key: string) => key,
      fmt: formattersOf('zh-CN'),
      icon: () => '',
      path: '/list',
      caption: 'People',
      columns: [
        { key: 'name', label: 'Name', hideOnPhone: false },
        { key: 'done', label: 'Done', hideOnPhone: true },
        { key: 'total', label: 'Total', numeric: true },
      ],
      rows: [{ cells: { name: '<b>', done: { bar: { value: 1, max: 4, label: 'Done' } }, total: 0 } }],
      ...locals,
    });

  const cellsOf = (html: string): string[] => [...html.matchAll(/<td[^>]*>/g)].map(([tag]) => tag);

  it('keeps from a phone what is for desks, but not its sums', () => {
    const [first, done, total, ...sums] = cellsOf(render({ total: { done: '25%', total: '1' } }));
    expect(first).to.contain('class="first"');
    expect(done).to.contain('class="not-phone"');
    expect(total).to.contain('class="numeric"');
    expect(sums.join()).not.to.contain('not-phone');
  });

  it('says what a bar is by its column, and shows a 0 as one', () => {
    const html = render({});
    expect(html)
      .to.contain('&lt;b&gt;')
      .and.to.match(/class="bar-text">25%</)
      .and.not.to.contain('progressbar');
    expect(html).to.match(/data-label="Total" class="numeric">0/);
  });
});
