/** Random small tables: few values, many NULLs and duplicates, and histories of inserts, updates and deletes. */
import type { Random } from '../../src/base/random.ts';
import {
  BIGINT,
  BOOLEAN,
  DATE,
  type DataType,
  DOUBLE,
  decimal,
  INT,
  nullable,
  STRING,
} from '../../src/types/data-type.ts';
import { type Json, valueFromJson } from '../../src/types/json.ts';
import type { Schema } from '../../src/types/schema.ts';
import type { Row } from '../oracle/duckdb.ts';
import { FUZZ_TYPES, type FuzzChange, type FuzzMode, type FuzzTable, type FuzzType } from './cases.ts';

/** Sums of these doubles are exact in any order. */
export const VALUES: Readonly<Record<FuzzType, readonly Json[]>> = {
  INT: [0, 1, 2, 3, -1, 7],
  BIGINT: ['1', '2', '1000000000000', '-5', '0'],
  STRING: ['', 'a', 'b', 'ab', 'é', 'a longer text'],
  DECIMAL: ['0.00', '1.50', '-2.25', '3.00', '100.01'],
  DOUBLE: [0, 0.5, -1.25, 2, 1000.75],
  BOOLEAN: [true, false],
  DATE: ['2024-02-28', '2024-02-29', '1969-12-31', '2024-03-01'],
};

const DATA_TYPES: Readonly<Record<FuzzType, DataType>> = {
  INT,
  BIGINT,
  STRING,
  DECIMAL: decimal(10, 2),
  DOUBLE,
  BOOLEAN,
  DATE,
};

const SQL_TYPES: Readonly<Record<FuzzType, string>> = {
  INT: 'INT',
  BIGINT: 'BIGINT',
  STRING: 'STRING',
  DECIMAL: 'DECIMAL(10, 2)',
  DOUBLE: 'DOUBLE',
  BOOLEAN: 'BOOLEAN',
  DATE: 'DATE',
};

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)]!;
}

/** As many values as make joins of a thousand rows a few thousand. */
function wideValue(random: Random, type: FuzzType): Json {
  const n = random.below(300);
  switch (type) {
    case 'INT':
      return n - 5;
    case 'BIGINT':
      return String(BigInt(n - 20) * 7_000_000_019n);
    case 'STRING':
      return `${'xyé'.repeat(n % 17)}${n}`;
    case 'DECIMAL':
      return `${n - 50}.${10 + (n % 90)}`;
    case 'DOUBLE':
      return (n - 30) * 0.25;
    default:
      return pick(random, VALUES[type]);
  }
}

export function randomTable(random: Random, name: string, wide: boolean): FuzzTable {
  const mode: FuzzMode = pick(random, ['I', 'I', 'RETRACT', 'RETRACT', 'UPSERT']);
  const keyed = mode === 'UPSERT' || random.below(3) === 0;
  const types: FuzzType[] = [keyed ? 'INT' : pick(random, FUZZ_TYPES)];
  const width = 2 + random.below(4);
  while (types.length < width) types.push(pick(random, [...FUZZ_TYPES, 'INT', 'INT', 'STRING']));
  const rows = pick(random, wide ? [100, 700, 1500] : [0, 1, 3, 8, 20, 40]);
  const table = { name, types, keyed, mode, wide, changes: [] };
  return { ...table, changes: history(random, table, rows) };
}

/** Never empty at the end unless `rows` is 0. */
function history(random: Random, table: FuzzTable, rows: number): FuzzChange[] {
  const changes: FuzzChange[] = [];
  const live: (readonly Json[])[] = [];
  let nextKey = 0;
  const newRow = (key: Json | null): readonly Json[] =>
    table.types.map((type, i) => {
      if (i === 0 && table.keyed) return key ?? nextKey++;
      if (random.below(table.wide === true ? 20 : 5) === 0) return null;
      return table.wide === true ? wideValue(random, type) : pick(random, VALUES[type]);
    });
  for (let i = 0; i < rows; i++) {
    const action = table.mode === 'I' ? 0 : random.below(5);
    if (live.length < 2 || action <= 2) {
      const row = newRow(null);
      live.push(row);
      changes.push(['+I', row]);
      continue;
    }
    const at = random.below(live.length);
    const old = live[at]!;
    if (action === 3) {
      const row = newRow(table.keyed ? old[0]! : null);
      live[at] = row;
      if (table.mode === 'RETRACT') changes.push(['-U', old]);
      changes.push(['+U', row]);
    } else {
      live.splice(at, 1);
      changes.push(['-D', old]);
    }
  }
  return changes;
}

/** Without changes that take back what is not there, or put what is: what a shrinker left, made consistent. */
export function repaired(table: FuzzTable): FuzzTable {
  const live = new Map<string, number>();
  const identity = (row: readonly Json[]): string => JSON.stringify(table.keyed ? row[0] : row);
  const changes: FuzzChange[] = [];
  let dropNext = false;
  for (const [kind, row] of table.changes) {
    const id = identity(row);
    const count = live.get(id) ?? 0;
    if (kind === '-U' || kind === '-D') {
      dropNext = kind === '-U' && count === 0;
      if (count === 0) continue;
      live.set(id, count - 1);
      changes.push([kind, row]);
      continue;
    }
    const isUpdate = kind === '+U';
    if (isUpdate && dropNext) {
      dropNext = false;
      continue;
    }
    dropNext = false;
    const replaces = table.keyed && count > 0;
    if (!isUpdate && replaces) continue;
    if (isUpdate && table.mode === 'UPSERT' && !replaces) {
      live.set(id, 1);
      changes.push(['+I', row]);
      continue;
    }
    live.set(id, replaces ? 1 : count + 1);
    changes.push([kind, row]);
  }
  return { ...table, changes };
}

/** What the history comes to. */
export function finalRows(table: FuzzTable): readonly Row[] {
  const rows: (readonly Json[])[] = [];
  const identity = (row: readonly Json[]): string => JSON.stringify(table.keyed ? row[0] : row);
  for (const [kind, row] of table.changes) {
    const id = identity(row);
    const at = rows.findIndex((other) => identity(other) === id);
    if (kind === '-U' || kind === '-D') rows.splice(at, 1);
    else if (table.keyed && at >= 0) rows[at] = row;
    else rows.push(row);
  }
  return rows.map((row) => table.types.map((type, i) => valueFromJson(row[i] ?? null, DATA_TYPES[type])));
}

export function columnName(index: number): string {
  return `c${index}`;
}

export function schemaOfTable(table: FuzzTable): Schema {
  const fields = table.types.map((type, i) => ({ name: columnName(i), type: nullable(DATA_TYPES[type]) }));
  return { fields, primaryKey: null, rowtime: null };
}

const CHANGELOG_MODES: Readonly<Record<FuzzMode, string>> = { I: 'I', RETRACT: 'I,UB,UA,D', UPSERT: 'I,UA,D' };

export function createTable(table: FuzzTable): string {
  const columns = table.types.map((type, i) => {
    const notNull = i === 0 && table.keyed ? ' NOT NULL' : '';
    return `${columnName(i)} ${SQL_TYPES[type]}${notNull}`;
  });
  if (table.keyed) columns.push(`PRIMARY KEY (${columnName(0)}) NOT ENFORCED`);
  const rows = table.changes.map(([kind, row]) => [
    kind,
    Object.fromEntries(row.map((value, i) => [columnName(i), value])),
  ]);
  const text = JSON.stringify(rows).replaceAll("'", "''");
  const mode = CHANGELOG_MODES[table.mode];
  const options = `'connector' = 'values', 'changelog-mode' = '${mode}', 'rows' = '${text}'`;
  return `CREATE TABLE ${table.name} (${columns.join(', ')}) WITH (${options})`;
}
