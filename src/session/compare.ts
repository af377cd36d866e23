/**
 * The proof that the two modes agree: runs each query of a script as STREAMING, folds its changelog, runs it as BATCH,
 * and compares the two as multisets. Where Flink's semantics make them differ on purpose, the reason is named
 * (intended-differences.ts).
 *
 * ORDER BY without LIMIT is left out in STREAMING, where it has no meaning. Tables of the connector `values` that
 * carry updates, which BATCH refuses, are folded for BATCH. An INSERT is compared by its query; nothing is written.
 */
import { EngineError } from '../base/errors.ts';
import type { QueryStatement, Script, Statement } from '../sql/ast.ts';
import { parseScript } from '../sql/parse.ts';
import type { DataType } from '../types/data-type.ts';
import { ROW_KIND_SHORT, type RowKindShort } from '../types/row-kind.ts';
import type { Schema } from '../types/schema.ts';
import { arrivalOf } from './arrival.ts';
import { type Change, materialize, type Row, rowKey } from './changelog-view.ts';
import { foldUpdatingTables } from './fold-tables.ts';
import { intendedDifference } from './intended-differences.ts';
import type { Outcome } from './outcome.ts';
import { type ExecuteOptions, executeStatement } from './statements.ts';
import type { TableEnvironment } from './table-environment.ts';

export interface Comparison {
  /** The query as written. */
  readonly query: string;
  /** 1-based line in the script. */
  readonly line: number;
  readonly equal: boolean;
  readonly rows: { readonly streaming: number; readonly batch: number };
  /** How often each kind came in STREAMING. */
  readonly kinds: Readonly<Record<RowKindShort, number>>;
  /** Name of the reason why the modes differ on purpose; null if they agree, or if there is none. */
  readonly intended: string | null;
  /** Rows that one side has more often than the other. */
  readonly differences: readonly Difference[];
  /** What a mode failed with. */
  readonly errors: { readonly streaming: EngineError | null; readonly batch: EngineError | null };
}

export interface Difference {
  readonly row: Row;
  readonly schema: Schema;
  readonly streaming: number;
  readonly batch: number;
}

/**
 * @param create makes an environment with these options set; called twice
 * @throws EngineError for a statement that fails in both modes and is not a query, and for the script's own mistakes
 */
export async function* compareScript(
  text: string,
  create: (configuration: Readonly<Record<string, string>>) => TableEnvironment | Promise<TableEnvironment>,
  options: ExecuteOptions = {},
): AsyncGenerator<Comparison> {
  const streaming = await create({ 'execution.runtime-mode': 'STREAMING' });
  const batch = await create({ 'execution.runtime-mode': 'BATCH' });
  foldUpdatingTables(batch.session);
  const script = parseScript(text);
  const execution = { ...options, arrival: arrivalOf(script) };
  for (const statement of script.statements) {
    const queries = queriesOf(statement);
    if (queries.length === 0) {
      if (statement.kind === 'set' && statement.key === 'execution.runtime-mode') continue;
      for (const environment of [streaming, batch])
        await executeStatement(environment.session, statement, text, execution);
      foldUpdatingTables(batch.session);
    }
    for (const query of queries) yield await compareQuery(query, script, streaming, batch, execution);
  }
  if (script.error !== undefined) throw script.error;
}

async function compareQuery(
  query: QueryStatement,
  script: Script,
  streaming: TableEnvironment,
  batch: TableEnvironment,
  options: ExecuteOptions,
): Promise<Comparison> {
  const left = await outcomeOf(streaming, withoutFinalOrder(query), script.text, options);
  const right = await outcomeOf(batch, query, script.text, options);
  const schema = left.schema ?? right.schema;
  const differences = schema === null ? [] : differencesOf(left.rows, right.rows, schema);
  const failed = left.error !== null || right.error !== null;
  const equal = !failed && differences.length === 0;
  const kinds = { '+I': 0, '-U': 0, '+U': 0, '-D': 0 };
  for (const { kind } of left.changes) kinds[ROW_KIND_SHORT[kind]]++;
  return {
    query: script.text.slice(query.span.offset, query.span.offset + query.span.length),
    line: query.span.line,
    equal,
    rows: { streaming: left.rows.length, batch: right.rows.length },
    kinds,
    intended: equal ? null : intendedDifference(query, left, right, streaming.session),
    differences,
    errors: { streaming: left.error, batch: right.error },
  };
}

/** @throws EngineError RUN-CANCELLED when the caller has had enough */
async function outcomeOf(
  { session }: TableEnvironment,
  query: QueryStatement,
  text: string,
  options: ExecuteOptions,
): Promise<Outcome> {
  const changes: Change[] = [];
  let schema: Schema | null = null;
  try {
    const result = await executeStatement(session, query, text, options);
    schema = result.schema;
    for await (const change of result.changes()) changes.push(change);
    const job = await result.wait();
    const rows = materialize(changes, typesOf(schema));
    const counters: Record<string, number> = {};
    for (const vertex of job?.vertices ?? []) {
      for (const [name, count] of Object.entries(vertex.counters)) counters[name] = (counters[name] ?? 0) + count;
    }
    return { schema, changes, rows, counters, error: null };
  } catch (error) {
    if (!(error instanceof EngineError) || error.code === 'RUN-CANCELLED') throw error;
    return { schema, changes: [], rows: [], counters: {}, error };
  }
}

function queriesOf(statement: Statement): readonly QueryStatement[] {
  switch (statement.kind) {
    case 'query-statement':
      return [statement];
    case 'insert':
      return [{ kind: 'query-statement', span: statement.query.span, query: statement.query }];
    case 'statement-set':
      return statement.inserts.flatMap(queriesOf);
    default:
      return [];
  }
}

function withoutFinalOrder(statement: QueryStatement): QueryStatement {
  const { query } = statement;
  if (query.limit !== undefined || query.offset !== undefined || query.orderBy === undefined) return statement;
  return { ...statement, query: { ...query, orderBy: undefined } };
}

function typesOf(schema: Schema): readonly DataType[] {
  return schema.fields.map(({ type }) => type);
}

function differencesOf(streaming: readonly Row[], batch: readonly Row[], schema: Schema): Difference[] {
  const types = typesOf(schema);
  const exact = count(streaming, batch, (row) => rowKey(row, types), schema);
  if (exact.length === 0 || !types.some(({ kind }) => kind === 'DOUBLE' || kind === 'FLOAT')) return exact;
  // Sums of floating-point numbers depend on their order in the last digits.
  return count(streaming, batch, (row) => rowKey(row.map(roundFloat), types), schema);
}

function roundFloat(value: Row[number]): Row[number] {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(10)) : value;
}

function count(
  streaming: readonly Row[],
  batch: readonly Row[],
  keyOf: (row: Row) => string,
  schema: Schema,
): Difference[] {
  const counts = new Map<string, { row: Row; streaming: number; batch: number }>();
  for (const [side, rows] of [['streaming', streaming] as const, ['batch', batch] as const]) {
    for (const row of rows) {
      const key = keyOf(row);
      const entry = counts.get(key) ?? { row, streaming: 0, batch: 0 };
      entry[side]++;
      counts.set(key, entry);
    }
  }
  return [...counts.values()].filter((entry) => entry.streaming !== entry.batch).map((entry) => ({ ...entry, schema }));
}
