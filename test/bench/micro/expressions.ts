/**
 * Nanoseconds per row of expressions as a Calc projects them, beside DuckDB on one thread (which also takes the least
 * of the results): `npx tsx test/bench/micro/expressions.ts [part of an expression]`.
 */
import { DuckDBDecimalValue, DuckDBInstance, DuckDBTimestampValue } from '@duckdb/node-api';
import { systemClock } from '../../../src/base/clock.ts';
import { Configuration } from '../../../src/base/config.ts';
import { nodeFileSystem } from '../../../src/base/fs.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { BatchBuilder } from '../../../src/columnar/builder.ts';
import type { OperatorContext } from '../../../src/dataflow/operator.ts';
import { type Expr, inputRef, literal } from '../../../src/expr/expr.ts';
import { resolveCast, symbol } from '../../../src/expr/operators.ts';
import { resolveCall } from '../../../src/expr/resolve.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { MemoryBudget } from '../../../src/memory/budget.ts';
import { SpillDirectory } from '../../../src/memory/spill-file.ts';
import { operatorSpec } from '../../../src/operators/define.ts';
import { operatorFactory } from '../../../src/operators/index.ts';
import * as types from '../../../src/types/data-type.ts';
import { schemaOf } from '../../../src/types/schema.ts';
import type { Value } from '../../../src/types/value.ts';

const ROWS = 65_536;
const ROUNDS = 40;

const COLUMNS = [
  ['s', types.nullable(types.STRING), 'VARCHAR'],
  ['n', types.nullable(types.STRING), 'VARCHAR'],
  ['i', types.nullable(types.INT), 'INTEGER'],
  ['b', types.nullable(types.BIGINT), 'BIGINT'],
  ['d', types.nullable(types.decimal(15, 2)), 'DECIMAL(15,2)'],
  ['x', types.nullable(types.DOUBLE), 'DOUBLE'],
  ['t', types.nullable(types.timestamp(3)), 'TIMESTAMP'],
  ['u', types.nullable(types.STRING), 'VARCHAR'],
] as const;

const random = seededRandom(7);
const word = (): string => Array.from({ length: 3 + random.below(6) }, () => 'abcdefghij'[random.below(10)]).join('');

function row(): Value[] {
  return [
    `${word()}/${word()}/${word()}`,
    String(random.below(1_000_000)),
    random.below(100_000) - 50_000,
    BigInt(random.below(1_000_000_000)),
    BigInt(random.below(100_000_000)),
    (random.next() - 0.5) * 1000,
    1_600_000_000_000_000_000n + BigInt(random.below(100_000_000)) * 1_000_000_000n,
    `${word()} 한국어 ${word()}`,
  ];
}

const rows = Array.from({ length: ROWS }, row);

function column(name: string): Expr {
  const at = COLUMNS.findIndex(([each]) => each === name);
  return inputRef(at, COLUMNS[at]![1]);
}

const text = (value: string): Expr => literal(value, types.char(value.length));
const int = (value: number): Expr => literal(value, types.INT);
const call = (name: string, ...args: Expr[]): Expr => resolveCall(name, args);
const cast = (expr: Expr, type: types.DataType): Expr => resolveCast(expr, type, false);
const [s, n, i, b, d, x, t, u] = COLUMNS.map(([name]) => column(name)) as [
  Expr,
  Expr,
  Expr,
  Expr,
  Expr,
  Expr,
  Expr,
  Expr,
];
const long = Array.from({ length: 40 }, (_, k) => k * 37);

/** Title, expression, the same for DuckDB (null: it has none). */
const CASES: readonly (readonly [string, Expr, string | null])[] = [
  ['i + i', call('+', i, i), 'i + i'],
  ['d * d', call('*', d, d), 'd * d'],
  ['d / d', call('/', d, call('+', d, literal(1n, types.decimal(15, 2)))), null],
  ['b % 7', call('%', b, int(7)), 'b % 7'],
  ['ROUND(x, 2)', call('ROUND', x, int(2)), 'round(x, 2)'],
  ['LN(x)', call('LN', x), 'ln(abs(x) + 1)'],
  ['i IN (40 literals)', call('IN', i, ...long.map(int)), `i IN (${long.join()})`],
  ['SUBSTRING(s, 2, 5)', call('SUBSTRING', s, int(2), int(5)), 'substring(s, 2, 5)'],
  ['SUBSTRING(u, 2, 9)', call('SUBSTRING', u, int(2), int(9)), 'substring(u, 2, 9)'],
  ['UPPER(s)', call('UPPER', s), 'upper(s)'],
  ['UPPER(u)', call('UPPER', u), 'upper(u)'],
  ['s || n', call('||', s, n), 's || n'],
  ['CHAR_LENGTH(u)', call('CHAR_LENGTH', u), 'length(u)'],
  ['TRIM(s)', call('TRIM', symbol('BOTH'), text(' '), s), 'trim(s)'],
  ["POSITION('/' IN s)", call('POSITION', text('/'), s), "strpos(s, '/')"],
  ["REPLACE(s, '/', '--')", call('REPLACE', s, text('/'), text('--')), "replace(s, '/', '--')"],
  ["SPLIT_INDEX(s, '/', 1)", call('SPLIT_INDEX', s, text('/'), int(1)), "split_part(s, '/', 2)"],
  ["s LIKE '%a_c%'", call('LIKE', s, text('%a_c%')), "s LIKE '%a_c%'"],
  ["s LIKE '%ab%'", call('LIKE', s, text('%ab%')), "s LIKE '%ab%'"],
  ["LPAD(n, 10, '0')", call('LPAD', n, int(10), text('0')), "lpad(n, 10, '0')"],
  ['CAST(n AS INT)', cast(n, types.INT), 'n::INTEGER'],
  ['CAST(n AS DOUBLE)', cast(n, types.DOUBLE), 'n::DOUBLE'],
  ['CAST(n AS DECIMAL(10, 2))', cast(n, types.decimal(10, 2)), 'n::DECIMAL(10, 2)'],
  ['CAST(i AS STRING)', cast(i, types.STRING), 'i::VARCHAR'],
  ['CAST(d AS STRING)', cast(d, types.STRING), 'd::VARCHAR'],
  ['CAST(x AS STRING)', cast(x, types.STRING), 'x::VARCHAR'],
  ['CAST(t AS STRING)', cast(t, types.STRING), 't::VARCHAR'],
  ["DATE_FORMAT(t, 'yyyy-MM-dd')", call('DATE_FORMAT', t, text('yyyy-MM-dd')), "strftime(t, '%Y-%m-%d')"],
  ["DATE_FORMAT(t, 'HH:mm')", call('DATE_FORMAT', t, text('HH:mm')), "strftime(t, '%H:%M')"],
  ['EXTRACT(YEAR FROM t)', call('EXTRACT', symbol('YEAR'), t), 'year(t)'],
  ['EXTRACT(WEEK FROM t)', call('EXTRACT', symbol('WEEK'), t), 'week(t)'],
  ['FLOOR(t TO MONTH)', call('FLOOR', t, symbol('MONTH')), "date_trunc('month', t)"],
  ["REGEXP_EXTRACT(s, '[a-c]+', 0)", call('REGEXP_EXTRACT', s, text('[a-c]+'), int(0)), "regexp_extract(s, '[a-c]+')"],
];

const memory = new LinearMemory();
const schema = schemaOf(COLUMNS.map(([name, type]) => ({ name, type })));

function context(): OperatorContext {
  return {
    taskName: 'bench',
    attempt: 0,
    log: () => {},
    subtaskIndex: 0,
    parallelism: 1,
    maxParallelism: 128,
    output: { emitBatch: () => {}, emitRecords: () => {}, emitWatermark: () => {} },
    memory,
    budget: new MemoryBudget(64 << 20),
    spill: new SpillDirectory(memory, nodeFileSystem),
    compiler: kernelCompiler(memory, new ModuleCache()),
    configuration: new Configuration({ 'table.local-time-zone': 'UTC' }),
    clock: systemClock,
    metrics: { add: () => {} },
    rendezvous: null,
    restored: null,
  };
}

const builder = new BatchBuilder(
  memory,
  COLUMNS.map(([, type]) => type),
  ROWS,
);
for (const each of rows) builder.append(each);
const batch = builder.finish();

function nanosPerRow(expr: Expr): number {
  const output = schemaOf([{ name: 'r', type: expr.type }]);
  const spec = operatorSpec('calc', 'Calc', { condition: null, projection: [expr] }, [schema], output);
  const operator = operatorFactory('calc').create(spec);
  operator.open(context());
  for (let k = 0; k < 3; k++) operator.processBatch(batch, 0);
  const start = process.cpuUsage();
  for (let k = 0; k < ROUNDS; k++) operator.processBatch(batch, 0);
  const used = process.cpuUsage(start);
  operator.close();
  return ((used.user + used.system) * 1000) / (ROWS * ROUNDS);
}

const duck = await (await DuckDBInstance.create(':memory:')).connect();
await duck.run('SET threads = 1');
await duck.run(`CREATE TABLE one (${COLUMNS.map(([name, , type]) => `${name} ${type}`).join()})`);
const appender = await duck.createAppender('one');
for (const each of rows) {
  appender.appendVarchar(each[0] as string);
  appender.appendVarchar(each[1] as string);
  appender.appendInteger(each[2] as number);
  appender.appendBigInt(each[3] as bigint);
  appender.appendDecimal(new DuckDBDecimalValue(each[4] as bigint, 15, 2));
  appender.appendDouble(each[5] as number);
  appender.appendTimestamp(new DuckDBTimestampValue((each[6] as bigint) / 1000n));
  appender.appendVarchar(each[7] as string);
  appender.endRow();
}
appender.closeSync();
await duck.run(`CREATE TABLE many AS SELECT one.* FROM range(${ROUNDS}), one`);

async function duckNanos(expression: string): Promise<number> {
  const start = process.cpuUsage();
  await duck.runAndReadAll(`SELECT min(${expression}) FROM many`);
  const used = process.cpuUsage(start);
  return ((used.user + used.system) * 1000) / (ROWS * ROUNDS);
}

const wanted = process.argv[2] ?? '';
for (const [title, expr, expression] of CASES) {
  if (!title.includes(wanted)) continue;
  const ours = nanosPerRow(expr);
  const theirs = expression === null ? null : await duckNanos(expression);
  const columns = [title.padEnd(36), ours.toFixed(1).padStart(9), theirs === null ? '' : theirs.toFixed(1).padStart(9)];
  process.stdout.write(`${columns.join(' ')}\n`);
}
