import { expect } from 'chai';
import { clock, parseChapters, writeChapters } from '../../../plugins/video-courses/chapters.ts';

describe('chapters', () => {
  it('are read one a line, in the order of time, with an English title after a bar', () => {
    const { chapters, wrong } = parseChapters('1:05 提问 | Asking\r\n\r\n  0:30 导入\n1:02:03 结尾');
    expect(wrong).to.deep.equal([]);
    expect(chapters).to.deep.equal([
      { at: 30, title: { zh: '导入' } },
      { at: 65, title: { zh: '提问', en: 'Asking' } },
      { at: 3723, title: { zh: '结尾' } },
    ]);
    expect(parseChapters(writeChapters(chapters)).chapters).to.deep.equal(chapters);
  });

  it('name the lines that are none', () => {
    expect(parseChapters('导入\n1:75 太晚\n1:05\n2:00 好').wrong).to.deep.equal(['导入', '1:75 太晚', '1:05']);
  });

  it('are shown as on a clock', () => {
    expect([0, 65.9, 600, 3723].map(clock)).to.deep.equal(['0:00', '1:05', '10:00', '1:02:03']);
  });
});
