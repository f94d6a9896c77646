import { expect } from 'chai';
import fc from 'fast-check';
import { kindOf, safeName } from '../../../plugins/assignments/file-kinds.ts';
import { docx, zipOf } from './support.ts';

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
  ];
  for (const [name, safe] of names) {
    it(`names ${JSON.stringify(name.slice(0, 20))} ${safe.slice(0, 20)}`, () => {
      expect(safeName(name)).to.equal(safe);
    });
  }

  it('makes every name harmless', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (name) => {
        expect(safeName(name)).to.match(/^[^/\\<>:"|?*\p{C}]{1,120}$/u);
        expect(safeName(safeName(name))).to.equal(safeName(name));
      }),
    );
  });
});
