import * as fs from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { jsonFormat } from '../../../../src/connectors/formats/json/index.ts';
import type { DataType, Field } from '../../../../src/types/data-type.ts';
import * as types from '../../../../src/types/data-type.ts';
import { printType } from '../../../../src/types/print.ts';
import { context, readFile, temporaryDirectory, writeFile } from './context.ts';

const directory = temporaryDirectory();
afterAll(() => fs.rmSync(directory, { recursive: true }));
let files = 0;
function file(text: string): string {
  const path = `${directory}/${files++}.json`;
  fs.writeFileSync(path, text);
  return path;
}
const field = (name: string, type: DataType): Field => ({ name, type: types.nullable(type) });
const row = types.row([field('x', types.INT), field('y', types.STRING)]);

/** Flink 2.3, filesystem connector with 'json.ignore-parse-errors' = 'true'. */
test('Flink 2.3 reads the same', () => {
  const path =
    file(`{"id": 1, "name": "x", "price": 1.50, "d": "2024-01-02", "t": "10:11:12", "ts": "2024-01-02 10:11:12.123", "b": true, "f": 1.5, "arr": [1,2,null], "m": {"a": 1}, "r": {"x": 1, "y": "z"}}
{"id": "2", "name": 5, "price": "3.456", "b": "true", "f": "1.5", "extra": 1}
{"id": 3.7, "name": {"a":1}, "price": null}

{"ID": 4}
`);
  const fields = [
    field('id', types.INT),
    field('name', types.STRING),
    field('price', types.decimal(8, 2)),
    field('d', types.DATE),
    field('t', types.time(0)),
    field('ts', types.timestamp(3)),
    field('b', types.BOOLEAN),
    field('f', types.DOUBLE),
    field('arr', types.array(types.nullable(types.INT))),
    field('m', types.map(types.STRING, types.nullable(types.INT))),
    field('r', row),
  ];
  const day = Date.UTC(2024, 0, 2) / 86_400_000;
  const none = null;
  expect(readFile(jsonFormat, path, { fields, options: { 'ignore-parse-errors': 'true' } })).toEqual([
    [1, 'x', 150n, day, 36_672_000, 1_704_190_272_123_000_000n, true, 1.5, [1, 2, null], [['a', 1]], [1, 'z']],
    [2, '5', 346n, none, none, none, true, 1.5, none, none, none],
    [3, '{"a":1}', none, none, none, none, none, none, none, none, none],
    [none, none, none, none, none, none, none, none, none, none, none],
  ]);
});

test('numbers beyond doubles are exact', () => {
  const fields = [field('a', types.BIGINT), field('b', types.decimal(38, 10))];
  expect(
    readFile(jsonFormat, file('{"a": 9223372036854775807, "b": 12345678901234567890.0123456789}\n'), { fields }),
  ).toEqual([[9223372036854775807n, 123456789012345678900123456789n]]);
});

test('errors name file, line and field', () => {
  const fields = [field('a', types.INT)];
  const read =
    (text: string, options = {}) =>
    () =>
      readFile(jsonFormat, file(text), { fields, options });
  expect(read('{"a": 1}\n{"a": "x"}\n')).toThrow(/\.json:2: field a: cannot read "x" as INT$/);
  expect(read('{"a": 1}\n{"a": \n')).toThrow(/\.json:2: /);
  expect(read('[1]\n')).toThrow(/\.json:1: the line is no JSON object$/);
  expect(read('{"b": 1}\n', { 'fail-on-missing-field': 'true' })).toThrow(/field a: the field a is missing$/);
  expect(read('{"a": 1}\nx\n[2]\n{"a": "y"}\n', { 'ignore-parse-errors': 'true' })()).toEqual([[1], [null]]);
});

test('timestamps in ISO-8601', () => {
  const fields = [field('a', types.timestamp(3)), field('b', types.timestampLtz(3))];
  const options = { 'timestamp-format.standard': 'ISO-8601' };
  const path = file('{"a":"2024-01-02T10:11:12.5","b":"2024-01-02T10:11Z"}\n');
  const rows = [[1_704_190_272_500_000_000n, 1_704_190_260_000_000_000n]];
  expect(readFile(jsonFormat, path, { fields, options })).toEqual(rows);
  const copy = `${directory}/iso.json`;
  writeFile(jsonFormat, copy, fields, [rows], options);
  expect(fs.readFileSync(copy, 'utf8')).toBe('{"a":"2024-01-02T10:11:12.5","b":"2024-01-02T10:11:00Z"}\n');
});

test('the first lines show the columns', () => {
  const path = file('{"id":1,"tags":["a"],"at":"2024-01-02 10:11:12"}\n{"id":2.5,"in":{"x":1},"no":null}\n');
  const handle = context.fileSystem.open(path, 'read');
  expect(jsonFormat.inferFields!(handle, {}).map(({ name, type }) => `${name} ${printType(type)}`)).toEqual([
    'id DOUBLE',
    'tags ARRAY<STRING>',
    'at TIMESTAMP(3)',
    'in ROW<`x` BIGINT>',
    'no STRING',
  ]);
  handle.close();
});

/** Flink 2.3 wrote these lines. */
test('Flink 2.3 writes the same', () => {
  const fields = [
    field('id', types.INT),
    field('name', types.STRING),
    field('price', types.decimal(8, 2)),
    field('d', types.DATE),
    field('t', types.time(0)),
    field('lz', types.timestampLtz(3)),
    field('b', types.BOOLEAN),
    field('f', types.DOUBLE),
    field('r', types.FLOAT),
    field('byt', types.BYTES),
    field('arr', types.array(types.nullable(types.INT))),
    field('rw', row),
    field('m', types.map(types.STRING, types.nullable(types.INT))),
  ];
  const path = `${directory}/written.json`;
  const day = Date.UTC(2024, 0, 2) / 86_400_000;
  writeFile(jsonFormat, path, fields, [
    [
      [
        1,
        'a,b',
        150n,
        day,
        36_672_000,
        1_700_000_000_123_000_000n,
        true,
        1e10,
        1.5,
        Uint8Array.of(0, 255),
        [1, 2],
        [1, 'q'],
        [['a', 1]],
      ],
      [3, null, null, null, null, null, null, null, null, null, null, null, null],
      [
        4,
        'sp ace',
        10000n,
        day,
        36_672_000,
        1_700_000_000_000_000_000n,
        true,
        1e-10,
        1.5,
        Uint8Array.of(0),
        [1],
        [1, 'q'],
        [['b', 2]],
      ],
    ],
  ]);
  expect(fs.readFileSync(path, 'utf8').split('\n')).toEqual([
    '{"id":1,"name":"a,b","price":1.5,"d":"2024-01-02","t":"10:11:12","lz":"2023-11-14 22:13:20.123Z","b":true,"f":1.0E10,"r":1.5,"byt":"AP8=","arr":[1,2],"rw":{"x":1,"y":"q"},"m":{"a":1}}',
    '{"id":3,"name":null,"price":null,"d":null,"t":null,"lz":null,"b":null,"f":null,"r":null,"byt":null,"arr":null,"rw":null,"m":null}',
    '{"id":4,"name":"sp ace","price":1E+2,"d":"2024-01-02","t":"10:11:12","lz":"2023-11-14 22:13:20Z","b":true,"f":1.0E-10,"r":1.5,"byt":"AA==","arr":[1],"rw":{"x":1,"y":"q"},"m":{"b":2}}',
    '',
  ]);
});

test('escapes, any order of fields, white space, nested values that are skipped, files in blocks', () => {
  const fields = [
    field('id', types.INT),
    field('text', types.STRING),
    field('x', types.DOUBLE),
    field('ok', types.BOOLEAN),
  ];
  const lines = Array.from({ length: 50_000 }, (_, i) =>
    i % 3 === 0
      ? `{"skip":{"a":["}",{"b":"\\"]"}]},"x":${i / 4},"id":${i},"text":"line ${i} \\"quoted\\" \\u00e9","ok":true}`
      : i % 3 === 1
        ? `  { "text" : "line ${i} \\"quoted\\" é" , "id" : "${i}" , "n": null, "ok": false, "x": ${i / 4}e0 }\r`
        : `{"id":${i},"ok":null,"te\\u0078t":"line ${i} \\"quoted\\" é","x":"${i / 4}"}`,
  );
  const path = file(`\ufeff${lines.join('\n')}`);
  const rows = readFile(jsonFormat, path, { fields });
  expect(rows.length).toBe(50_000);
  for (const [i, row] of rows.entries()) {
    expect(row).toEqual([i, `line ${i} "quoted" é`, i / 4, i % 3 === 2 ? null : i % 3 === 0]);
  }
});
