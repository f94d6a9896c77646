import { expect } from 'chai';
import fc from 'fast-check';
import { excerpt, markup } from '../../../plugins/discussions/markup.ts';
import { processorMs } from '../../support/quick-enough.ts';

describe('markup', () => {
  const cases: [string, string, string][] = [
    ['a paragraph', '大家好', '<p>大家好</p>'],
    ['paragraphs and line breaks', '一\n二\n\n\n三\r\n四', '<p>一<br>二</p>\n<p>三<br>四</p>'],
    ['tags', '<img src=x onerror=alert(1)>', '<p>&lt;img src=x onerror=alert(1)&gt;</p>'],
    ['entities', 'a &lt; b', '<p>a &amp;lt; b</p>'],
    ['a quotation', '> 你说\n我答', '<blockquote><p>你说</p></blockquote>\n<p>我答</p>'],
    [
      'an address without the stop behind it',
      '见 https://example.org/a?b=1&c=2。',
      '<p>见 <a href="https://example.org/a?b=1&amp;c=2" rel="nofollow ugc noopener noreferrer">https://example.org/a?b=1&amp;c=2</a>。</p>',
    ],
    ['an address that runs', 'javascript:alert(1)', '<p>javascript:alert(1)</p>'],
    ['nothing', '  \n ', ''],
  ];
  for (const [name, text, html] of cases) {
    it(`shows ${name}`, () => {
      expect(markup(text)).to.equal(html);
    });
  }

  it('breaks no address out of its attribute', () => {
    expect(markup('https://example.org/"onmouseover="x')).to.not.match(/<a [^>]*onmouseover/);
  });

  it('lets through no markup but its own, whatever is written', () => {
    const pieces = fc.constantFrom('<', '>', '"', "'", '&', 'https://e.org/', 'script', '\n', '\n\n', ' ', 'on=', '好');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (list) => {
        const rest = markup(list.join(''))
          .replace(/<\/?(?:p|blockquote|a)>|<br>/g, '')
          .replace(/<a href="https:\/\/[^"<>]*" rel="nofollow ugc noopener noreferrer">/g, '');
        expect(rest).to.not.match(/[<>"]/);
      }),
    );
  });

  it('cuts an excerpt at whole characters and without quotations', () => {
    expect(excerpt('> 引用\n𠀀𠀁𠀂 好', 3)).to.equal('𠀀𠀁𠀂…');
    expect(excerpt('短', 3)).to.equal('短');
  });

  it('is not slowed down by hostile text', async () => {
    const took = await processorMs(() => {
      for (const text of ['> '.repeat(10_000), 'https://'.repeat(2_500), '&'.repeat(20_000)]) markup(text);
    });
    expect(took).to.be.below(500);
  });
});
