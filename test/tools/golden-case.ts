/** Runs a golden changelog (test/golden/changelogs/README.md): makes its tables, hands over the rows in their order. */
import { readdirSync, readFileSync } from 'node:fs';
import { EngineError } from '../../src/base/errors.ts';
import { ARRIVAL_SCHEDULE, ArrivalSchedule } from '../../src/connectors/index.ts';
import type { Change } from '../../src/session/changelog-view.ts';
import { materialize } from '../../src/session/changelog-view.ts';
import { createTableEnvironment } from '../../src/session/create.ts';
import { executeStatement } from '../../src/session/statements.ts';
import type { TableEnvironment } from '../../src/session/table-environment.ts';
import { parse } from '../../src/sql/parse.ts';
import { valueToJson } from '../../src/types/json.ts';
import { ROW_KIND_SHORT } from '../../src/types/row-kind.ts';
import type { Schema } from '../../src/types/schema.ts';

export type GoldenRow = Readonly<Record<string, unknown>>;
export type GoldenChange = readonly [kind: string, row: GoldenRow];

export interface GoldenOutput {
  readonly changelog?: readonly GoldenChange[];
  readonly causes?: readonly number[];
  readonly folded?: readonly GoldenRow[];
  readonly order?: 'any';
  readonly error?: { readonly phase: string; readonly message: string };
  readonly sink?: string;
  readonly sinks?: Readonly<Record<string, GoldenOutput>>;
  readonly settings?: Readonly<Record<string, string>>;
}

export interface GoldenBatch {
  readonly rows?: readonly GoldenRow[];
  readonly ordered?: boolean;
  readonly error?: { readonly phase: string; readonly message: string };
}

export interface GoldenCase {
  readonly name: string;
  readonly feature: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly tables: readonly { readonly ddl: string; readonly rows: readonly GoldenChange[] }[];
  readonly arrival: readonly (readonly [table: string, row: number])[];
  readonly setup?: readonly string[];
  readonly statistics?: unknown;
  readonly sql: string;
  readonly streaming?: GoldenOutput;
  readonly streamingMiniBatch?: GoldenOutput;
  readonly batch?: GoldenBatch;
  readonly batchOverFoldedInput?: GoldenBatch;
  readonly agree?: boolean;
  readonly whyNot?: string;
}

/** What Weir made of a case, per sink; the sink of a SELECT is called `$result`. */
export interface Run {
  readonly sinks: Readonly<
    Record<string, { changelog: GoldenChange[]; causes: number[]; folded: readonly GoldenRow[] }>
  >;
  readonly error: unknown;
}

const COMMON = {
  'parallelism.default': '1',
  'pipeline.auto-watermark-interval': '0 ms',
  'table.local-time-zone': 'UTC',
  'table.exec.state.ttl': '0 ms',
};

export function readCases(directory: string): GoldenCase[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(`${directory}/${name}`, 'utf8')) as GoldenCase)
    .filter(({ tables }) => tables !== undefined);
}

export async function runCase(
  golden: GoldenCase,
  mode: 'STREAMING' | 'BATCH',
  settings: Readonly<Record<string, string>> = {},
  folded = false,
): Promise<Run> {
  const collected = new Map<string, { schema: Schema; changes: Change[]; causes: number[] }>();
  const names = golden.tables.map(({ ddl }) => tableName(ddl));
  const schedule = new ArrivalSchedule(
    golden.arrival.map(([table]) => table),
    names,
  );
  const collect = (table: string, schema: Schema, changes: readonly Change[]): void => {
    const entry = collected.get(table) ?? { schema, changes: [], causes: [] };
    for (const change of changes) {
      entry.changes.push(change);
      entry.causes.push(Math.min(schedule.position, golden.arrival.length));
    }
    collected.set(table, entry);
  };
  const environment = createTableEnvironment({
    configuration: { ...COMMON, ...golden.settings, ...settings, 'execution.runtime-mode': mode },
    onSinkChanges: ({ table, schema, changes }) => collect(table.slice(table.lastIndexOf('.') + 1), schema, changes),
  });
  let error: unknown = null;
  try {
    for (const { ddl, rows } of golden.tables) await execute(environment, withRows(ddl, rows, folded));
    for (const statement of golden.setup ?? []) await execute(environment, statement);
    const streaming = mode === 'STREAMING';
    const result = await executeStatement(environment.session, parse(golden.sql).statements[0]!, golden.sql, {
      collections: streaming ? new Map([[ARRIVAL_SCHEDULE, schedule]]) : undefined,
      onDrained: streaming ? () => schedule.advance() : undefined,
    });
    if (result.sinks.length > 0) await result.wait();
    else for await (const change of result.changes()) collect('$result', result.schema, [change]);
  } catch (caught) {
    error = caught;
  }
  const sinks = [...collected].map(([table, { schema, changes, causes }]) => {
    const rows = materialize(
      changes,
      schema.fields.map(({ type }) => type),
      schema.primaryKey,
    );
    const changelog = changes.map(({ kind, row }): GoldenChange => [ROW_KIND_SHORT[kind], toJson(row, schema)]);
    return [table, { changelog, causes, folded: rows.map((row) => toJson(row, schema)) }] as const;
  });
  return { sinks: Object.fromEntries(sinks), error };
}

async function execute(environment: TableEnvironment, sql: string): Promise<void> {
  await environment.executeSql(sql);
}

export function tableName(ddl: string): string {
  return /CREATE\s+(?:TEMPORARY\s+)?TABLE\s+`?(\w+)`?/i.exec(ddl)?.[1] ?? '';
}

/** Puts the rows into the WITH clause; folded: what they come to, as an insert-only table. */
function withRows(ddl: string, rows: readonly GoldenChange[], folded: boolean): string {
  const source = rows.length > 0;
  const given = folded && source ? fold(rows, ddl) : rows;
  const option = source ? `'rows' = '${JSON.stringify(given).replaceAll("'", "''")}', ` : '';
  const insertOnly = folded && source ? ddl.replace(/('changelog-mode'\s*=\s*)'[^']*'/, "$1'I'") : ddl;
  const at = insertOnly.lastIndexOf('WITH (');
  return `${insertOnly.slice(0, at)}WITH (${option}${insertOnly.slice(at + 6)}`;
}

function fold(rows: readonly GoldenChange[], ddl: string): GoldenChange[] {
  const updates = /'changelog-mode'\s*=\s*'[^']*UB/.test(ddl);
  const key = updates
    ? undefined
    : /PRIMARY KEY \(([^)]*)\)/
        .exec(ddl)?.[1]
        ?.split(',')
        .map((column) => column.trim().replaceAll('`', ''));
  const identity = (row: GoldenRow): string =>
    JSON.stringify(key === undefined ? Object.entries(row).sort() : key.map((column) => row[column] ?? null));
  const kept: GoldenChange[] = [];
  for (const [kind, row] of rows) {
    const at = kept.findIndex(([, other]) => identity(other) === identity(row));
    if (kind === '-U' || kind === '-D') {
      if (at >= 0) kept.splice(at, 1);
    } else if (key !== undefined && at >= 0) kept[at] = ['+I', row];
    else kept.push(['+I', row]);
  }
  return kept;
}

function toJson(row: readonly unknown[], schema: Schema): GoldenRow {
  return Object.fromEntries(
    schema.fields.map(({ name, type }, i) => [
      name,
      valueToJson((row[i] ?? null) as Parameters<typeof valueToJson>[0], type),
    ]),
  );
}

// ── comparison ──

/** What reached a sink by name; by default what the only one got. */
export function outputOf(run: Run, sink?: string): Run['sinks'][string] | undefined {
  return run.sinks[sink ?? '$result'] ?? (sink === undefined ? Object.values(run.sinks)[0] : undefined);
}

/** Null if Weir's changelog is Flink's: exactly, or but for the order of rows with one cause (see the README there). */
export function compareChangelog(expected: GoldenOutput, actual: Run['sinks'][string] | undefined): string | null {
  const changelog = expected.changelog;
  const got = actual?.changelog ?? [];
  if (changelog === undefined) return sameRows(expected.folded ?? [], actual?.folded ?? []) ? null : 'folded differs';
  if (JSON.stringify(changelog) === JSON.stringify(got)) return null;
  if (!sameRows(changelog, got)) return `changelog differs:\n${show(changelog)}\n but got\n${show(got)}`;
  if (expected.order === 'any') return null;
  const causes = expected.causes ?? [];
  const grouped = (list: readonly GoldenChange[]): string[] =>
    list.map((change, i) => `${causes[i] ?? 0}`.padStart(6, '0') + canonical(change)).sort();
  return grouped(changelog).join('\n') === grouped(got).join('\n')
    ? null
    : `order differs:\n${show(changelog)}\n but got\n${show(got)}`;
}

export function compareRows(expected: GoldenBatch, actual: Run['sinks'][string] | undefined): string | null {
  const rows = expected.rows ?? [];
  // Rows that BATCH writes are not put by key.
  const got = actual?.changelog.map(([, row]) => row) ?? [];
  const same = expected.ordered === true ? canonical(rows) === canonical(got) : sameRows(rows, got);
  return same ? null : `rows differ:\n${rows.map(canonical).join('\n')}\n but got\n${got.map(canonical).join('\n')}`;
}

function sameRows(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.map(canonical).sort().join('\n') === b.map(canonical).sort().join('\n');
}

/** JSON with the keys of objects in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function show(changelog: readonly GoldenChange[]): string {
  return changelog.map((change) => canonical(change)).join('\n');
}

/** Whether the error is one that Weir means: a refusal or a failure with a code, never a bug. */
export function isExpectedError(error: unknown): error is EngineError {
  return error instanceof EngineError;
}
