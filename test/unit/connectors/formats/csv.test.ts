import * as fs from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { EngineError } from '../../../../src/base/errors.ts';
import { csvFormat } from '../../../../src/connectors/formats/csv/index.ts';
import type { DataType, Field } from '../../../../src/types/data-type.ts';
import * as types from '../../../../src/types/data-type.ts';
import { context, memory, readFile, temporaryDirectory, writeFile } from './context.ts';

const directory = temporaryDirectory();
afterAll(() => fs.rmSync(directory, { recursive: true }));
let files = 0;
function file(text: string): string {
  const path = `${directory}/${files++}.csv`;
  fs.writeFileSync(path, text);
  return path;
}
const field = (name: string, type: DataType): Field => ({ name, type: types.nullable(type) });
const TEXTS = [field('a', types.STRING), field('b', types.STRING)];
const NUMBERS = [field('a', types.INT), field('b', types.INT)];

/** Flink 2.3, filesystem connector with 'csv.ignore-parse-errors' = 'true'. */
test('Flink 2.3 reads the same', () => {
  const path = file(
    `1,plain,1.50,2024-01-02,10:11:12,2024-01-02 10:11:12.123,true,1.25e3,7
2,"quo""ted, x",-3,2024-1-2,1:2:3,2024-01-02T10:11:12,TRUE,NaN,1
3,"multi
line",3.456,,,,,,
4, spaced ,12345.678,2024-01-02,10:11:12.5,2024-01-02 10:11:12,false,inf,9
5,"",,,,,,,

6,x
7,a,1,2024-01-02,10:11:12,2024-01-02 10:11:12,1,1,1,extra
`,
  );
  const fields = [
    field('id', types.INT),
    field('name', types.STRING),
    field('price', types.decimal(8, 2)),
    field('d', types.DATE),
    field('t', types.time(0)),
    field('ts', types.timestamp(3)),
    field('b', types.BOOLEAN),
    field('f', types.DOUBLE),
    field('s', types.SMALLINT),
  ];
  const day = Date.UTC(2024, 0, 2) / 86_400_000;
  const clock = ((10 * 60 + 11) * 60 + 12) * 1000;
  const timestamp = BigInt(day * 86_400_000 + clock) * 1_000_000n;
  const none = null;
  expect(readFile(csvFormat, path, { fields, options: { 'ignore-parse-errors': 'true' } })).toEqual([
    [1, 'plain', 150n, day, clock, timestamp + 123_000_000n, true, 1250, 7],
    [2, 'quo"ted, x', -300n, day, none, none, true, Number.NaN, 1],
    [3, 'multi\nline', 346n, none, none, none, false, none, none],
    [4, ' spaced ', 1234568n, day, clock, timestamp, false, none, 9],
    [5, '', none, none, none, none, false, none, none],
    [none, none, none, none, none, none, none, none, none],
    [6, 'x', none, none, none, none, none, none, none],
  ]);
});

test('quotes, escapes, line ends and a missing last line end', () => {
  expect(readFile(csvFormat, file('a,"b, c"\r\n"x""y","line\nbreak"\r\nlast,one'), { fields: TEXTS })).toEqual([
    ['a', 'b, c'],
    ['x"y', 'line\nbreak'],
    ['last', 'one'],
  ]);
  const options = { 'quote-character': "'", 'escape-character': '\\', 'field-delimiter': ';' };
  expect(readFile(csvFormat, file("'it\\'s';a\\;b\n'x';\n"), { fields: TEXTS, options })).toEqual([
    ["it's", 'a;b'],
    ['x', ''],
  ]);
  const plain = { 'disable-quote-character': 'true', 'field-delimiter': '\\t' };
  expect(readFile(csvFormat, file('"a\tb"\n'), { fields: TEXTS, options: plain })).toEqual([['"a', 'b"']]);
});

test('comments, null literal and header', () => {
  const text = '# one\n# two\na,n/a\n# three\nn/a,b\n#end';
  const options = { 'allow-comments': 'true', 'null-literal': 'n/a' };
  expect(readFile(csvFormat, file(text), { fields: TEXTS, options })).toEqual([
    ['a', null],
    [null, 'b'],
  ]);
  expect(readFile(csvFormat, file('a,b\n1,2\n'), { fields: NUMBERS, options: { header: 'true' } })).toEqual([[1, 2]]);
});

test('numbers as Flink takes them: spaces, signs, limits', () => {
  const fields = [field('a', types.TINYINT), field('b', types.BIGINT), field('c', types.decimal(20, 3))];
  const text = '-128,9223372036854775807,99999999999999999.999\n +7 ,-9223372036854775808,-1\n,,\n';
  expect(readFile(csvFormat, file(text), { fields })).toEqual([
    [-128, 9223372036854775807n, 99999999999999999999n],
    [7, -9223372036854775808n, -1000n],
    [null, null, null],
  ]);
});

test('errors name file, line and column', () => {
  const failure = (text: string, fields = NUMBERS): EngineError => {
    try {
      readFile(csvFormat, file(text), { fields });
    } catch (error) {
      if (error instanceof EngineError) return error;
      throw error;
    }
    throw new Error('no error');
  };
  expect(failure('1,2\n3,x4\n').message).toMatch(/\.csv:2:3: cannot read 'x4' as INT$/);
  expect(failure('1,2\n128,2147483648\n').message).toMatch(/:2:5: cannot read '2147483648' as INT$/);
  expect(failure('1,2\n3\n').message).toMatch(/:2:1: the row has 1 field, but the table 2 columns$/);
  expect(failure('"a\nb",c\n1,"x', TEXTS).message).toMatch(/:3:1: a quoted field does not end$/);
  expect(failure('"a"b,c\n', TEXTS).message).toMatch(/:1:1: a quoted field goes on behind its quote$/);
});

test('large files in blocks, projected, resumed', () => {
  const lines = Array.from(
    { length: 60_000 },
    (_, i) => `${i},"text ${i}\nwith ""more""",${i % 7 === 0 ? '' : i / 4},filler filler`,
  );
  const path = file(`${lines.join('\n')}\n`);
  const fields = [field('id', types.INT), field('t', types.STRING), field('x', types.DOUBLE), field('f', types.STRING)];
  const before = memory.statistics.used;
  const rows = readFile(csvFormat, path, {
    fields,
    columns: ['x', 't', 'id'],
    context: { ...context, batchRows: 4096 },
  });
  expect(rows.length).toBe(60_000);
  expect(
    rows.every(([x, t, id], i) => id === i && t === `text ${i}\nwith "more"` && x === (i % 7 === 0 ? null : i / 4)),
  ).toBe(true);
  expect(memory.statistics.used).toBe(before);
  const request = { fields, projection: [0], filters: [], options: {} };
  const reader = csvFormat.createReader!(request, context);
  reader.open({ path, part: 0, rowsDone: 0 });
  for (let i = 0; i < 5; i++) reader.next()!.release();
  const position = reader.position();
  reader.close();
  expect(position.rowsDone).toBe(5000);
  expect(position.line).toBe(10_001);
  const again = csvFormat.createReader!(request, context);
  again.open(position);
  const batch = again.next()!;
  expect(memory.i32[batch.columns[0]!.values >>> 2]).toBe(5000);
  batch.release();
  again.close();
});

test('the beginning of a file shows delimiter, header and types', () => {
  const path = file('id;name;price;day;at;ok\n1;"a;b";1.5;2024-01-02;2024-01-02 10:11:12;true\n2;;3;;;false\n');
  const handle = context.fileSystem.open(path, 'read');
  expect(csvFormat.inferFields!(handle, {}).map(({ name, type }) => `${name} ${type.kind}`)).toEqual([
    'id BIGINT',
    'name VARCHAR',
    'price DOUBLE',
    'day DATE',
    'at TIMESTAMP',
    'ok BOOLEAN',
  ]);
  const options = csvFormat.inferOptions!(handle, {});
  expect(options).toEqual({ 'field-delimiter': ';', header: 'true', 'null-literal': '' });
  expect(readFile(csvFormat, path, { options, columns: ['id', 'name', 'price'] })).toEqual([
    [1n, 'a;b', 1.5],
    [2n, null, 3],
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
    field('ts', types.timestamp(3)),
    field('lz', types.timestampLtz(3)),
    field('b', types.BOOLEAN),
    field('f', types.DOUBLE),
    field('r', types.FLOAT),
    field('byt', types.BYTES),
    field('arr', types.array(types.nullable(types.INT))),
    field('rw', types.row([field('x', types.INT), field('y', types.STRING)])),
  ];
  const day = Date.UTC(2024, 0, 2) / 86_400_000;
  const millis = (text: string): bigint => BigInt(Date.parse(text)) * 1_000_000n;
  const path = `${directory}/written.csv`;
  writeFile(csvFormat, path, fields, [
    [
      [
        1,
        'a,b',
        150n,
        day,
        36_672_000,
        millis('2024-01-02T10:11:12.120Z'),
        millis('2023-11-14T22:13:20.123Z'),
        true,
        1e10,
        1.5,
        Uint8Array.of(0, 255),
        [1, 2],
        [1, 'q'],
      ],
      [
        2,
        'he said "x"',
        0n,
        day,
        0,
        millis('2024-01-02T10:11:00Z'),
        millis('2023-11-14T22:13:20Z'),
        false,
        1e-10,
        3,
        new Uint8Array(0),
        [1],
        [1, 'q r'],
      ],
      [3, null, null, null, null, null, null, null, null, null, null, null, null],
      [
        4,
        'sp ace',
        10000n,
        day,
        36_672_000,
        millis('2024-01-02T10:11:12.120Z'),
        millis('2023-11-14T22:13:20.123Z'),
        true,
        100,
        1.5,
        Uint8Array.of(0),
        [1],
        [1, 'q'],
      ],
    ],
  ]);
  expect(fs.readFileSync(path, 'utf8').split('\n')).toEqual([
    '1,"a,b",1.5,2024-01-02,10:11:12,"2024-01-02 10:11:12.12","2023-11-14 22:13:20.123Z",true,1.0E10,1.5,AP8=,1;2,1;q',
    '2,"he said ""x""",0,2024-01-02,00:00:00,"2024-01-02 10:11:00","2023-11-14 22:13:20Z",false,1.0E-10,3.0,,1,"1;q r"',
    '3,,,,,,,,,,,,',
    '4,"sp ace",1E+2,2024-01-02,10:11:12,"2024-01-02 10:11:12.12","2023-11-14 22:13:20.123Z",true,100.0,1.5,AA==,1,1;q',
    '',
  ]);
});
