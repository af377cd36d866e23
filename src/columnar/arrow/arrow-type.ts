/** Arrow's logical types as plain data, and how SQL types map to them and back. */
import { unreachable } from '../../base/assert.ts';
import { type DataType, type Field, MAX_LENGTH } from '../../types/data-type.ts';
import { physicalType, WIDTH } from '../physical.ts';

/** Seconds, milliseconds, microseconds, nanoseconds: Arrow's numbers. */
export type TimeUnit = 0 | 1 | 2 | 3;

export type ArrowType =
  | { readonly name: 'null' | 'bool' | 'utf8' | 'largeUtf8' | 'binary' | 'largeBinary' }
  | { readonly name: 'list' | 'largeList' | 'struct' | 'map' }
  | { readonly name: 'int'; readonly bits: number; readonly signed: boolean }
  | { readonly name: 'float'; readonly bits: number }
  | { readonly name: 'fixedBinary'; readonly width: number }
  | { readonly name: 'fixedList'; readonly size: number }
  | { readonly name: 'decimal'; readonly precision: number; readonly scale: number; readonly bits: number }
  | { readonly name: 'date'; readonly unit: 'day' | 'millisecond' }
  | { readonly name: 'time'; readonly unit: TimeUnit }
  | { readonly name: 'timestamp'; readonly unit: TimeUnit; readonly timezone: string | null }
  | { readonly name: 'interval'; readonly unit: 'yearMonth' | 'dayTime' | 'monthDayNano' }
  | { readonly name: 'duration'; readonly unit: TimeUnit };

export interface ArrowField {
  readonly name: string;
  readonly nullable: boolean;
  readonly type: ArrowType;
  readonly children: readonly ArrowField[];
  /** `type` is then that of the dictionary's values, and the column holds indices of this many bits. */
  readonly dictionary: { readonly id: number; readonly bits: number; readonly signed: boolean } | null;
  /** Custom metadata. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** The field's metadata entry that holds the SQL type as JSON. */
export const SQL_TYPE_KEY = 'weir.type';
/** The extra column of row kinds, where a file has one. */
export const KIND_FIELD = '$kind';

/**
 * plain: what any reader expects (DECIMAL is Decimal128, long timestamps are 64-bit nanoseconds).
 * compact: for our own readers; values keep the width they have in memory, and every value fits.
 */
export type ArrowLayout = 'plain' | 'compact';

export function arrowField(field: Field, layout: ArrowLayout): ArrowField {
  return {
    name: field.name,
    nullable: field.type.nullable,
    type: arrowType(field.type, layout),
    children: [],
    dictionary: null,
    metadata: new Map([[SQL_TYPE_KEY, JSON.stringify(field.type)]]),
  };
}

export const KIND_COLUMN: ArrowField = {
  name: KIND_FIELD,
  nullable: false,
  type: { name: 'int', bits: 8, signed: false },
  children: [],
  dictionary: null,
  metadata: new Map(),
};

function arrowType(type: DataType, layout: ArrowLayout): ArrowType {
  switch (type.kind) {
    case 'NULL':
      return { name: 'null' };
    case 'BOOLEAN':
      return { name: 'bool' };
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return { name: 'int', bits: WIDTH[physicalType(type)] * 8, signed: true };
    case 'FLOAT':
    case 'DOUBLE':
      return { name: 'float', bits: WIDTH[physicalType(type)] * 8 };
    case 'DATE':
      return { name: 'date', unit: 'day' };
    case 'TIME':
      return { name: 'time', unit: 1 };
    case 'DECIMAL':
      if (layout === 'compact' && type.precision <= 18) return { name: 'int', bits: 64, signed: true };
      return { name: 'decimal', precision: type.precision, scale: type.scale, bits: 128 };
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      if (type.precision > 6 && layout === 'compact') return { name: 'decimal', precision: 38, scale: 9, bits: 128 };
      const timezone = type.kind === 'TIMESTAMP_LTZ' ? 'UTC' : null;
      return { name: 'timestamp', unit: type.precision > 6 ? 3 : 2, timezone };
    }
    case 'INTERVAL_YEAR_MONTH':
      return { name: 'interval', unit: 'yearMonth' };
    case 'INTERVAL_DAY_TIME':
      return { name: 'duration', unit: 1 };
    case 'CHAR':
    case 'VARCHAR':
      return { name: 'utf8' };
    case 'BINARY':
    case 'VARBINARY':
    case 'ARRAY':
    case 'MULTISET':
    case 'MAP':
    case 'ROW':
      return { name: 'binary' };
    default:
      return unreachable(type);
  }
}

/**
 * The SQL type of a column of any Arrow file; null where SQL has none.
 * Unsigned integers take the next wider type, as the values would not fit.
 */
export function sqlType(field: ArrowField): DataType | null {
  const recorded = recordedType(field);
  if (recorded !== null) return recorded;
  const nullable = field.nullable;
  const { type, children } = field;
  switch (type.name) {
    case 'null':
      return { kind: 'NULL', nullable: true };
    case 'bool':
      return { kind: 'BOOLEAN', nullable };
    case 'int':
      return integerType(type.bits, type.signed, nullable);
    case 'float':
      return type.bits === 16 ? null : { kind: type.bits === 32 ? 'FLOAT' : 'DOUBLE', nullable };
    case 'utf8':
    case 'largeUtf8':
      return { kind: 'VARCHAR', length: MAX_LENGTH, nullable };
    case 'binary':
    case 'largeBinary':
      return { kind: 'VARBINARY', length: MAX_LENGTH, nullable };
    case 'fixedBinary':
      return type.width < 1 ? null : { kind: 'BINARY', length: type.width, nullable };
    case 'decimal':
      if (type.bits !== 32 && type.bits !== 64 && type.bits !== 128) return null;
      if (type.precision < 1 || type.precision > 38 || type.scale < 0 || type.scale > type.precision) return null;
      return { kind: 'DECIMAL', precision: type.precision, scale: type.scale, nullable };
    case 'date':
      return { kind: 'DATE', nullable };
    case 'time':
      return { kind: 'TIME', precision: type.unit === 0 ? 0 : 3, nullable };
    case 'timestamp': {
      const precision = type.unit * 3;
      return { kind: type.timezone === null ? 'TIMESTAMP' : 'TIMESTAMP_LTZ', precision, nullable };
    }
    case 'interval':
      return type.unit === 'yearMonth' ? { kind: 'INTERVAL_YEAR_MONTH', nullable } : null;
    case 'duration':
      return { kind: 'INTERVAL_DAY_TIME', nullable };
    case 'list':
    case 'largeList':
    case 'fixedList': {
      if (type.name === 'fixedList' && type.size < 0) return null;
      const element = children.length === 1 ? sqlType(children[0]!) : null;
      return element === null ? null : { kind: 'ARRAY', element, nullable };
    }
    case 'struct': {
      const fields = children.map((child) => ({ name: child.name, type: sqlType(child) }));
      if (fields.some((child) => child.type === null)) return null;
      return { kind: 'ROW', fields: fields as Field[], nullable };
    }
    case 'map': {
      const [key, value] = children[0]?.children ?? [];
      const types = [key, value].map((child) => (child === undefined ? null : sqlType(child)));
      if (types[0] == null || types[1] == null) return null;
      return { kind: 'MAP', key: types[0], value: types[1], nullable };
    }
    default:
      return unreachable(type);
  }
}

function integerType(bits: number, signed: boolean, nullable: boolean): DataType | null {
  if (bits !== 8 && bits !== 16 && bits !== 32 && bits !== 64) return null;
  switch (signed ? bits : bits * 2) {
    case 8:
      return { kind: 'TINYINT', nullable };
    case 16:
      return { kind: 'SMALLINT', nullable };
    case 32:
      return { kind: 'INT', nullable };
    case 64:
      return { kind: 'BIGINT', nullable };
    case 128:
      return { kind: 'DECIMAL', precision: 20, scale: 0, nullable };
    default:
      return null;
  }
}

/** The type that we wrote beside the field, if it fits the Arrow type that is there. */
function recordedType(field: ArrowField): DataType | null {
  const text = field.metadata.get(SQL_TYPE_KEY);
  if (text === undefined) return null;
  let recorded: DataType;
  try {
    recorded = JSON.parse(text) as DataType;
    const fits = (['plain', 'compact'] as const).some(
      (layout) => JSON.stringify(arrowType(recorded, layout)) === JSON.stringify(field.type),
    );
    return fits && recorded.nullable === field.nullable ? recorded : null;
  } catch {
    return null;
  }
}
