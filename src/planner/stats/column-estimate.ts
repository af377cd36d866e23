/**
 * What is believed about the values of one column of a plan node, and numbers for values, so that ranges of dates,
 * decimals and timestamps are measured alike.
 */
import type { ColumnStatistics } from '../../dataflow/connector.ts';
import { type DataType, isInteger } from '../../types/data-type.ts';
import type { Value } from '../../types/value.ts';

export interface ColumnEstimate {
  /** Different values, NULL not counted; null: unknown. */
  readonly distinct: number | null;
  /** Bounds on the number line of `valueOnLine`; null: unknown or not measurable. */
  readonly min: number | null;
  readonly max: number | null;
  /** Share of NULLs, 0 to 1. */
  readonly nullFraction: number;
  /** Bytes of a value in memory. */
  readonly width: number;
}

/** A position on a line where distances mean something, or null: strings and collections have none. */
export function valueOnLine(value: Value, type: DataType): number | null {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (type.kind === 'DATE' && typeof value === 'number') return value * NANOS_PER_DAY;
  if (type.kind === 'DECIMAL' && typeof value === 'bigint') return Number(value) / 10 ** type.scale;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'bigint' ? Number(value) : null;
}

/** @param rows of the table, or null */
export function columnOfTable(
  statistics: ColumnStatistics | undefined,
  type: DataType,
  rows: number | null,
): ColumnEstimate {
  const nulls = statistics?.nullCount;
  const min = statistics?.min === undefined ? null : valueOnLine(statistics.min, type);
  const max = statistics?.max === undefined ? null : valueOnLine(statistics.max, type);
  return {
    distinct: least(statistics?.distinctCount ?? null, valuesBetween(min, max, type, rows)) ?? distinctOfType(type),
    min,
    max,
    nullFraction: !type.nullable || nulls === undefined || rows === null || rows === 0 ? 0 : Math.min(1, nulls / rows),
    width: statistics?.averageLength === undefined ? typeWidth(type) : statistics.averageLength + STRING_VIEW_BYTES,
  };
}

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

/** Whole numbers and days between two bounds: there are no more values than that, nor than rows. */
function valuesBetween(min: number | null, max: number | null, type: DataType, rows: number | null): number | null {
  if (min === null || max === null || !(isInteger(type) || type.kind === 'DATE')) return null;
  const values = (max - min) / (type.kind === 'DATE' ? NANOS_PER_DAY : 1) + 1;
  return Math.min(values, rows ?? values);
}

/** Nothing known but the type. */
export function unknownColumn(type: DataType): ColumnEstimate {
  return { distinct: distinctOfType(type), min: null, max: null, nullFraction: 0, width: typeWidth(type) };
}

/** Bytes of a value in a column: fixed for numbers and times, a guess for the rest. */
export function typeWidth(type: DataType): number {
  switch (type.kind) {
    case 'BOOLEAN':
    case 'TINYINT':
    case 'NULL':
      return 1;
    case 'SMALLINT':
      return 2;
    case 'INT':
    case 'FLOAT':
    case 'DATE':
    case 'TIME':
    case 'INTERVAL_YEAR_MONTH':
      return 4;
    case 'BIGINT':
    case 'DOUBLE':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
    case 'INTERVAL_DAY_TIME':
      return 8;
    case 'DECIMAL':
      return type.precision <= 18 ? 8 : 16;
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return Math.min(type.length, GUESSED_STRING_BYTES) + STRING_VIEW_BYTES;
    case 'ARRAY':
    case 'MULTISET':
      return GUESSED_ELEMENTS * typeWidth(type.element) + STRING_VIEW_BYTES;
    case 'MAP':
      return GUESSED_ELEMENTS * (typeWidth(type.key) + typeWidth(type.value)) + STRING_VIEW_BYTES;
    case 'ROW':
      return type.fields.reduce((sum, field) => sum + typeWidth(field.type), 0);
  }
}

/** Distinct values left when `rows` rows become `rows × kept`, each row with the same chance. */
export function distinctAfterFilter(distinct: number, rows: number, kept: number): number {
  if (kept >= 1 || distinct <= 0) return distinct;
  return Math.max(1, distinct * (1 - (1 - kept) ** Math.max(1, rows / distinct)));
}

function distinctOfType(type: DataType): number | null {
  return type.kind === 'BOOLEAN' ? 2 : null;
}

const NANOS_PER_DAY = 86_400e9;
const STRING_VIEW_BYTES = 8;
const GUESSED_STRING_BYTES = 16;
const GUESSED_ELEMENTS = 4;
