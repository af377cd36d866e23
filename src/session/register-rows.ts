/** Column definitions for rows of the program. */
import { EngineError } from '../base/errors.ts';
import { BIGINT, BOOLEAN, BYTES, type DataType, DOUBLE, nullable, STRING, timestampLtz } from '../types/data-type.ts';
import { printType } from '../types/print.ts';
import { type Schema, schemaOf } from '../types/schema.ts';

/** As between the parentheses of CREATE TABLE. */
export function printColumns(schema: Schema): string {
  const columns = schema.fields.map(({ name, type }) => `\`${name.replaceAll('`', '``')}\` ${printType(type)}`);
  if (schema.primaryKey !== null) {
    const key = schema.primaryKey.map((column) => `\`${schema.fields[column]?.name}\``);
    columns.push(`PRIMARY KEY (${key.join(', ')}) NOT ENFORCED`);
  }
  return columns.join(', ');
}

/**
 * Types by the values of all rows of an array: every column may be NULL; numbers are DOUBLE, whole ones too.
 *
 * @throws EngineError SQL-SCHEMA if rows are no objects, or a column has values of several types or none
 */
export function inferColumns(name: string, rows: unknown): Schema {
  if (!Array.isArray(rows) || rows.length === 0 || rows.some((row) => typeof row !== 'object' || row === null)) {
    throw new EngineError('SQL-SCHEMA', `the columns of '${name}' cannot be told from its rows`, {
      hint: "give a schema: 'id BIGINT, name STRING'",
    });
  }
  const types = new Map<string, DataType | null>();
  for (const row of rows as readonly Record<string, unknown>[]) {
    for (const [column, value] of Object.entries(row)) {
      const type = typeOf(value);
      const before = types.get(column) ?? null;
      if (before !== null && type !== null && before.kind !== type.kind) throw unclear(name, column);
      types.set(column, before ?? type);
    }
  }
  return schemaOf(
    [...types].map(([column, type]) => {
      if (type === null) throw unclear(name, column);
      return { name: column, type: nullable(type) };
    }),
  );
}

function unclear(name: string, column: string): EngineError {
  return new EngineError('SQL-SCHEMA', `the type of column '${column}' of '${name}' cannot be told from its values`, {
    hint: `give a schema: '${column} STRING, …'`,
  });
}

function typeOf(value: unknown): DataType | null {
  switch (typeof value) {
    case 'boolean':
      return BOOLEAN;
    case 'bigint':
      return BIGINT;
    case 'number':
      return DOUBLE;
    case 'string':
      return STRING;
    default:
      return value instanceof Date ? timestampLtz(3) : value instanceof Uint8Array ? BYTES : null;
  }
}
