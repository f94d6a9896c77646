import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { CannotDraw, type CertificateText, certificatePdf } from '../../../plugins/certificates/certificate-pdf.ts';
import { missingFrom } from '../../../plugins/certificates/faces.ts';

const at = new Date('2026-03-31T16:30:00Z');

function certificate({
  name = '王芳',
  title = '2026 年教师全员培训',
  school = '第一小学',
  provider = '师范学院',
  abroad = '师范学院',
} = {}) {
  const text: CertificateText = {
    title: ['培训合格证书', 'Certificate of Completion'],
    body: [
      `${name}（${school}）于2026年3月1日至2026年6月30日参加“${title}”，修满 72 学时，考核成绩 92.00 分，考核合格，特发此证。`,
      `This is to certify that ${name} of ${school} took part in “${title}” from March 1, 2026 to June 30, 2026, completed 72 hours and qualified with a score of 92.00 out of 100.`,
    ],
    facts: [
      { label: '证书编号 Certificate No.', value: 'KF2026-000123-G' },
      { label: '身份证号 ID No.', value: '1101************1234' },
    ],
    signed: { name: [provider, abroad], date: '2026年4月1日', at },
    scan: '扫码核验 Scan to verify',
    checkUrl: 'https://example.org/certificates/check/abcdefghijklmnopqrstuv',
    language: 'zh-CN',
    author: provider,
  };
  return certificatePdf(text);
}

/** Text without white space, as lines break anywhere; `lines` have their boxes in points from the top. */
function read(pdf: Buffer) {
  const { stdout } = spawnSync('pdftotext', ['-bbox-layout', '-', '-'], { input: pdf, encoding: 'utf8' });
  const boxes = [
    ...stdout.matchAll(/<line xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([\s\S]*?)<\/line>/g),
  ];
  const lines = boxes.map(([, xMin, yMin, xMax, yMax, inner = '']) => ({
    box: [xMin, yMin, xMax, yMax].map(Number) as [number, number, number, number],
    text: [...inner.matchAll(/<word[^>]*>([^<]*)</g)].map(([, word]) => word).join(''),
  }));
  return { lines, text: lines.map(({ text }) => text).join(''), pages: stdout.match(/<page /g)?.length };
}

/** Pairs of lines whose middles lie in one another: characters would be printed over others. */
function overlaps(lines: ReturnType<typeof read>['lines']): string[] {
  return lines.flatMap(({ box: a, text }, index) =>
    lines.slice(index + 1).flatMap(({ box: b, text: other }) => {
      const wide = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
      const high = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
      return wide > 1 && high > Math.min(a[3] - a[1], b[3] - b[1]) / 2 ? [`${text} | ${other}`] : [];
    }),
  );
}

describe('certificate PDF', function () {
  this.timeout(60_000);
  before(function () {
    if (spawnSync('pdftotext', ['-v']).error) this.skip();
  });

  it('draws rare characters, from another face where the first lacks them', async () => {
    const names = ['王𬭩', '李㛃', '张䶮', '𠮷田', '李〇', '阿依古丽·买买提'];
    const { text } = read(await certificate({ name: names.join('、') }));
    for (const name of names) expect(text).to.contain(name);
  });

  it('refuses what no face has, and names the characters, rather than printing a box', async () => {
    expect(missingFrom(['𠮷', '王𬭩', '𰻝面', '\uE000'])).to.deep.equal(['𰻝', '\uE000']);
    const error = await certificate({ name: '王𰻝' }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(CannotDraw).with.property('missing').that.deep.equals(['𰻝']);
  });

  const long = (of: string, length: number) => of.repeat(Math.ceil(length / of.length)).slice(0, length);
  for (const [what, given] of Object.entries({
    'a title of 90 characters': { title: long('新时代中小学教师数字素养与学科教学深度融合能力提升', 90) },
    'the longest of all': {
      name: long('阿卜杜热依木·', 40),
      title: long('新时代中小学教师数字素养', 200),
      school: long('第一高级中学附属实验学校', 200),
      provider: long('省教师发展与继续教育中心', 200),
      abroad: long('Provincial centre for development ', 200),
    },
    'English words': {
      title: long('Professional development of teachers ', 200),
      provider: long('Centre for continuing education ', 200),
      abroad: long('Centre for continuing education ', 200),
    },
    'one long word': { title: long('Teacherdevelopment', 200), provider: long('W', 200), abroad: long('W', 200) },
  })) {
    it(`keeps ${what} whole, on one page, within the frame and apart`, async () => {
      const { text, lines, pages } = read(await certificate(given));
      expect(pages).to.equal(1);
      for (const value of Object.values(given)) expect(text).to.contain(value.replace(/\s/g, ''));
      for (const { box, text: line } of lines) {
        expect(box[0], line).to.be.at.least(31);
        expect(box[1], line).to.be.at.least(31);
        expect(box[2], line).to.be.at.most(811);
        expect(box[3], line).to.be.at.most(564);
      }
      expect(overlaps(lines)).to.deep.equal([]);
    });
  }

  it('carries the day of issue, whenever it is drawn', async () => {
    const { stdout } = spawnSync('pdfinfo', ['-isodates', '-'], { input: await certificate(), encoding: 'utf8' });
    const created = /CreationDate:\s+(\S+)/.exec(stdout)?.[1];
    expect(new Date(`${created}`).getTime()).to.equal(at.getTime());
  });
});
