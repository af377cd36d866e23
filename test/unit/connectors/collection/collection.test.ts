import { describe, expect, it } from 'vitest';
import { collectionConnector } from '../../../../src/connectors/collection/collection.ts';
import {
  array,
  BIGINT,
  BOOLEAN,
  DATE,
  type DataType,
  DOUBLE,
  decimal,
  INT,
  map,
  nullable,
  row,
  STRING,
  TINYINT,
  time,
  timestamp,
  timestampLtz,
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

function open(fields: Readonly<Record<string, DataType>>, rows: unknown, overrides = {}) {
  const schema = schemaOf(Object.entries(fields).map(([name, type]) => ({ name, type })));
  const connectorSpec = spec(collectionConnector, {}, schema, overrides);
  const source = collectionConnector.createSource!(connectorSpec, connectorContext());
  return { source, connectorSpec, context: { collections: new Map([['t', rows]]) } };
}

async function read(fields: Readonly<Record<string, DataType>>, rows: unknown, overrides = {}): Promise<string[]> {
  const { source, connectorSpec, context } = open(fields, rows, overrides);
  return readAll(source, connectorSpec, readerContext(context));
}

describe('collection', () => {
  it('takes rows as lists and as objects', async () => {
    const rows = [[1, 'a'], { name: 'b', id: 2 }, { id: 3 }];
    expect(await read({ id: INT, name: nullable(STRING) }, rows)).toEqual(['+I [1,"a"]', '+I [2,"b"]', '+I [3,null]']);
  });

  it('takes values as JavaScript has them', async () => {
    const date = new Date('2024-05-01T10:00:00.250Z');
    const types = {
      b: BOOLEAN,
      big: BIGINT,
      d: DOUBLE,
      price: decimal(10, 2),
      whole: decimal(10, 0),
      day: DATE,
      t: time(3),
      ts: timestamp(3),
      ltz: timestampLtz(3),
      list: array(nullable(INT)),
      m: map(STRING, INT),
      r: row([{ name: 'x', type: INT }]),
    };
    const rows = [
      [true, 5, 1, 12.5, 7n, '2024-05-01', '10:00:00', '2024-05-01 10:00:00.5', date, [1, null], { k: 1 }, { x: 2 }],
      [false, 2n ** 60n, 2n, '0.01', 8, date, date, date, '2024-05-01T10:00:00Z', [], new Map([['k', 2]]), [3]],
    ];
    expect(await read(types, rows)).toEqual([
      '+I [true,5,1,"12.50","7","2024-05-01","10:00:00.000","2024-05-01 10:00:00.500","2024-05-01 10:00:00.250Z",' +
        '[1,null],[["k",1]],{"x":2}]',
      '+I [false,"1152921504606846976",2,"0.01","8","2024-05-01","10:00:00.250","2024-05-01 10:00:00.250",' +
        '"2024-05-01 10:00:00.000Z",[],[["k",2]],{"x":3}]',
    ]);
  });

  it.each([
    [INT, 1.5, '1.5 does not fit INT'],
    [TINYINT, 128, '128 does not fit TINYINT'],
    [INT, null, 'NULL does not fit INT NOT NULL'],
    [decimal(3, 2), 12n, '12n does not fit DECIMAL(3, 2)'],
    [decimal(3, 2), '123.4', "'123.4' does not fit DECIMAL(3, 2)"],
    [timestamp(3), 'yesterday', "'yesterday' does not fit TIMESTAMP(3)"],
    [DATE, new Date(Number.NaN), 'a Date does not fit DATE'],
  ] as const)('refuses a bad %s', async (type, value, message) => {
    const rows = [[0, value]];
    await expect(read({ id: INT, v: type }, rows)).rejects.toThrow(`row 1 of table cat.db.t, column 'v': ${message}`);
  });

  it('names what is wrong with a row', async () => {
    await expect(read({ a: INT }, [[1], [1, 2]])).rejects.toThrow('row 2 of table cat.db.t: the row has 2 values');
    await expect(read({ a: INT }, [{ a: 1, b: 2 }])).rejects.toThrow("there is no column 'b'");
    await expect(read({ a: INT }, [7])).rejects.toThrow('7 is not a row');
    await expect(read({ a: INT }, undefined)).rejects.toThrow("no rows are registered as 't' for table cat.db.t");
  });

  it('reads arrays in parts and goes on from a snapshot', async () => {
    const rows = Array.from({ length: 25 }, (_, i) => [i]);
    const { source, connectorSpec, context } = open({ id: INT }, rows);
    const all = await checkSourceContract(source, connectorSpec, { ...context, batchRows: 10 });
    expect(all).toEqual(rows.map(([i]) => `+I [${i}]`));
  });

  it('reads iterables, of either kind', async () => {
    function* numbers() {
      for (let i = 0; i < 250; i++) yield [i];
    }
    async function* later() {
      for (let i = 0; i < 250; i++) {
        if (i % 100 === 50) await new Promise((resolve) => setTimeout(resolve, 5));
        yield [i];
      }
    }
    const expected = Array.from({ length: 250 }, (_, i) => `+I [${i}]`);
    for (const rows of [{ [Symbol.iterator]: numbers }, { [Symbol.asyncIterator]: later }]) {
      const { source, connectorSpec, context } = open({ id: INT }, rows);
      const reader = source.createReader(readerContext(context));
      reader.addSplits(source.splits());
      const idle = () => undefined;
      expect(await drain(reader, readerContext(context), projectedTypes(connectorSpec), idle)).toHaveLength(250);
      const whole = await readIterable(source, connectorSpec, context);
      expect(whole).toEqual(expected);
    }
  });

  async function readIterable(
    source: ReturnType<typeof open>['source'],
    connectorSpec: ReturnType<typeof open>['connectorSpec'],
    collections: ReturnType<typeof open>['context'],
  ): Promise<string[]> {
    const context = readerContext(collections);
    const rows: string[] = [];
    let splits = source.splits();
    // The reader is given up after its first batch, and another goes on.
    for (let i = 0; i < 2; i++) {
      const reader = source.createReader(context);
      reader.addSplits(splits);
      if (i === 1) rows.push(...(await drain(reader, context, projectedTypes(connectorSpec), () => undefined)));
      else {
        let batch = await reader.poll();
        while (batch === 'nothing-yet') batch = await reader.poll();
        if (typeof batch !== 'string') {
          for (let row = 0; row < batch.rowCount; row++) rows.push(`+I [${row}]`);
          batch.release();
        }
        splits = reader.snapshot();
        await reader.close();
      }
    }
    return rows;
  }

  it('stops when rows are enough', async () => {
    function* forever() {
      for (let i = 0; ; i++) yield [i];
    }
    const rows = await read({ id: INT }, { [Symbol.iterator]: forever }, { limit: 3 });
    expect(rows).toEqual(['+I [0]', '+I [1]', '+I [2]']);
  });
});
