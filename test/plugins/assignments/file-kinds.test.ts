import { expect } from 'chai';
import fc from 'fast-check';
import { contentOf, kindOf, nameFor, safeName } from '../../../plugins/assignments/file-kinds.ts';
import { docx, zipOf } from './support.ts';

const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0');
const kind = (name: string, content: Buffer) => kindOf(name, content, content)?.type;

describe('file-kinds', () => {
  const accepted: [string, Buffer, string][] = [
    ['a.pdf', Buffer.from('%PDF-1.7\n'), 'application/pdf'],
    ['作业.DOCX', docx(), 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['a.zip', zipOf('a.txt'), 'application/zip'],
    ['a.jpeg', Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 'image/jpeg'],
    ['a.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), 'image/png'],
    ['a.mp4', Buffer.from('\0\0\0\x18ftypisom'), 'video/mp4'],
    ['a.txt', Buffer.from('说明\r\n第二行'), 'text/plain'],
    ['有标记.pdf', Buffer.from('\uFEFF%PDF-1.4\n'), 'application/pdf'],
    ['有空行.pdf', Buffer.from('\r\n\r\n%PDF-1.4\n'), 'application/pdf'],
    ['教案．docx', docx(), 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['教案。ｄｏｃｘ', docx(), 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['微信图片.jpg', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), 'image/png'],
    ['国标.txt', Buffer.from('bdccd1a7b7b4cbbca3acb5da', 'hex'), 'text/plain'],
    ['国标，半个字.txt', Buffer.from('bdccd1a7b7b4cb', 'hex'), 'text/plain'],
    ['记事本.txt', Buffer.from('\uFEFF\uFEFF教学反思', 'utf16le'), 'text/plain'],
    ['表.csv', Buffer.from('d0d5c3fb2cb0e0bcb6', 'hex'), 'text/csv'],
  ];
  for (const [name, content, type] of accepted) {
    it(`takes ${name}`, () => {
      expect(kind(name, content)).to.equal(type);
    });
  }

  const refused: [string, string, Buffer][] = [
    ['a program', 'a.exe', Buffer.from('MZ')],
    ['a page', 'a.html', Buffer.from('<html>')],
    ['a drawing with scripts', 'a.svg', Buffer.from('<svg>')],
    ['a text called a picture', 'a.png', Buffer.from('no picture')],
    ['a ZIP called a document', 'a.docx', zipOf('a.txt')],
    ['a program called a text', 'a.txt', Buffer.from('MZ\0\0')],
    ['no ending', 'pdf', Buffer.from('%PDF-1.7')],
    ['two endings, the last one counts', 'a.pdf.exe', Buffer.from('%PDF-1.7')],
    ['nothing inside', 'a.pdf', Buffer.alloc(0)],
    ['a telephone’s picture called .jpg', 'a.jpg', heic],
    ['a telephone’s picture called .mp4', 'a.mp4', heic],
    ['a PDF behind something else', 'a.pdf', Buffer.from('MZ\n%PDF-1.4')],
  ];
  for (const [why, name, content] of refused) {
    it(`refuses ${why}`, () => {
      expect(kind(name, content)).to.equal(undefined);
    });
  }

  const names: [string, string][] = [
    ['教学设计.docx', '教学设计.docx'],
    ['C:\\Users\\me\\a.pdf', 'a.pdf'],
    ['../../etc/passwd.txt', 'passwd.txt'],
    ['a\u202efdp.txt', 'afdp.txt'],
    ['..pdf', 'pdf'],
    ['a\r\nX: y.pdf', 'aX y.pdf'],
    [`${'长'.repeat(300)}.PDF`, `${'长'.repeat(100)}.pdf`],
    ['', 'file'],
    ['教案．docx', '教案.docx'],
    ['教案.docx.docx', '教案.docx.docx'],
  ];
  for (const [name, safe] of names) {
    it(`names ${JSON.stringify(name.slice(0, 20))} ${safe.slice(0, 20)}`, () => {
      expect(safeName(name)).to.equal(safe);
    });
  }

  it('names what a refused file is by its content, in both languages', () => {
    const contents: [string, Buffer][] = [
      ['heic', heic],
      ['old-office', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0, 0])],
      ['word', docx()],
      ['zip', zipOf('a.txt')],
      ['program', Buffer.from('MZ\0\0')],
      ['text', Buffer.from('说明')],
      ['webp', Buffer.from('RIFF\0\0\0\0WEBPVP8 ')],
    ];
    for (const [what, content] of contents) expect(contentOf(content, content)).to.equal(what);
    expect(contentOf(Buffer.alloc(0), Buffer.alloc(0))).to.equal(undefined);
    expect(contentOf(Buffer.from([0, 1, 2]), Buffer.alloc(0))).to.equal(undefined);
  });

  it('gives a picture the ending of what it is', () => {
    const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    expect(nameFor('微信图片.jpg', kindOf('微信图片.jpg', png, png)!)).to.equal('微信图片.png');
    expect(nameFor('a.PNG', kindOf('a.PNG', png, png)!)).to.equal('a.PNG');
  });

  it('makes every name harmless', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (name) => {
        expect(safeName(name)).to.match(/^[^/\\<>:"|?*\p{C}]{1,120}$/u);
        expect(safeName(safeName(name))).to.equal(safeName(name));
      }),
    );
  });
});
