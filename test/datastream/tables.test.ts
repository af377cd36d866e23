/** Tables and streams in one program, and one job graph. */
import { describe, expect, test } from 'vitest';
import {
  DataGeneratorSource,
  type DataStream,
  MIN_WATERMARK,
  Row,
  RowKind,
  StreamExecutionEnvironment,
  StreamTableEnvironment,
  WatermarkStrategy,
} from '../../src/index.ts';
import { planProgram } from '../../src/session/program/plan-program.ts';

function environments(mode: string) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment({ configuration: { 'execution.runtime-mode': mode } });
  return { env, tables: StreamTableEnvironment.create(env) };
}

const ORDERS = [
  { id: 1, city: 'Berlin' },
  { id: 2, city: 'Rome' },
  { id: 3, city: 'Berlin' },
];
const all = <T>(stream: DataStream<T>): Promise<T[]> => stream.executeAndCollect().toArray();
const texts = (rows: DataStream<Row>): Promise<string[]> => all(rows.map(String));

describe.each(['STREAMING', 'BATCH'])('streams and tables in %s', (mode) => {
  test('a stream becomes a table, and a query a stream again', async () => {
    const { env, tables } = environments(mode);
    const loud = env.fromCollection(ORDERS).map(({ id, city }) => [id, city.toUpperCase()] as const);
    tables.createTemporaryView('orders', loud, 'id BIGINT, city STRING');
    const ids = tables.toDataStream(tables.sqlQuery("SELECT id FROM orders WHERE city = 'BERLIN'"));
    expect(
      await ids
        .map((row) => row.getField('id'))
        .executeAndCollect()
        .toArray(),
    ).toEqual([1n, 3n]);
  });

  test('columns of a collection are those of its objects', () => {
    const { env, tables } = environments(mode);
    const { fields } = tables.fromDataStream(env.fromCollection(ORDERS)).getResolvedSchema();
    expect(fields.map(({ name, type }) => [name, type.kind])).toEqual([
      ['id', 'DOUBLE'],
      ['city', 'VARCHAR'],
    ]);
  });

  test('columns of other streams must be said', () => {
    const { env, tables } = environments(mode);
    const mapped = env.fromCollection(ORDERS).map((order) => order);
    expect(() => tables.fromDataStream(mapped)).toThrow(/columns of .* cannot be told/);
  });

  test('a view may be a query over a stream, and statements read it', async () => {
    const { env, tables } = environments(mode);
    const all = tables.fromDataStream(env.fromCollection(ORDERS), 'id INT, city STRING');
    tables.createTemporaryView('everything', all);
    const result = await tables.executeSql('SELECT COUNT(*) AS n FROM everything');
    expect(await result.materialize()).toEqual([{ n: 3 }]);
  });

  test('a value that is no row of the table is named', async () => {
    const { env, tables } = environments(mode);
    tables.createTemporaryView('numbers', env.fromElements<unknown>(1, 'two'), 'n INT');
    const read = tables.toDataStream(tables.from('numbers')).executeAndCollect().toArray();
    await expect(read).rejects.toThrow("numbers, column 'n': 'two' does not fit INT");
  });

  test('what SQL and functions do is one graph', () => {
    const { env, tables } = environments(mode);
    tables.createTemporaryView('orders', env.fromCollection(ORDERS), 'id INT, city STRING');
    tables.toDataStream(tables.sqlQuery('SELECT id + 1 AS id FROM orders')).map(String).print();
    const { graph } = planProgram(env.session, env.program.sinks, 'one');
    expect(graph.vertices.map(({ name }) => name)).toEqual([
      expect.stringMatching(
        /^Source: Collection Source -> DataStreamToTable.* -> Calc.* -> TableToDataStream -> Map -> /,
      ),
    ]);
  });
});

test('a query that updates rows is a changelog stream, in BATCH a final result', async () => {
  const counts = (mode: string): Promise<string[]> => {
    const { env, tables } = environments(mode);
    tables.createTemporaryView('orders', env.fromCollection(ORDERS), 'id INT, city STRING');
    return texts(tables.toChangelogStream(tables.sqlQuery('SELECT city, COUNT(*) FROM orders GROUP BY city')));
  };
  expect(await counts('STREAMING')).toEqual(['+I[Berlin, 1]', '+I[Rome, 1]', '-U[Berlin, 1]', '+U[Berlin, 2]']);
  expect((await counts('BATCH')).sort()).toEqual(['+I[Berlin, 2]', '+I[Rome, 1]']);
});

test('toDataStream refuses updates', async () => {
  const { env, tables } = environments('STREAMING');
  tables.createTemporaryView('orders', env.fromCollection(ORDERS), 'id INT, city STRING');
  const counts = tables.toDataStream(tables.sqlQuery('SELECT COUNT(*) FROM orders'));
  await expect(texts(counts)).rejects.toMatchObject({ code: 'PLAN-CHANGELOG' });
});

test('a stream of changes is folded by a query over it', async () => {
  const { env, tables } = environments('STREAMING');
  const changes = env.fromElements(
    Row.of('a', 1),
    Row.of('b', 2),
    Row.ofKind(RowKind.UPDATE_BEFORE, 'a', 1),
    Row.ofKind(RowKind.UPDATE_AFTER, 'a', 5),
    Row.ofKind(RowKind.DELETE, 'b', 2),
  );
  tables.createTemporaryView('changes', tables.fromChangelogStream(changes, 'k STRING, v INT'));
  const result = await tables.executeSql('SELECT k, SUM(v) AS total FROM changes GROUP BY k');
  expect(await result.materialize()).toEqual([{ k: 'a', total: 5 }]);
});

test('fromDataStream refuses rows that update', async () => {
  const { env, tables } = environments('STREAMING');
  const rows = env.fromElements(Row.ofKind(RowKind.DELETE, 'a', 1));
  const read = texts(tables.toDataStream(tables.fromDataStream(rows, 'k STRING, v INT')));
  await expect(read).rejects.toThrow(/takes only insertions, but got the row -D\[a, 1\]/);
});

test('event time of a table is the timestamp of its records', async () => {
  const { env, tables } = environments('STREAMING');
  const schema = "ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND";
  tables.createTemporaryView('events', env.fromElements({ ts: '1970-01-01 00:00:07' }), schema);
  const timestamps = tables.toDataStream(tables.from('events')).process<number>((_row, context, out) => {
    out.collect(context.timestamp() ?? -1);
  });
  expect(await timestamps.executeAndCollect().toArray()).toEqual([7000]);
});

test('timestamps and watermarks of a stream are those of its table', async () => {
  const { env, tables } = environments('STREAMING');
  env.configure({ 'pipeline.auto-watermark-interval': '0 ms' });
  const strategy = WatermarkStrategy.forBoundedOutOfOrderness<readonly [string, number]>(1000);
  const stamped = env
    .fromElements<readonly [string, number]>(['a', 3000], ['b', 2500], ['c', 9000], ['d', 4000])
    .assignTimestampsAndWatermarks(strategy.withTimestampAssigner(([, time]) => time))
    .map(([name]) => [name]);
  const schema = 'rowtime TIMESTAMP_LTZ(3) METADATA, name STRING, WATERMARK FOR rowtime AS SOURCE_WATERMARK()';
  tables.createTemporaryView('events', stamped, schema);
  const seen = tables.toDataStream(tables.from('events')).process<string>((row, context, out) => {
    out.collect(`${row} ${context.timestamp()} after ${context.timerService().currentWatermark()}`);
  });
  expect(await all(seen)).toEqual([
    `+I[1970-01-01 00:00:03.000Z, a] 3000 after ${MIN_WATERMARK}`,
    '+I[1970-01-01 00:00:02.500Z, b] 2500 after 1999',
    '+I[1970-01-01 00:00:09.000Z, c] 9000 after 1999',
    '+I[1970-01-01 00:00:04.000Z, d] 4000 after 7999',
  ]);
});

test('records without timestamps have no rowtime', async () => {
  const { env, tables } = environments('STREAMING');
  tables.createTemporaryView('events', env.fromElements(['a']), 'rowtime TIMESTAMP_LTZ(3) METADATA, name STRING');
  await expect(texts(tables.toDataStream(tables.from('events')))).rejects.toThrow('a record has no timestamp');
});

test('a query over an unbounded stream is not for BATCH', () => {
  const { env, tables } = environments('BATCH');
  const endless = new DataGeneratorSource((n) => n, Number.POSITIVE_INFINITY);
  const stream = env.fromSource(endless, WatermarkStrategy.noWatermarks(), 'endless');
  tables.createTemporaryView('numbers', stream, 'n BIGINT');
  tables.toDataStream(tables.from('numbers')).print();
  expect(() => env.explain()).toThrow(/unbounded table 'default_catalog\.default_database\.numbers'/);
});
