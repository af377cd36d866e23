import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../../src/base/errors.ts';
import { ARRIVAL_SCHEDULE, ArrivalSchedule } from '../../../../src/connectors/values/arrival.ts';
import { valuesConnector } from '../../../../src/connectors/values/values.ts';
import type { SourceReader } from '../../../../src/dataflow/connector.ts';
import { BIGINT, decimal, INT, nullable, row, STRING, timestamp } from '../../../../src/types/data-type.ts';
import { RowKind } from '../../../../src/types/row-kind.ts';
import type { Schema } from '../../../../src/types/schema.ts';
import { checkSourceContract, connectorContext, readAll, readerContext, rowsOf, spec } from '../harness.ts';

const SCHEMA: Schema = {
  fields: [
    { name: 'id', type: INT },
    { name: 'name', type: nullable(STRING) },
    { name: 'price', type: nullable(decimal(10, 2)) },
    { name: 'ts', type: nullable(timestamp(3)) },
    { name: 'r', type: nullable(row([{ name: 'x', type: nullable(BIGINT) }])) },
  ],
  primaryKey: [0],
  rowtime: null,
};

const ROWS = JSON.stringify([
  ['+I', { id: 1, name: 'a', price: '12.50', ts: '2024-05-01 10:00:00.123', r: { x: 7 } }],
  ['-U', { id: 1, name: 'a', price: '12.50', ts: null, r: null }],
  ['+U', { id: 1, name: 'ä€', price: '-0.05', ts: '1969-12-31 23:59:59.999', r: { x: null } }],
  ['-D', { id: 1 }],
]);

function open(options: Readonly<Record<string, string>>, overrides = {}) {
  const connectorSpec = spec(valuesConnector, options, SCHEMA, overrides);
  return { connectorSpec, source: valuesConnector.createSource!(connectorSpec, connectorContext()) };
}

describe('values as a source', () => {
  it('hands over rows of any kind', async () => {
    const { source, connectorSpec } = open({ rows: ROWS, 'changelog-mode': 'I,UB,UA,D' });
    expect([...source.changelogMode].sort()).toEqual([0, 1, 2, 3]);
    expect(source.boundedness).toBe('BOUNDED');
    const rows = await checkSourceContract(source, connectorSpec, { batchRows: 2 });
    expect(rows).toEqual([
      '+I [1,"a","12.50","2024-05-01 10:00:00.123",{"x":7}]',
      '-U [1,"a","12.50",null,null]',
      '+U [1,"ä€","-0.05","1969-12-31 23:59:59.999",{"x":null}]',
      '-D [1,null,null,null,null]',
    ]);
  });

  it('reads the columns that are asked for', async () => {
    const { source, connectorSpec } = open(
      { rows: ROWS, 'changelog-mode': 'I,UB,UA,D', bounded: 'false' },
      { projection: [2, 0] },
    );
    expect(source.boundedness).toBe('CONTINUOUS_UNBOUNDED');
    expect((await readAll(source, connectorSpec))[0]).toBe('+I ["12.50",1]');
  });

  it('has no rows without the option', async () => {
    const { source, connectorSpec } = open({});
    expect(await checkSourceContract(source, connectorSpec)).toEqual([]);
  });

  it('takes deletes that carry the key alone, also of NOT NULL columns', async () => {
    const schema: Schema = {
      fields: [
        { name: 'id', type: INT },
        { name: 'v', type: INT },
      ],
      primaryKey: [0],
      rowtime: null,
    };
    const options = { rows: '[["-D", {"id": 3}]]', 'changelog-mode': 'I,UA,D', 'key-only-deletes': 'true' };
    const connectorSpec = spec(valuesConnector, options, schema);
    const source = valuesConnector.createSource!(connectorSpec, connectorContext());
    expect(await readAll(source, connectorSpec)).toEqual(['-D [3,null]']);
  });

  it.each([
    ['[["+X", {"id": 1}]]', /row 1 of table cat.db.t: "\+X" is not a row kind/],
    ['[["-D", {"id": 1}]]', /its kind -D is not in the changelog mode/],
    ['[["+I", {"id": 1}], ["+I", {"name": "a"}]]', /row 2 of table cat.db.t: column 'id' is NOT NULL/],
    ['[["+I", {"id": 1, "nam": "a"}]]', /there is no column 'nam'/],
    ['[["+I", {"id": "x"}]]', /column 'id': cannot read "x" as INT/],
    ['[["+I"', /is not JSON/],
  ])('refuses %s', (rows, message) => {
    expect(() => open({ rows })).toThrow(EngineError);
    expect(() => open({ rows })).toThrow(message);
  });
});

describe('values as a sink', () => {
  it('declares its mode and delivers what comes', async () => {
    const connectorSpec = spec(valuesConnector, { 'changelog-mode': 'I,UA,D' }, SCHEMA);
    const sink = valuesConnector.createSink!(connectorSpec, connectorContext());
    expect([...sink.accepts(new Set([RowKind.INSERT]))]).toEqual([
      RowKind.INSERT,
      RowKind.UPDATE_AFTER,
      RowKind.DELETE,
    ]);
    const context = readerContext();
    const writer = sink.createWriter(context);
    const { source } = open({ rows: ROWS, 'changelog-mode': 'I,UB,UA,D' });
    const reader = source.createReader(context);
    reader.addSplits(source.splits());
    const batch = reader.poll();
    if (typeof batch === 'string' || batch instanceof Promise) throw new Error('no batch');
    await writer.write(batch);
    batch.release();
    expect(context.delivered.map(({ channel }) => channel)).toEqual(['cat.db.t']);
    expect(context.delivered[0]!.rows).toHaveLength(4);
  });
});

describe('the arrival schedule', () => {
  const rows = (...ids: number[]) => JSON.stringify(ids.map((id) => ['+I', { id }]));

  /** Polls all readers in turn until nobody has anything, then advances, as the runtime does. */
  async function run(
    readers: readonly (readonly [string, SourceReader])[],
    schedule: ArrivalSchedule,
    context: ReturnType<typeof readerContext>,
  ) {
    const seen: string[] = [];
    const ended = new Set<number>();
    while (ended.size < readers.length) {
      let idle = true;
      for (const [i, [name, reader]] of readers.entries()) {
        if (ended.has(i)) continue;
        const batch = await reader.poll();
        if (batch === 'nothing-yet') continue;
        idle = false;
        if (batch === 'end-of-input') {
          ended.add(i);
          seen.push(`${name} ends`);
        } else {
          expect(batch.rowCount).toBe(1);
          seen.push(`${name} ${rowsOf(context.memory, batch, [INT])[0]}`);
          batch.release();
        }
      }
      if (idle) schedule.advance();
    }
    return seen;
  }

  function reader(table: string, ids: readonly number[], context: ReturnType<typeof readerContext>): SourceReader {
    const connectorSpec = spec(valuesConnector, { rows: rows(...ids) }, SCHEMA, {
      table: `c.d.${table}`,
      projection: [0],
    });
    const source = valuesConnector.createSource!(connectorSpec, connectorContext());
    const made = source.createReader(context);
    made.addSplits(source.splits());
    return made;
  }

  it('lets the rows of several tables come in one order, and the tables end in theirs', async () => {
    const schedule = new ArrivalSchedule(['b', 'a', 'a', 'b'], ['a', 'b']);
    const context = readerContext({ collections: new Map([[ARRIVAL_SCHEDULE, schedule]]) });
    const readers = [
      ['a', reader('a', [1, 2], context)],
      ['b', reader('b', [3, 4], context)],
    ] as const;
    expect(await run(readers, schedule, context)).toEqual([
      'b +I [3]',
      'a +I [1]',
      'a +I [2]',
      'b +I [4]',
      'a ends',
      'b ends',
    ]);
    schedule.advance();
    expect(schedule.finished).toBe(true);
  });

  it('gives a table that is scanned twice each row twice, the first scan first', async () => {
    const schedule = new ArrivalSchedule(['a', 'a']);
    const context = readerContext({ collections: new Map([[ARRIVAL_SCHEDULE, schedule]]) });
    const readers = [
      ['first', reader('a', [1, 2], context)],
      ['second', reader('a', [1, 2], context)],
    ] as const;
    expect(await run(readers, schedule, context)).toEqual([
      'first +I [1]',
      'second +I [1]',
      'first +I [2]',
      'second +I [2]',
      'first ends',
      'second ends',
    ]);
  });

  it('passes over tables that nobody streams, and counts their rows for lookups', () => {
    const schedule = new ArrivalSchedule(['dim', 'a', 'dim'], ['dim', 'a']);
    const turn = schedule.join('c.d.a');
    expect(turn.now()).toBe('row');
    expect(schedule.passed('c.d.dim')).toBe(1);
    turn.take();
    expect(turn.now()).toBe('wait');
    expect(schedule.passed('a')).toBe(1);
    schedule.advance();
    expect(turn.now()).toBe('end');
    expect(schedule.passed('dim')).toBe(2);
    turn.take();
    schedule.advance();
    expect(schedule.finished).toBe(true);
  });

  it('stays where it is until the turn has been used', () => {
    const schedule = new ArrivalSchedule(['a']);
    const turn = schedule.join('a');
    schedule.advance();
    schedule.advance();
    expect(turn.now()).toBe('row');
  });
});
