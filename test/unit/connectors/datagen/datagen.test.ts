import { describe, expect, it } from 'vitest';
import { datagenConnector } from '../../../../src/connectors/datagen/datagen.ts';
import {
  array,
  BIGINT,
  BOOLEAN,
  BYTES,
  DATE,
  type DataType,
  DOUBLE,
  decimal,
  FLOAT,
  INT,
  map,
  multiset,
  nullable,
  row,
  SMALLINT,
  STRING,
  TINYINT,
  time,
  timestamp,
  timestampLtz,
  varchar,
} from '../../../../src/types/data-type.ts';
import { schemaOf } from '../../../../src/types/schema.ts';
import {
  checkSourceContract,
  connectorContext,
  drain,
  projectedTypes,
  readAll,
  readerContext,
  spec,
} from '../harness.ts';

function open(
  fields: Readonly<Record<string, DataType>>,
  options: Readonly<Record<string, string>>,
  now?: () => number,
) {
  const schema = schemaOf(Object.entries(fields).map(([name, type]) => ({ name, type })));
  const connectorSpec = spec(datagenConnector, { 'rows-per-second': '1000000', ...options }, schema);
  return { connectorSpec, source: datagenConnector.createSource!(connectorSpec, connectorContext(now)) };
}

async function read(fields: Readonly<Record<string, DataType>>, options: Readonly<Record<string, string>>) {
  const { source, connectorSpec } = open(fields, options);
  const rows = await readAll(source, connectorSpec);
  return rows.map((line) => JSON.parse(line.slice(3)) as unknown[]);
}

describe('datagen', () => {
  it('counts', async () => {
    const options = { 'fields.a.kind': 'sequence', 'fields.a.start': '5', 'fields.a.end': '7' };
    expect(await read({ a: INT }, options)).toEqual([[5], [6], [7]]);
    expect(await read({ a: BIGINT }, options)).toEqual([[5], [6], [7]]);
    expect(await read({ a: decimal(4, 1) }, options)).toEqual([['5.0'], ['6.0'], ['7.0']]);
    expect(await read({ a: STRING }, options)).toEqual([['5'], ['6'], ['7']]);
    expect(open({ a: INT }, options).source.boundedness).toBe('BOUNDED');
  });

  it('ends with the first of its sequences, or after so many rows', async () => {
    const options = { 'fields.a.kind': 'sequence', 'fields.a.start': '1', 'fields.a.end': '9' };
    expect(await read({ a: INT, b: INT }, { ...options, 'number-of-rows': '4' })).toHaveLength(4);
    expect(await read({ a: INT, b: INT }, { ...options, 'number-of-rows': '40' })).toHaveLength(9);
    expect(open({ b: INT }, {}).source.boundedness).toBe('CONTINUOUS_UNBOUNDED');
  });

  it('keeps random numbers within their bounds, and reaches them', async () => {
    const fields = { t: TINYINT, i: INT, l: BIGINT, d: DOUBLE, n: decimal(6, 2) };
    const bounds = Object.keys(fields).flatMap((name) => [
      [`fields.${name}.min`, '-3'],
      [`fields.${name}.max`, '4'],
    ]);
    const rows = await read(fields, { ...Object.fromEntries(bounds), 'number-of-rows': '2000' });
    for (const column of [0, 1, 2]) {
      const values = new Set(rows.map((values) => values[column]));
      expect([...values].map(Number).sort((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3, 4]);
    }
    for (const column of [3, 4]) {
      const values = rows.map((values) => Number(values[column]));
      expect(Math.min(...values)).toBeGreaterThanOrEqual(-3);
      expect(Math.max(...values)).toBeLessThanOrEqual(4);
      expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 0);
    }
  });

  it('takes the whole range of a type where there are no bounds', async () => {
    const rows = await read({ s: SMALLINT, l: BIGINT, b: BOOLEAN, f: FLOAT }, { 'number-of-rows': '500' });
    expect(rows.some(([s]) => (s as number) < -30_000) && rows.some(([s]) => (s as number) > 30_000)).toBe(true);
    expect(rows.some(([, l]) => BigInt(l as string) < -(2n ** 62n))).toBe(true);
    expect(rows.filter(([, , b]) => b === true).length).toBeGreaterThan(200);
    expect(rows.every(([, , , f]) => Math.fround(f as number) === f)).toBe(true);
  });

  it('makes strings of hexadecimal digits', async () => {
    const fields = { a: STRING, b: varchar(20), c: BYTES };
    const rows = await read(fields, {
      'number-of-rows': '200',
      'fields.b.length': '12',
      'fields.b.var-len': 'true',
      'fields.c.length': '4',
    });
    expect(rows.every(([a]) => /^[0-9a-f]{100}$/.test(a as string))).toBe(true);
    const lengths = new Set(rows.map(([, b]) => (b as string).length));
    expect([...lengths].sort((x, y) => x - y)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(rows.every(([, , c]) => (c as string).length === 8)).toBe(true);
    expect(new Set(rows.map(([a]) => a)).size).toBe(200);
  });

  it('makes NULLs at a rate', async () => {
    const rows = await read({ a: nullable(INT) }, { 'number-of-rows': '4000', 'fields.a.null-rate': '0.25' });
    expect(rows.filter(([a]) => a === null).length / 4000).toBeCloseTo(0.25, 1);
    expect(() => open({ a: INT }, { 'fields.a.null-rate': '0.5' })).toThrow(/0 for a NOT NULL column is expected/);
  });

  it('counts timestamps back from now', async () => {
    const fields = { day: DATE, t: time(3), ts: timestamp(3), past: timestampLtz(3) };
    const rows = await read(fields, { 'number-of-rows': '300', 'fields.past.max-past': '1 h' });
    // The clock of these tests stands at 2023-11-14 22:13:20.
    expect(rows.every(([day, t, ts]) => `${day} ${t}` === ts && ts === '2023-11-14 22:13:20.000')).toBe(true);
    const past = rows.map((values) => values[3] as string).sort();
    expect(past[0]! >= '2023-11-14 21:13:20.000Z' && past[0]! < '2023-11-14 21:20').toBe(true);
    expect(past.at(-1)! <= '2023-11-14 22:13:20.000Z').toBe(true);
  });

  it('makes collections and rows', async () => {
    const fields = {
      a: array(INT),
      m: map(STRING, INT),
      s: multiset(INT),
      r: row([
        { name: 'x', type: INT },
        { name: 'y', type: STRING },
      ]),
    };
    const options = {
      'number-of-rows': '3',
      'fields.a.element.min': '1',
      'fields.a.element.max': '2',
      'fields.a.length': '5',
      'fields.m.key.length': '2',
      'fields.r.y.length': '1',
    };
    for (const [a, m, , r] of await read(fields, options)) {
      expect(a).toHaveLength(5);
      expect((a as number[]).every((element) => element === 1 || element === 2)).toBe(true);
      expect((m as [string, number][]).every(([key]) => key.length === 2)).toBe(true);
      expect((r as { y: string }).y).toHaveLength(1);
    }
  });

  it('reads in parts and goes on from a snapshot', async () => {
    const { source, connectorSpec } = open(
      { a: INT, s: STRING },
      { 'number-of-rows': '12000', 'fields.s.length': '4' },
    );
    expect(await checkSourceContract(source, connectorSpec, { batchRows: 3000 })).toHaveLength(12_000);
  });

  it('keeps to its rate', async () => {
    let now = 0;
    const { source, connectorSpec } = open({ a: INT }, { 'rows-per-second': '50', 'number-of-rows': '100' });
    const context = readerContext({ clock: { now: () => now, monotonic: () => now } });
    const reader = source.createReader(context);
    reader.addSplits(source.splits());
    const rows = await drain(reader, context, projectedTypes(connectorSpec), () => {
      now += 10;
    });
    expect(rows).toHaveLength(100);
    expect(now).toBeGreaterThan(1800);
    expect(now).toBeLessThanOrEqual(2000);
  });

  it('refuses options that fit no column', () => {
    expect(() => open({ a: INT }, { 'fields.b.min': '1' })).toThrow(
      "option 'fields.b.min' of connector 'datagen' names no column",
    );
    expect(() => open({ a: INT }, { 'fields.a.kind': 'sequence' })).toThrow(/fields.a.start/);
    expect(() =>
      open({ a: DATE }, { 'fields.a.kind': 'sequence', 'fields.a.start': '1', 'fields.a.end': '2' }),
    ).toThrow(/a sequence of DATE/);
  });
});
