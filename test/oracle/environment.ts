/** Runs queries of the engine under test and hands back rows; the tests' one way into it. */
import { create, materialize, type Schema, type TableEnvironment } from '../../src/index.ts';
import type { QueryStatement, Statement } from '../../src/sql/ast.ts';
import { parseScript } from '../../src/sql/parse.ts';
import { ROW_KIND_SHORT } from '../../src/types/row-kind.ts';
import { workers } from '../tools/workers.ts';
import type { Row } from './duckdb.ts';

export type Settings = Readonly<Record<string, string>>;

export interface QueryResult {
  readonly schema: Schema;
  /** What the changes come to. */
  readonly rows: readonly Row[];
  readonly changes: readonly { readonly kind: string; readonly row: Row }[];
}

/** The same input on every machine. */
export const COMMON: Settings = { 'table.local-time-zone': 'UTC' };

/** What `settings` say stands, whatever a script SETs. */
export function environment(settings: Settings): TableEnvironment {
  return create({ configuration: { ...COMMON, ...settings }, fixedOptions: Object.keys(settings), workers });
}

export function parse(text: string): readonly Statement[] {
  const { statements, error } = parseScript(text);
  if (error !== undefined) throw error;
  return statements;
}

export async function runQuery(
  env: TableEnvironment,
  query: QueryStatement | string,
  text: string = typeof query === 'string' ? query : '',
): Promise<QueryResult> {
  const result = await env.executeSql(query, typeof query === 'string' ? {} : { text });
  const changes: { kind: string; row: Row }[] = [];
  const raw: Parameters<typeof materialize>[0] = [];
  for await (const change of result.changes()) {
    changes.push({ kind: ROW_KIND_SHORT[change.kind], row: change.row });
    (raw as (typeof change)[]).push(change);
  }
  await result.wait();
  const types = result.schema.fields.map(({ type }) => type);
  return { schema: result.schema, rows: materialize(raw, types), changes };
}

/** ORDER BY without LIMIT has no meaning in STREAMING and is refused there: it is left out. */
export function withoutFinalOrder(statement: QueryStatement): QueryStatement {
  const { query } = statement;
  if (query.limit !== undefined || query.offset !== undefined || query.orderBy === undefined) return statement;
  return { ...statement, query: { ...query, orderBy: undefined } };
}
