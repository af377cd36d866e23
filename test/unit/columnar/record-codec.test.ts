import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { RecordCodec, recordFields } from '../../../src/columnar/records/record-codec.ts';
import { fromColumns, toColumns } from '../../../src/columnar/records/record-columns.ts';
import { inferShape } from '../../../src/columnar/records/record-shape.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { decodePlain, encodePlain } from '../../../src/state/plain-data.ts';

const NONE = Number.MIN_SAFE_INTEGER;
const memory = new LinearMemory();
const coding = { plain: { encode: encodePlain, decode: decodePlain }, noTimestamp: NONE };
const before = memory.statistics.used;
afterEach(() => expect(memory.statistics.used).toBe(before));

/** Through a batch whose columns the first records have told. */
function roundTrip(values: readonly unknown[], timestamps: readonly number[] | null, like = values) {
  const codec = new RecordCodec(memory, inferShape(like), coding);
  const batch = codec.encode({ values, timestamps });
  const records = fromColumns(new RecordCodec(memory, codec.fields, coding).decode(batch));
  batch.release();
  return records;
}

const fieldsOf = (values: readonly unknown[]) =>
  recordFields(inferShape(values)).map(({ name, type }) => `${name} ${type.kind}`);

test('columns are named and typed after the first records', () => {
  expect(
    fieldsOf([
      { id: 1, name: null, at: new Date(0) },
      { id: 2, name: 'x', at: new Date(0) },
    ]),
  ).toEqual(['id DOUBLE', 'name VARCHAR', 'at TIMESTAMP_LTZ', '$timestamp BIGINT', '$object VARBINARY']);
  expect(fieldsOf([['a', true, 1n, [1]]])).toEqual([
    'f0 VARCHAR',
    'f1 BOOLEAN',
    'f2 BIGINT',
    'f3 VARBINARY',
    '$timestamp BIGINT',
    '$array VARBINARY',
  ]);
  expect(fieldsOf([7])).toEqual(['value DOUBLE', '$timestamp BIGINT', '$value VARBINARY']);
  expect(fieldsOf([new Map()])).toEqual(['$timestamp BIGINT', '$value VARBINARY']);
});

describe('what goes in comes out', () => {
  const cases: Readonly<Record<string, readonly unknown[]>> = {
    numbers: [1, -0, Number.NaN, Number.POSITIVE_INFINITY, 0.1],
    'numbers and others': [1, 'x', null, undefined, { a: 1 }],
    strings: ['', 'a', 'bc', 'a'.repeat(1000)],
    'strings that are not ASCII': ['é', '', '😀', 'a', '\ud800'],
    booleans: [true, false],
    bigints: [1n, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 63n],
    dates: [new Date(-1), new Date(8.64e15), new Date(Number.NaN)],
    objects: [
      { a: 1, b: 'x' },
      { a: null, b: null },
      { b: 'x', a: 1 },
      { a: 1 },
      { a: 1, b: 'x', c: 2 },
      { a: 'no', b: 'y' },
    ],
    nested: [
      { a: { b: [1, 2] }, c: new Set([1]) },
      { a: null, c: undefined },
    ],
    arrays: [['a', 1], ['b', null], ['c'], ['d', 2, 3], [1, 'x']],
    'no prototype': [Object.assign(Object.create(null) as object, { a: 1 })],
    empty: [{}, [], {}],
    'objects of any size': Array.from({ length: 9 }, (_, i) => i).map((count) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, i])),
    ),
    'six properties': [{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }],
    'seven properties': [{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 }],
    'a property named __proto__': [JSON.parse('{"__proto__": 1, "a": 2}')],
  };
  for (const [name, values] of Object.entries(cases)) {
    test(name, () => expect(roundTrip(values, null)).toEqual({ values, timestamps: null }));
  }

  test('whole numbers are read as such while they have 32 bits', () => {
    const typeOf = (...values: number[]) => {
      const codec = new RecordCodec(memory, inferShape(values), coding);
      const batch = codec.encode({ values, timestamps: null });
      const [column] = codec.decode(batch).columns;
      batch.release();
      return (column as { readonly values: object }).values.constructor.name;
    };
    expect(typeOf(0, -5, 2 ** 31 - 1, -(2 ** 31))).toBe('Int32Array');
    for (const other of [2 ** 31, 0.5, -0, Number.NaN]) expect(typeOf(1, other)).toBe('Float64Array');
  });

  test('properties keep their order', () => {
    const { values } = roundTrip(
      [
        { b: 1, a: 2 },
        { a: 2, b: 1 },
      ],
      null,
    );
    expect(values.map((value) => Object.keys(value as object))).toEqual([
      ['b', 'a'],
      ['a', 'b'],
    ]);
  });

  test('timestamps', () => {
    const timestamps = [0, -1, NONE, 1_700_000_000_000, -(2 ** 40), Number.MAX_SAFE_INTEGER];
    expect(roundTrip(timestamps, timestamps).timestamps).toEqual(timestamps);
    expect(roundTrip([1, 2], [NONE, NONE]).timestamps).toBe(null);
  });

  test('any records, whatever the first ones were', () => {
    const scalar = fc.oneof(
      fc.string(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    );
    const record = fc.oneof(
      scalar,
      fc.tuple(scalar, scalar),
      fc.record({ a: scalar, b: fc.oneof(scalar, fc.array(scalar)) }),
      fc.record({ a: scalar }),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(fc.array(record, { minLength: 1 }), fc.array(record, { minLength: 1 }), (first, values) => {
        expect(roundTrip(values, null, first).values).toEqual(values);
        const columns = decodePlain(encodePlain(toColumns({ values, timestamps: null }, inferShape(values))));
        expect(fromColumns(columns as never).values).toEqual(values);
      }),
    );
  });
});
