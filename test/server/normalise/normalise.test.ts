import { expect } from 'chai';
import fc from 'fast-check';
import { documentNumber, parseIdDocument } from '../../../server/accounts/id-document.ts';
import { checkDigit } from '../../../server/accounts/id-number.ts';
import { isName, isSameName, nameKey, normaliseName } from '../../../server/normalise/name.ts';
import { normalisePhone } from '../../../server/normalise/phone.ts';
import { placeKey } from '../../../server/normalise/place.ts';
import { plainText } from '../../../server/normalise/text.ts';

/** Texts of what people type and paste: letters, dots, marks, private-use characters, anything. */
const piece = fc.constantFrom(
  ...[
    '王',
    '芳',
    '䶮',
    '\uE863',
    '\uE816',
    '〇',
    '○',
    '・',
    '•',
    '·',
    '．',
    '.',
    '。',
    ' ',
    '\u3000',
    '\u00A0',
    '\n',
    '\t',
  ],
  ...[
    '\u200B',
    '\uFEFF',
    '\u202D',
    '\uFE0F',
    '\u{E0101}',
    'Ａ',
    'é',
    'e\u0301',
    '-',
    '—',
    '‐',
    "'",
    '’',
    '（',
    '[',
    '⼀',
    '𠮷',
  ],
);
const anyText = fc.oneof(
  fc
    .array(fc.oneof(piece, fc.string({ unit: 'grapheme', maxLength: 2 })), { maxLength: 12 })
    .map((all) => all.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

describe('normalisers', () => {
  for (const [what, normalise] of Object.entries({ plainText, normaliseName, nameKey, placeKey, documentNumber })) {
    it(`${what} changes nothing a second time`, () => {
      fc.assert(
        fc.property(anyText, (text) => {
          const once = normalise(text);
          expect(normalise(once)).to.equal(once);
        }),
        { numRuns: 1_000 },
      );
    });
  }

  const names: [string, string][] = [
    ['王 芳', '王芳'],
    [' 王　芳\u200B\n', '王芳'],
    ['\uFEFF张\u00A0三\u202C', '张三'],
    ['阿依古丽•买买提', '阿依古丽·买买提'],
    ['阿依古丽・买买提', '阿依古丽·买买提'],
    ['阿依古丽．买买提', '阿依古丽·买买提'],
    ['阿依古丽 . 买买提', '阿依古丽·买买提'],
    ['阿依古丽‧买买提', '阿依古丽·买买提'],
    ['阿依古丽ㆍ买买提', '阿依古丽·买买提'],
    ['阿依古丽 ･ 买买提', '阿依古丽·买买提'],
    ['李○', '李〇'],
    ['李◯明', '李〇明'],
    ['\uE863三', '䶮三'],
    ['王\uE816', '王𠂇'],
    ['\uE81E文', '龴文'],
    ['⼀平', '一平'],
    ['Ａｎｎａ   Smith', 'Anna Smith'],
    ['J. R. O’Neill', "J. R. O'Neill"],
    ['葛󠄀城', '葛城'],
  ];
  for (const [typed, name] of names) {
    it(`takes the name ${JSON.stringify(typed)} for ${name}`, () => {
      expect(normaliseName(typed)).to.equal(name);
      expect(isName(name)).to.equal(true);
      expect(isSameName(typed, name)).to.equal(true);
    });
  }

  it('knows what cannot be a name', () => {
    for (const text of ['=1+1', '填表人:', '1号', '', '王_芳', '#N/A', '王'.repeat(41)]) {
      expect(isName(normaliseName(text)), text).to.equal(false);
    }
    expect(isSameName('张三', '张四')).to.equal(false);
  });

  const phones: [string, string | undefined][] = [
    ['\u202D13800001001\u202C', '13800001001'],
    ['+86 138 0000 1003', '13800001003'],
    ['0086-13800001004', '13800001004'],
    ['8613800001006', '13800001006'],
    ['(86)13800001010', '13800001010'],
    ['１３８００００１００７', '13800001007'],
    ['138—0000—1014', '13800001014'],
    ["'13800001015", '13800001015'],
    ['1.3800001001E+10', '13800001001'],
    ['13800001001.0', '13800001001'],
    ['手机：13800001001', '13800001001'],
    ['1.38E+10', undefined],
    ['13800001011/13900001011', undefined],
    ['0371-22222222', undefined],
    ['86138000010011', undefined],
    ['1380000100', undefined],
    ['无', undefined],
    ['', undefined],
  ];
  for (const [typed, phone] of phones) {
    it(`takes the phone ${JSON.stringify(typed)} for ${phone ?? 'none'}`, () => {
      expect(normalisePhone(typed)).to.equal(phone);
      if (phone) expect(normalisePhone(phone)).to.equal(phone);
    });
  }

  it('finds a phone however its digits are set apart', () => {
    const mark = fc.constantFrom('', ' ', '-', '\u200B', '\u3000', '—', '.');
    const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(digits, fc.array(mark, { minLength: 11, maxLength: 11 }), (all, marks) => {
        const phone = `1${all.join('')}`;
        const typed = [...phone].map((digit, n) => digit + marks[n]).join('');
        expect(normalisePhone(typed)).to.equal(phone);
        expect(normalisePhone(`+86 ${typed}`)).to.equal(phone);
      }),
    );
  });

  it('compares places without width, spaces, dots and the shape of brackets', () => {
    for (const text of [
      '鼓楼区 晨钟中学（北）',
      '鼓楼区晨钟中学(北)',
      '鼓楼区·晨钟中学[北]',
      '鼓楼区晨钟中学【北】\u200B',
    ]) {
      expect(placeKey(text)).to.equal('鼓楼区晨钟中学(北)');
    }
    expect(placeKey('甲中学')).to.not.equal(placeKey('乙中学'));
  });
});

describe('identity documents', () => {
  const numbered = (first17: string) => first17 + checkDigit(first17);
  const recognised: [string, string, string][] = [
    ['110105 19491231 002x', 'id-number', '11010519491231002X'],
    [numbered('81000019920130002'), 'residence-permit', numbered('81000019920130002')],
    [numbered('83000019920130002'), 'residence-permit', numbered('83000019920130002')],
    [numbered('91112319920130002'), 'permanent-residence', numbered('91112319920130002')],
    ['USA 110074122301', 'permanent-residence', 'USA110074122301'],
    ['Ｈ12345678', 'hong-kong-macau-permit', 'H12345678'],
    ['m1234567801', 'hong-kong-macau-permit', 'M1234567801'],
    ['E12345678', 'passport', 'E12345678'],
    ['ea 1234567', 'passport', 'EA1234567'],
  ];
  for (const [typed, kind, number] of recognised) {
    it(`recognises ${typed} as ${kind}`, () => {
      expect(parseIdDocument(typed)).to.deep.include({ ok: true }).and.nested.include({
        'value.kind': kind,
        'value.number': number,
      });
    });
  }

  it('takes what could be a slip of the pen only where its kind is said', () => {
    expect(parseIdDocument('12345678')).to.deep.equal({ ok: false, reason: 'length' });
    expect(parseIdDocument('12345678', undefined, 'taiwan-permit')).to.nested.include({
      'value.kind': 'taiwan-permit',
    });
    expect(parseIdDocument('XY123456')).to.include({ ok: false });
    expect(parseIdDocument('XY123456', undefined, 'passport')).to.nested.include({ 'value.number': 'XY123456' });
    expect(parseIdDocument('11010519491231002X', undefined, 'passport')).to.deep.equal({
      ok: false,
      reason: 'document',
    });
    expect(parseIdDocument('H12345678', undefined, 'taiwan-permit')).to.deep.equal({ ok: false, reason: 'document' });
  });

  it('says of an identity number what is wrong with it', () => {
    expect(parseIdDocument('110105194912310021')).to.deep.equal({ ok: false, reason: 'check-digit' });
    expect(parseIdDocument('1101051949123100②X')).to.deep.equal({ ok: false, reason: 'characters' });
  });
});
