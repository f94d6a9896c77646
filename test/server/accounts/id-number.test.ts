import { expect } from 'chai';
import fc from 'fast-check';
import { checkDigit, maskIdNumber, parseIdNumber } from '../../../server/accounts/id-number.ts';

/** The two worked examples of GB 11643-1999, annex A. */
const EXAMPLES = [
  { number: '11010519491231002X', regionCode: '110105', birth: '1949-12-31', sex: 'female' },
  { number: '440524188001010014', regionCode: '440524', birth: '1880-01-01', sex: 'male' },
] as const;

const day = fc
  .date({ min: new Date('1900-01-01T00:00:00Z'), max: new Date('2026-11-22T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const validNumber = fc
  .tuple(fc.integer({ min: 110000, max: 829999 }), day, fc.integer({ min: 0, max: 999 }))
  .map(([region, birth, sequence]) => `${region}${birth.replaceAll('-', '')}${String(sequence).padStart(3, '0')}`)
  .map((first17) => first17 + checkDigit(first17));

describe('id-number', () => {
  it("computes the check characters of the standard's own examples", () => {
    for (const { number } of EXAMPLES) expect(checkDigit(number.slice(0, 17))).to.equal(number[17]);
  });

  it('reads region, birth and sex', () => {
    expect(parseIdNumber(EXAMPLES[0].number)).to.deep.equal({ ok: true, value: EXAMPLES[0] });
  });

  it('accepts what people paste', () => {
    for (const text of [
      '11010519491231002x',
      ' 110105 19491231 002X\n',
      '１１０１０５１９４９１２３１００２Ｘ',
      '１１０１０５１９４９１２３１００２ｘ',
      '\u200b11010519491231002X\u202c\u3000',
    ]) {
      expect(parseIdNumber(text), text).to.deep.equal({ ok: true, value: EXAMPLES[0] });
    }
  });

  const refused: [string, string][] = [
    ['', 'length'],
    ['110105491231002', 'length'],
    ['11010519491231002XX', 'length'],
    ['11010519491231X02X', 'characters'],
    ['1101051949123100②X', 'characters'],
    ['11010519491231002-', 'characters'],
    ['110105194902300021', 'birth'],
    ['110105190002290021', 'birth'],
    ['110105194913010021', 'birth'],
    ['440524188001010014', 'birth'],
    ['110105194912310021', 'check-digit'],
  ];
  for (const [text, reason] of refused) {
    it(`refuses ${JSON.stringify(text)} for its ${reason}`, () => {
      expect(parseIdNumber(text)).to.deep.equal({ ok: false, reason });
    });
  }

  it('refuses a birth after today, and takes one today', () => {
    expect(parseIdNumber(EXAMPLES[0].number, '1949-12-30')).to.deep.equal({ ok: false, reason: 'birth' });
    expect(parseIdNumber(EXAMPLES[0].number, '1949-12-31').ok).to.equal(true);
  });

  it('reads back every number it could have issued', () => {
    fc.assert(fc.property(validNumber, (number) => parseIdNumber(number).ok));
  });

  it('notices any single wrong digit and any swap of neighbours', () => {
    const position = fc.integer({ min: 0, max: 16 });
    fc.assert(
      fc.property(validNumber, position, fc.integer({ min: 1, max: 9 }), (number, at, shift) => {
        const digit = (Number(number[at]) + shift) % 10;
        return !parseIdNumber(number.slice(0, at) + digit + number.slice(at + 1)).ok;
      }),
    );
    fc.assert(
      fc.property(validNumber, fc.integer({ min: 0, max: 15 }), (number, at) => {
        fc.pre(number[at] !== number[at + 1]);
        return !parseIdNumber(number.slice(0, at) + number[at + 1] + number[at] + number.slice(at + 2)).ok;
      }),
    );
  });

  it('never throws, whatever is typed', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => !parseIdNumber(text).ok));
  });

  it('masks all but the first and last four', () => {
    expect(maskIdNumber('41020219800101123X')).to.equal('4102**********123X');
    expect(maskIdNumber('12345678')).to.equal('********');
  });
});
