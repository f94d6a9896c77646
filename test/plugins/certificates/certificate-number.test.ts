import { expect } from 'chai';
import fc from 'fast-check';
import { certificateNumber, parseCertificateNumber } from '../../../plugins/certificates/certificate-number.ts';
import { maskName } from '../../../plugins/certificates/mask-name.ts';
import { isSameName } from '../../../server/normalise/name.ts';

const numbers = fc
  .tuple(
    fc.stringMatching(/^[A-Z]{1,4}$/),
    fc.integer({ min: 2000, max: 2099 }),
    fc.integer({ min: 1, max: 9_999_999 }),
  )
  .map(([prefix, year, serial]) => certificateNumber(prefix, year, serial));

describe('certificate numbers', () => {
  it('are read back however they are typed', () => {
    const number = certificateNumber('KF', 2026, 123);
    expect(number).to.match(/^KF2026-000123-[0-9A-Z]$/);
    const typed = [number, number.toLowerCase(), number.replaceAll('-', ''), ` ${number.replaceAll('-', ' — ')} `];
    for (const text of [...typed, `ＫＦ２０２６－０００１２３－${number.at(-1)}`]) {
      expect(parseCertificateNumber(text), text).to.deep.equal({ ok: true, number });
    }
  });

  it('say that a text is no number at all', () => {
    for (const text of ['', 'KF', '2026-000123-G', 'KF2026-123-G', '张晓明', 'KF2026-000123-G-G-G; drop']) {
      expect(parseCertificateNumber(text), text).to.deep.equal({ ok: false, reason: 'shape' });
    }
  });

  it('reveal every single mistyped character', () => {
    fc.assert(
      fc.property(numbers, fc.nat(), fc.constantFrom(...'0123456789'), (number, at, digit) => {
        const plain = number.replaceAll('-', '');
        const places = [...plain.matchAll(/\d/g)]
          .map((match) => match.index)
          .filter((index) => index < plain.length - 1);
        const place = places[at % places.length]!;
        fc.pre(plain[place] !== digit);
        const wrong = plain.slice(0, place) + digit + plain.slice(place + 1);
        expect(parseCertificateNumber(wrong).ok).to.equal(false);
      }),
    );
  });
});

describe('names of certificates', () => {
  it('are masked after the first character', () => {
    expect(['张三', '王小明', '欧阳娜娜', '李', '𠮷田'].map(maskName)).to.deep.equal([
      '张*',
      '王**',
      '欧***',
      '李*',
      '𠮷*',
    ]);
  });

  it('are compared by what they mean', () => {
    expect(isSameName('张 三', '张三')).to.equal(true);
    expect(isSameName('阿依古丽·买买提', '阿依古丽•买买提')).to.equal(true);
    expect(isSameName('张三', '张四')).to.equal(false);
  });
});
