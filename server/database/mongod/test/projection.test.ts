import { Double, Long } from 'bson';
import { expect } from 'chai';
import fc from 'fast-check';
import { scopeFor, settingsFor } from '../aggregation/pipeline.ts';
import { compileProjection } from '../query/projection.ts';
import { type Doc, encode } from '../values/codec.ts';
import { decode, decodeFields } from '../values/decode.ts';

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
  it('reads no others, and shows the same', () => {
    fc.assert(
      fc.property(documents, specs, (document, spec) => {
        const { project, fields } = compileProjection(spec, {})!;
        const raw = encode(document);
        expect(encode(project(decodeFields(raw, fields!))).equals(encode(project(decode(raw))))).to.equal(true);
      }),
    );
  });

  it('is no other', () => {
    const expression = () => () => 1;
    for (const spec of [{ a: 0 }, { a: '$b' }, { a: 1, b: { $ifNull: ['$c', 1] } }])
      expect(compileProjection(spec, { expression })?.fields, JSON.stringify(spec)).to.equal(undefined);
  });
});

/** Projection of find, document and what is shown of it, or the code of the error, by MongoDB's manual and its own tests. */
const projections: [string, Doc, Doc, Doc | number][] = [
  ['the element that the filter matched', { 'a.$': 1 }, { a: [1] }, 238],
  ['a position in the middle', { 'a.$.b': 1 }, {}, 238],
  ['a part of an array', { a: { $slice: 1 } }, {}, 238],
  ['elements that match', { a: { $elemMatch: { b: 1 } } }, {}, 238],
  ['both ways', { a: 1, b: 0 }, {}, 31254],
  ['both ways, the other way round', { a: 0, b: 1 }, {}, 31253],
  ['an expression in an exclusion', { a: 0, b: '$c' }, {}, 31252],
  ['an empty document', { a: {} }, {}, 51270],
  ['a path and its beginning', { a: 1, 'a.b': 1 }, {}, 31249],
  ['an _id that is computed from what is missing', { _id: '$x', a: 1 }, { _id: 1, a: 2 }, { a: 2 }],
  ['a part of an _id that has none', { '_id.x': 1, a: 1 }, { _id: 1, a: 2 }, { a: 2 }],
  ['a part of an _id', { '_id.x': 1 }, { _id: { x: 1, y: 2 }, a: 2 }, { _id: { x: 1 } }],
  ['computed fields after others', { b: 1, a: '$x' }, { a: 1, b: 2, x: 3 }, { b: 2, a: 3 }],
  ['computed fields within arrays', { 'a.c': '$x' }, { a: [{ b: 1 }, 2], x: 3 }, { a: [{ c: 3 }, { c: 3 }] }],
];

describe("find's projection", () => {
  const expression = (value: unknown) => scopeFor(settingsFor(undefined)).compile(value);
  for (const [name, spec, document, expected] of projections) {
    it(`shows, or refuses, ${name}`, () => {
      let shown: unknown;
      try {
        shown = compileProjection(spec, { expression })?.project(document);
      } catch (error) {
        shown = (error as { code: number }).code;
      }
      expect(JSON.stringify(shown)).to.equal(JSON.stringify(expected));
    });
  }
});
