import { expect } from 'chai';
import { Decimal128, type Document, Double, Long, ObjectId } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';

/** Schema, and values of the field `a` that fulfil it and that do not (draft 4 with MongoDB's bsonType). */
const schemas: [string, Document, unknown[], unknown[]][] = [
  ['bsonType', { bsonType: 'int' }, [1], [1.5, new Double(1), Long.ONE, '1']],
  ['several bsonTypes', { bsonType: ['string', 'null'] }, ['x', null], [1]],
  ['bsonType number', { bsonType: 'number' }, [1, new Double(1), Long.ONE, Decimal128.fromString('1')], ['1']],
  ['type', { type: 'boolean' }, [true], [1]],
  ['types of their own', { bsonType: ['objectId', 'date'] }, [new ObjectId(), new Date()], ['x']],
  ['enum', { enum: ['a', 2, null] }, ['a', Long.fromNumber(2), null], ['b']],
  ['bounds', { minimum: 2, maximum: 4 }, [2, Decimal128.fromString('4.0'), 'x'], [1, Long.fromNumber(5)]],
  ['exclusive bounds', { minimum: 2, exclusiveMinimum: true }, [3], [2]],
  ['multipleOf', { multipleOf: 5 }, [10, 'x'], [12]],
  ['length in characters', { minLength: 2, maxLength: 3 }, ['教师', '𠮷𠮷𠮷', 1], ['教', 'abcd']],
  ['pattern', { pattern: '^1[3-9]\\d{9}$' }, ['13800000000', 5], ['12345']],
  ['items', { items: { bsonType: 'int' }, minItems: 1 }, [[1, 2], 'x'], [[], [1, 'x']]],
  ['a list of items', { items: [{ bsonType: 'int' }], additionalItems: false }, [[1], []], [[1, 2], ['x']]],
  ['uniqueItems', { uniqueItems: true }, [[1, '1']], [[1, Long.ONE]]],
  ['required', { required: ['x'] }, [{ x: null }, 5], [{ y: 1 }]],
  ['properties', { properties: { x: { bsonType: 'int' } } }, [{ x: 1 }, {}], [{ x: 'y' }]],
  ['additionalProperties', { properties: { x: {} }, additionalProperties: false }, [{ x: 1 }], [{ y: 1 }]],
  ['patternProperties', { patternProperties: { '^n': { bsonType: 'int' } } }, [{ n1: 1, x: 'y' }], [{ n1: 'y' }]],
  ['counts of properties', { minProperties: 1, maxProperties: 2 }, [{ x: 1 }], [{}, { x: 1, y: 1, z: 1 }]],
  ['dependencies', { dependencies: { x: ['y'] } }, [{ x: 1, y: 1 }, {}], [{ x: 1 }]],
  ['allOf', { allOf: [{ minimum: 1 }, { maximum: 3 }] }, [2], [4]],
  ['anyOf', { anyOf: [{ bsonType: 'int' }, { bsonType: 'string' }] }, [1, 'x'], [true]],
  ['oneOf', { oneOf: [{ minimum: 1 }, { maximum: 3 }] }, [0, 4], [2]],
  ['not', { not: { bsonType: 'string' } }, [1], ['x']],
];

describe('$jsonSchema and validators in the engine', () => {
  const engine = withEngine('schemas');

  for (const [name, schema, good, bad] of schemas) {
    it(`finds documents by ${name}`, async () => {
      const rows = engine.db.collection<{ _id: number; a: unknown }>('rows');
      await rows.insertMany([...good, ...bad].map((a, _id) => ({ _id, a })));
      const found = await rows.find({ $jsonSchema: { properties: { a: schema } } }).toArray();
      expect(found.map(({ _id }) => _id)).to.deep.equal(good.map((_each, at) => at));
    });
  }

  const validator = {
    $jsonSchema: {
      bsonType: 'object',
      title: 'Student',
      required: ['name', 'year'],
      properties: {
        name: { bsonType: 'string', description: 'must be a string and is required' },
        year: { bsonType: 'int', minimum: 2017, maximum: 3017 },
      },
    },
  };

  it('says which rules a refused document breaks', async () => {
    const rows = await engine.db.createCollection('students', { validator });
    await rows.insertOne({ name: 'A', year: 2020 });
    const refused = await rows.insertOne({ _id: 1 as never, name: 5, year: 2000 }).catch((error) => error);
    expect(refused).to.include({ code: 121 });
    expect(refused.errInfo).to.deep.equal({
      failingDocumentId: 1,
      details: {
        operatorName: '$jsonSchema',
        title: 'Student',
        schemaRulesNotSatisfied: [
          {
            operatorName: 'properties',
            propertiesNotSatisfied: [
              {
                propertyName: 'name',
                description: 'must be a string and is required',
                details: [
                  {
                    operatorName: 'bsonType',
                    specifiedAs: { bsonType: 'string' },
                    reason: 'type did not match',
                    consideredValue: 5,
                    consideredType: 'int',
                  },
                ],
              },
              {
                propertyName: 'year',
                details: [
                  {
                    operatorName: 'minimum',
                    specifiedAs: { minimum: 2017 },
                    reason: 'comparison failed',
                    consideredValue: 2000,
                  },
                ],
              },
            ],
          },
        ],
      },
    });
    const missing = await rows.insertOne({ name: 'B' }).catch((error) => error);
    expect(missing.errInfo.details.schemaRulesNotSatisfied).to.deep.equal([
      { operatorName: 'required', specifiedAs: { required: ['name', 'year'] }, missingProperties: ['year'] },
    ]);
    const update = { update: 'students', updates: [{ q: { name: 'A' }, u: { $unset: { year: 1 } } }] };
    expect((await engine.db.command(update)).writeErrors[0]).to.include({ code: 121 });
    await rows.insertOne({}, { bypassDocumentValidation: true });
  });

  it('follows level and action', async () => {
    const rows = engine.db.collection<{ _id: number; year: number }>('students');
    await rows.insertOne({ _id: 1, name: 5 } as never);
    const set = (options: Document) => engine.db.command({ collMod: 'students', ...options });
    const change = () => rows.updateOne({ _id: 1 }, { $inc: { year: 1 } }).catch((error) => error.code);
    await set({ validator });
    expect(await change()).to.equal(121);
    await set({ validationLevel: 'moderate' });
    expect(await change()).to.have.property('modifiedCount', 1);
    expect(await rows.insertOne({ _id: 2 } as never).catch((error) => error.code)).to.equal(121);
    await set({ validationAction: 'warn' });
    await rows.insertOne({ _id: 3 } as never);
    await set({ validationAction: 'error', validationLevel: 'off' });
    await rows.insertOne({ _id: 4 } as never);
    expect(await engine.code({ collMod: 'students', validationLevel: 'nonsense' })).to.equal(2);
  });

  it('validates by query operators and expressions as well', async () => {
    const rows = await engine.db.createCollection('ranges', {
      validator: { a: { $gte: 0 }, $expr: { $lte: ['$a', '$b'] } },
    });
    await rows.insertOne({ a: 1, b: 2 });
    const refused = await rows.insertOne({ a: 3, b: 2 }).catch((error) => error);
    expect(refused.errInfo.details).to.include({ operatorName: '$expr' });
    expect(await rows.insertOne({ a: -1, b: 2 }).catch((error) => error.code)).to.equal(121);
  });

  it('refuses schemas that MongoDB refuses', async () => {
    const code = ($jsonSchema: unknown) => engine.code({ find: 'rows', filter: { $jsonSchema } });
    expect(await code({ nonsense: 1 })).to.equal(9);
    expect(await code({ format: 'email' })).to.equal(9);
    expect(await code({ bsonType: 'integer' })).to.equal(2);
    expect(await code(5)).to.equal(14);
    expect(await code({ required: [] })).to.equal(9);
  });
});
