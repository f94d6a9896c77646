import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Views } from '../../../server/web/views.ts';

describe('views', () => {
  let folder = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'xuefang-views-'));
  });
  after(() => rm(folder, { recursive: true }));

  const render = async (views: Record<string, string>, locals: Record<string, unknown>): Promise<string> => {
    for (const [name, text] of Object.entries(views)) await writeFile(join(folder, `${name}.ejs`), text);
    return new Views(folder).render(join(folder, 'page.ejs'), locals);
  };

  it('show what they include the locals of the page, however far down', async () => {
    const page = "<%- include('/middle', { own: 1 }) %>";
    const middle = "<%- include('leaf') %>";
    const leaf = '<%= own %> <%= title %> <%= locals.tone %> <%= locals?.note %>';
    const text = await render({ page, middle, leaf }, { title: 'A', tone: 'warn', note: 'n', unused: 'x' });
    expect(text).to.equal('1 A warn n');
  });

  it('let what is handed to an included view stand before the page’s own, also where it is nothing', async () => {
    const page = "<%- include('/part', { unit: undefined, tone: 'own' }) %>|<%= unit %>";
    const part = "<%= locals.unit === undefined ? 'none' : unit %> <%= tone %>";
    expect(await render({ page, part }, { unit: 'h', tone: 'page' })).to.equal('none own|h');
  });

  it('may include themselves and each other', async () => {
    const page = "<%- include('/a', { depth: 3 }) %>";
    const a = "<%= sign %><% if (depth > 0) { %><%- include('/b', { depth: depth - 1 }) %><% } %>";
    const b = "<%= other %><% if (depth > 0) { %><%- include('/a', { depth: depth - 1 }) %><% } %>";
    expect(await render({ page, a, b }, { sign: 'a', other: 'b' })).to.equal('abab');
  });

  it('print text as text', async () => {
    const page = '<%= text %>|<%= number %>|<%= nothing %>|<%- html %>';
    const locals = { text: `<a href="x" title='y'>&`, number: 0, nothing: null, html: '<b>' };
    expect(await render({ page }, locals)).to.equal('&lt;a href=&#34;x&#34; title=&#39;y&#39;&gt;&amp;|0||<b>');
  });

  it('say which file is not there, or is not named', async () => {
    const failed = async (page: string) => String(await render({ page }, { path: '/part' }).catch((error) => error));
    expect(await failed("<%- include('/no-such-view') %>")).to.contain('no-such-view.ejs');
    expect(await failed('<%- include(path) %>')).to.contain('page.ejs includes a view whose path is worked out: /part');
  });
});
