import { expect } from 'chai';
import { z } from 'zod';
import { readForm } from '../../../server/web/input.ts';

describe('what is wrong with a form', () => {
  const schema = z.object({
    title: z.string().trim().min(2).max(5),
    score: z.coerce.number().int().min(1).max(100),
    stage: z.enum(['senior', 'junior']),
    regions: z.array(z.string()).min(1),
    day: z.iso.date(),
    part: z.number(),
    parts: z.array(z.string()).refine((list) => list.length > 1, { params: { problem: 'least-chosen', n: 2 } }),
  });
  const good = {
    title: '标题',
    score: '7',
    stage: 'senior',
    regions: ['a'],
    day: '2026-11-22',
    part: 1,
    parts: ['a', 'b'],
  };
  const wrong = (change: object, language: 'zh-CN' | 'en' = 'zh-CN') => {
    const form = readForm(schema, { ...good, ...change }, language);
    return form.ok ? {} : form.errors;
  };

  it('is said at each field in words, never in a program’s', () => {
    expect(wrong({})).to.eql({});
    expect(wrong({ title: '', stage: 'x', score: '0' })).to.eql({
      title: '请填写。',
      stage: '请从列出的选项中选择。',
      score: '不能小于 1。',
    });
    expect(wrong({ title: '一', score: '101', regions: [] })).to.eql({
      title: '至少 2 个字。',
      score: '不能大于 100。',
      regions: '至少选 1 项。',
    });
    expect(wrong({ title: '一二三四五六', score: '1.5', day: '22.11.', part: '1' })).to.eql({
      title: '最多 5 个字。',
      score: '请填写整数。',
      day: '格式不对，请按说明填写。',
      part: '请填写数字。',
    });
    expect(wrong({ title: undefined, day: null, parts: [] })).to.eql({
      title: '请填写。',
      day: '请填写。',
      parts: '至少选 2 项。',
    });
  });

  it('is the first thing wrong with each field, in the order of the form', () => {
    const term = z
      .object({ from: z.iso.date(), to: z.iso.date() })
      .refine(({ from, to }) => from < to, { path: ['to'], params: { problem: 'later' } });
    const errorsOf = (body: object) => {
      const form = readForm(term, body, 'zh-CN');
      return form.ok ? [] : Object.entries(form.errors);
    };
    expect(errorsOf({ from: '', to: '' })).to.eql([
      ['from', '请填写。'],
      ['to', '请填写。'],
    ]);
    expect(errorsOf({ from: '2026-11-22', to: '2026-11-21' })).to.eql([['to', '要晚于开始日期。']]);
  });

  it('is said in English too', () => {
    expect(wrong({ title: 'a', score: 'x', regions: undefined }, 'en')).to.eql({
      title: 'At least 2 characters.',
      score: 'Give a number.',
      regions: 'Please fill this in.',
    });
  });
});
