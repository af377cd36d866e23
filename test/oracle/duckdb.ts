/**
 * DuckDB in process, as a second opinion: takes tables of Weir's values and gives back rows of Weir's values, so that a
 * test compares like with like. Columns of a result are cast to the types that Flink gives them.
 */
import {
  type DuckDBConnection,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { DataType } from '../../src/types/data-type.ts';
import type { Schema } from '../../src/types/schema.ts';
import type { Value } from '../../src/types/value.ts';

export type Row = readonly Value[];

export class DuckDb {
  readonly #connection: DuckDBConnection;

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  static async open(): Promise<DuckDb> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    // As in Flink: `/` of integers is an integer, NULL is the smallest.
    await connection.run("SET integer_division = true; SET TimeZone = 'UTC'");
    return new DuckDb(connection);
  }

  /** Makes the table, in place of one of that name. */
  async createTable(name: string, schema: Schema, rows: Iterable<Row>): Promise<void> {
    const columns = schema.fields.map((field) => `${quote(field.name)} ${duckType(field.type)}`);
    await this.#connection.run(`CREATE OR REPLACE TABLE ${quote(name)} (${columns.join(', ')})`);
    const appender = await this.#connection.createAppender(name);
    const types = schema.fields.map(({ type }) => type);
    for (const row of rows) {
      types.forEach((type, i) => {
        const value = row[i] ?? null;
        if (value === null) appender.appendNull();
        else appender.appendValue(toDuck(value, type), appender.columnType(i));
      });
      appender.endRow();
    }
    appender.closeSync();
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  /** @param types what the columns are cast to */
  async query(sql: string, types: readonly DataType[]): Promise<Row[]> {
    const names = types.map((_, i) => `c${i}`);
    const casts = types.map((type, i) => `CAST(c${i} AS ${duckType(type)})`);
    const text = `SELECT ${casts.join(', ')} FROM (${sql}) AS result (${names.join(', ')})`;
    const reader = await this.#connection.runAndReadAll(text);
    return reader.getRows().map((row) => types.map((type, i) => fromDuck(row[i] ?? null, type)));
  }

  close(): void {
    this.#connection.closeSync();
  }
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The DuckDB type that holds the values of a type of Flink. */
export function duckType(type: DataType): string {
  switch (type.kind) {
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'DATE':
    case 'TIME':
      return type.kind;
    case 'INT':
    case 'NULL':
      return 'INTEGER';
    case 'CHAR':
    case 'VARCHAR':
      return 'VARCHAR';
    case 'BINARY':
    case 'VARBINARY':
      return 'BLOB';
    case 'DECIMAL':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'TIMESTAMP':
      return type.precision > 6 ? 'TIMESTAMP_NS' : 'TIMESTAMP';
    case 'TIMESTAMP_LTZ':
      return 'TIMESTAMPTZ';
    case 'ARRAY':
      return `${duckType(type.element)}[]`;
    case 'MAP':
      return `MAP(${duckType(type.key)}, ${duckType(type.value)})`;
    case 'MULTISET':
      return `MAP(${duckType(type.element)}, INTEGER)`;
    case 'ROW':
      return `STRUCT(${type.fields.map((field) => `${quote(field.name)} ${duckType(field.type)}`).join(', ')})`;
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
      return 'BIGINT';
  }
}

function toDuck(value: Exclude<Value, null>, type: DataType): DuckDBValue {
  switch (type.kind) {
    case 'DECIMAL':
      return new DuckDBDecimalValue(value as bigint, type.precision, type.scale);
    case 'DATE':
      return new DuckDBDateValue(value as number);
    case 'TIME':
      return new DuckDBTimeValue(BigInt(value as number) * 1000n);
    case 'TIMESTAMP':
      return type.precision > 6
        ? new DuckDBTimestampNanosecondsValue(value as bigint)
        : new DuckDBTimestampValue((value as bigint) / 1000n);
    case 'TIMESTAMP_LTZ':
      return new DuckDBTimestampTZValue((value as bigint) / 1000n);
    case 'ARRAY': {
      const { element } = type;
      return new DuckDBListValue((value as readonly Value[]).map((each) => orNull(each, element)));
    }
    case 'MAP': {
      const { key, value: inner } = type;
      const entries = value as readonly (readonly [Value, Value])[];
      return new DuckDBMapValue(entries.map(([k, v]) => ({ key: orNull(k, key), value: orNull(v, inner) })));
    }
    case 'ROW': {
      const fields = value as readonly Value[];
      const entries = type.fields.map((field, i) => [field.name, orNull(fields[i] ?? null, field.type)] as const);
      return new DuckDBStructValue(Object.fromEntries(entries));
    }
    case 'BINARY':
    case 'VARBINARY':
    case 'MULTISET':
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
    case 'NULL':
      throw new Error(`no ${type.kind} in tables for DuckDB`);
    default:
      return value as DuckDBValue;
  }
}

function orNull(value: Value, type: DataType): DuckDBValue {
  return value === null ? null : toDuck(value, type);
}

function fromDuck(value: DuckDBValue, type: DataType): Value {
  if (value === null) return null;
  if (value instanceof DuckDBDecimalValue) return value.value;
  if (value instanceof DuckDBDateValue) return value.days;
  if (value instanceof DuckDBTimeValue) return Number(value.micros / 1000n);
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return value.micros * 1000n;
  if (value instanceof DuckDBTimestampNanosecondsValue) return value.nanos;
  if (value instanceof DuckDBListValue && type.kind === 'ARRAY') {
    return value.items.map((each) => fromDuck(each, type.element));
  }
  if (value instanceof DuckDBStructValue && type.kind === 'ROW') {
    return type.fields.map((field) => fromDuck(value.entries[field.name] ?? null, field.type));
  }
  if (value instanceof DuckDBMapValue && type.kind === 'MAP') {
    return value.entries.map((entry) => [fromDuck(entry.key, type.key), fromDuck(entry.value, type.value)]);
  }
  return value as Value;
}
