import { Double, Long } from 'bson';
import { expect } from 'chai';
import fc from 'fast-check';
import { compilePick, compileProjection } from '../query/projection.ts';
import { type Doc, encode } from '../values/codec.ts';
import { decode } from '../values/decode.ts';

const name = fc.constantFrom('a', 'b', 'ab', '学', 'total');
const scalar = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.constantFrom('', '课时', null, true, new Date(0), new Double(2), Long.fromString('9007199254740993')),
);
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(name, scalar, { maxKeys: 3 }));
const documents = fc.dictionary(name, value, { maxKeys: 5 }).map((rest) => ({ _id: 1, ...rest }));
const specs = fc
  .tuple(
    fc.dictionary(name, fc.constantFrom(1, true, 2), { minKeys: 1, maxKeys: 4 }),
    fc.constantFrom({}, { _id: 1 }, { _id: 0 }, { _id: false }),
  )
  .map(([fields, id]) => ({ ...fields, ...id }) as Doc);

describe('a projection that names whole fields', () => {
  it('is the same on encoded documents', () => {
    fc.assert(
      fc.property(documents, specs, (document, spec) => {
        const general = compileProjection(spec, {}, {} as never)!;
        const raw = encode(document);
        expect(decode(compilePick(spec)!(raw))).to.deep.equal(decode(encode(general(decode(raw)))));
      }),
    );
  });

  it('keeps the bytes and the order of the fields', () => {
    const picked = compilePick({ b: 1, a: 1, _id: 0 })!;
    const raw = encode({ _id: 1, a: new Double(1), x: { b: 1 }, b: [Long.ONE] });
    expect(picked(raw).equals(encode({ a: new Double(1), b: [Long.ONE] }))).to.equal(true);
    expect(picked(encode({ _id: 1 })).equals(encode({}))).to.equal(true);
  });

  it('is no other', () => {
    const others = [
      undefined,
      {},
      { _id: 1 },
      { a: 0 },
      { 'a.b': 1 },
      { a: { b: 1 } },
      { a: '$b' },
      { a: { $slice: 1 } },
    ];
    for (const spec of others) expect(compilePick(spec), JSON.stringify(spec)).to.equal(undefined);
    expect(compilePick({ a: 1, b: Number.NaN })).to.equal(undefined);
  });
});
