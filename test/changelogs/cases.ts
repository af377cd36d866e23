/** The golden changelog cases: what a real Flink 2.3.0 made of a query over small tables, row for row. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type GoldenRow = Readonly<Record<string, unknown>>;
export type GoldenChange = readonly [kind: '+I' | '-U' | '+U' | '-D', row: GoldenRow];

export interface GoldenError {
  readonly phase: string;
  readonly class: string;
  readonly message: string;
}

export interface GoldenChangelog {
  readonly changelog?: readonly GoldenChange[];
  readonly causes?: readonly number[];
  readonly folded?: readonly GoldenRow[];
  readonly order?: 'any';
  readonly error?: GoldenError;
  readonly types?: Readonly<Record<string, string>>;
  readonly sink?: string;
  readonly sinks?: Readonly<Record<string, GoldenChangelog>>;
}

export interface GoldenBatch {
  readonly rows?: readonly GoldenRow[];
  readonly ordered?: boolean;
  readonly error?: GoldenError;
  readonly sinks?: Readonly<Record<string, readonly GoldenRow[]>>;
}

export interface GoldenCase {
  readonly name: string;
  readonly feature: string;
  readonly about: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly tables: readonly { readonly ddl: string; readonly rows?: readonly GoldenChange[] }[];
  readonly arrival: readonly (readonly [table: string, index: number])[];
  readonly setup?: readonly string[];
  readonly sql: string;
  readonly streaming: GoldenChangelog;
  readonly batch?: GoldenBatch;
  readonly batchOverFoldedInput?: GoldenBatch;
  readonly agree?: boolean | null;
  readonly whyNot?: string;
}

const ROOT = join(import.meta.dirname, '../golden/changelogs');

export function goldenCases(feature: string): GoldenCase[] {
  return readdirSync(join(ROOT, feature))
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(ROOT, feature, file), 'utf8')) as GoldenCase);
}

/** The name in `CREATE TABLE name (…`. */
export function tableName(ddl: string): string {
  return /CREATE\s+(?:TEMPORARY\s+)?TABLE\s+`?(\w+)`?/i.exec(ddl)![1]!;
}

/** The table with its rows as an option of the connector. */
export function withRows(ddl: string, rows: readonly GoldenChange[]): string {
  const text = JSON.stringify(rows).replaceAll("'", "''");
  return ddl.replace(/\)\s*;?\s*$/, `, 'rows' = '${text}')`);
}

/** A script that creates the case's tables and views and runs its statement. */
export function scriptOf(golden: GoldenCase, settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ ...settings, ...golden.settings }).map(([key, value]) => `SET '${key}' = '${value}';`);
  lines.push(`-- arrival: ${golden.arrival.map(([table]) => table).join(' ')}`);
  for (const { ddl, rows } of golden.tables) {
    lines.push(`${rows === undefined ? ddl : withRows(ddl, rows)};`);
  }
  for (const statement of golden.setup ?? []) lines.push(`${statement};`);
  lines.push(`${golden.sql};`);
  return lines.join('\n');
}

/** Settings under which the cases were recorded. */
export const COMMON: Readonly<Record<string, string>> = {
  'pipeline.auto-watermark-interval': '0 ms',
  'table.local-time-zone': 'UTC',
};

/** What changes come to, as sorted text. @param key primary key of the sink that took them, or null */
export function fold(changes: readonly GoldenChange[], key: readonly string[] | null = null): string[] {
  return foldChanges(changes, key)
    .map(([, row]) => rowText(row))
    .sort();
}

/** The primary key of the case's sink; null: it has none, or the case has no sink. */
export function sinkKey({ tables, streaming }: GoldenCase): readonly string[] | null {
  const ddl = tables.find((table) => tableName(table.ddl) === streaming.sink)?.ddl;
  return ddl === undefined ? null : primaryKey(ddl);
}

/** A row as text that does not depend on the order in which its JSON was written. */
export function rowText(row: GoldenRow): string {
  return JSON.stringify(row);
}

/** The case over what the changes of its tables come to, declared insert-only. */
export function foldedInput(golden: GoldenCase): GoldenCase {
  const tables = golden.tables.map(({ ddl, rows }) => {
    if (rows === undefined) return { ddl };
    const mode = /'changelog-mode'\s*=\s*'([^']*)'/.exec(ddl)?.[1] ?? 'I';
    const insertOnly = ddl
      .replace(/'changelog-mode'\s*=\s*'[^']*'/, "'changelog-mode' = 'I'")
      .replace(/,\s*'key-only-deletes'\s*=\s*'[^']*'/, '');
    return { ddl: insertOnly, rows: foldChanges(rows, mode.includes('UB') ? null : primaryKey(ddl)) };
  });
  const arrival = tables.flatMap(({ ddl, rows }) => (rows ?? []).map((_, index) => [tableName(ddl), index] as const));
  return { ...golden, tables, arrival };
}

function primaryKey(ddl: string): readonly string[] | null {
  const columns = /PRIMARY\s+KEY\s*\(([^)]*)\)/i.exec(ddl)?.[1];
  return columns === undefined ? null : columns.split(',').map((name) => name.trim().replaceAll('`', ''));
}

/** With a key the last change of a key counts; without, -U and -D take back the first equal row. */
function foldChanges(changes: readonly GoldenChange[], key: readonly string[] | null): readonly GoldenChange[] {
  const kept: { readonly id: string; row: GoldenRow }[] = [];
  for (const [kind, row] of changes) {
    const id = key === null ? rowText(row) : JSON.stringify(key.map((column) => row[column]));
    const at = kept.findIndex((entry) => entry.id === id);
    if (kind === '-U' || kind === '-D') {
      if (at >= 0) kept.splice(at, 1);
    } else if (key !== null && at >= 0) kept[at]!.row = row;
    else kept.push({ id, row });
  }
  return kept.map(({ row }) => ['+I', row]);
}
