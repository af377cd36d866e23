/** How stored values become ours: the SQL type of a Parquet column, and the kernel that converts it to the table's. */
import { type DataType, MAX_LENGTH } from '../../../types/data-type.ts';
import {
  BOOLEAN,
  BYTE_ARRAY,
  DOUBLE,
  FIXED_LEN_BYTE_ARRAY,
  FLOAT,
  INT32,
  INT64,
  INT96,
  type LogicalType,
  type ParquetColumn,
} from './metadata.ts';

/** A function of `convertLibrary` with its parameter, or none where the stored bytes are ours. */
export interface Conversion {
  /** Bytes of a stored value as PLAIN pages hold it; views of strings, 8; booleans, 1. */
  readonly storedWidth: number;
  readonly kernel: string | null;
  readonly parameter: bigint;
}

/** The SQL type of a flat column, or null where there is none. */
export function inferredType(column: ParquetColumn): DataType | null {
  if (column.maxRepetition > 0 || column.maxDefinition > 1 || column.path.length > 1) return null;
  const nullable = column.maxDefinition === 1;
  const { logical } = column;
  switch (column.physical) {
    case BOOLEAN:
      return { kind: 'BOOLEAN', nullable };
    case INT32:
    case INT64:
      return integerType(column, logical, nullable);
    case INT96:
      return { kind: 'TIMESTAMP', precision: 9, nullable };
    case FLOAT:
      return { kind: 'FLOAT', nullable };
    case DOUBLE:
      return { kind: 'DOUBLE', nullable };
    case BYTE_ARRAY:
      if (logical?.name === 'decimal') return decimalType(logical, nullable);
      if (logical?.name === 'string' || logical?.name === 'json' || logical?.name === 'enum') {
        return { kind: 'VARCHAR', length: MAX_LENGTH, nullable };
      }
      return { kind: 'VARBINARY', length: MAX_LENGTH, nullable };
    case FIXED_LEN_BYTE_ARRAY:
      if (logical?.name === 'decimal') return decimalType(logical, nullable);
      if (logical?.name === 'float16' || logical?.name === 'interval') return null;
      return { kind: 'BINARY', length: column.length, nullable };
    default:
      return null;
  }
}

function integerType(column: ParquetColumn, logical: LogicalType | null, nullable: boolean): DataType | null {
  switch (logical?.name) {
    case 'date':
      return { kind: 'DATE', nullable };
    case 'time':
      return { kind: 'TIME', precision: 3, nullable };
    case 'timestamp': {
      const precision = { ms: 3, us: 6, ns: 9 }[logical.unit];
      return { kind: logical.utc ? 'TIMESTAMP_LTZ' : 'TIMESTAMP', precision, nullable };
    }
    case 'decimal':
      return decimalType(logical, nullable);
    case 'int': {
      const bits = logical.signed ? logical.bits : logical.bits * 2;
      if (bits > 64) return { kind: 'DECIMAL', precision: 20, scale: 0, nullable };
      return { kind: bits <= 8 ? 'TINYINT' : bits <= 16 ? 'SMALLINT' : bits <= 32 ? 'INT' : 'BIGINT', nullable };
    }
    default:
      return { kind: column.physical === INT32 ? 'INT' : 'BIGINT', nullable };
  }
}

function decimalType(logical: LogicalType & { name: 'decimal' }, nullable: boolean): DataType | null {
  const { precision, scale } = logical;
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision) return null;
  return { kind: 'DECIMAL', precision, scale, nullable };
}

/** The conversion to the table's type, or null where the stored type does not fit it. */
export function planConversion(column: ParquetColumn, target: DataType): Conversion | null {
  if (column.maxRepetition > 0 || column.maxDefinition > 1 || column.path.length > 1) return null;
  const as = (storedWidth: number, kernel: string | null, parameter: number | bigint = 0): Conversion => ({
    storedWidth,
    kernel,
    parameter: BigInt(parameter),
  });
  const { logical } = column;
  switch (column.physical) {
    case BOOLEAN:
      return target.kind === 'BOOLEAN' ? as(1, null) : null;
    case INT32:
      return fromInt32(logical, target, as);
    case INT64:
      return fromInt64(logical, target, as);
    case INT96:
      if (target.kind !== 'TIMESTAMP' && target.kind !== 'TIMESTAMP_LTZ') return null;
      return as(12, target.precision <= 6 ? 'int96_to_i64' : 'int96_to_i128');
    case FLOAT:
      return target.kind === 'FLOAT' ? as(4, null) : target.kind === 'DOUBLE' ? as(4, 'f32_to_f64') : null;
    case DOUBLE:
      return target.kind === 'DOUBLE' ? as(8, null) : null;
    case BYTE_ARRAY:
      if (target.kind === 'DECIMAL') {
        if (!sameScale(logical, target)) return null;
        return as(8, target.precision <= 18 ? 'views_to_i64' : 'views_to_i128');
      }
      return isBytes(target) && logical?.name !== 'decimal' ? as(8, null) : null;
    case FIXED_LEN_BYTE_ARRAY:
      if (target.kind === 'DECIMAL') {
        if (!sameScale(logical, target)) return null;
        return as(column.length, target.precision <= 18 ? 'fixed_to_i64' : 'fixed_to_i128', column.length);
      }
      return isBytes(target) && logical?.name !== 'decimal' ? as(column.length, 'fixed_to_views', column.length) : null;
    default:
      return null;
  }
}

type Make = (storedWidth: number, kernel: string | null, parameter?: number | bigint) => Conversion;

function fromInt32(logical: LogicalType | null, target: DataType, as: Make): Conversion | null {
  const unsigned = logical?.name === 'int' && !logical.signed && logical.bits === 32;
  switch (target.kind) {
    case 'TINYINT':
      return isPlainInteger(logical) && bitsOf(logical, 32) <= 8 ? as(4, 'i32_to_i8') : null;
    case 'SMALLINT':
      return isPlainInteger(logical) && bitsOf(logical, 32) <= 16 ? as(4, 'i32_to_i16') : null;
    case 'INT':
      return isPlainInteger(logical) && !unsigned ? as(4, null) : null;
    case 'BIGINT':
      if (!isPlainInteger(logical)) return null;
      return unsigned ? as(4, 'u32_to_i64') : as(4, 'i32_to_i64', 1);
    case 'DATE':
      return logical === null || logical.name === 'date' ? as(4, null) : null;
    case 'TIME':
      return logical === null || logical.name === 'time' ? as(4, null) : null;
    case 'DECIMAL':
      if (!sameScale(logical, target)) return null;
      return target.precision <= 18 ? as(4, 'i32_to_i64', 1) : as(4, 'i32_to_i128');
    default:
      return null;
  }
}

function fromInt64(logical: LogicalType | null, target: DataType, as: Make): Conversion | null {
  const unsigned = logical?.name === 'int' && !logical.signed && logical.bits === 64;
  switch (target.kind) {
    case 'TINYINT':
      return isPlainInteger(logical) && bitsOf(logical, 64) <= 8 ? as(8, 'i64_to_i8') : null;
    case 'SMALLINT':
      return isPlainInteger(logical) && bitsOf(logical, 64) <= 16 ? as(8, 'i64_to_i16') : null;
    case 'INT':
      return isPlainInteger(logical) && bitsOf(logical, 64) <= 32 ? as(8, 'i64_to_i32', 1) : null;
    case 'BIGINT':
      return isPlainInteger(logical) && !unsigned ? as(8, null) : null;
    case 'INTERVAL_DAY_TIME':
      return logical === null ? as(8, null) : null;
    case 'TIME':
      if (logical?.name !== 'time') return null;
      return as(8, 'i64_to_i32', logical.unit === 'us' ? 1000 : 1_000_000);
    case 'DECIMAL':
      if (unsigned && target.precision >= 20 && target.scale === 0) return as(8, 'u64_to_i128');
      if (!sameScale(logical, target)) return null;
      return target.precision <= 18 ? as(8, null) : as(8, 'i64_to_i128', 1);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      if (logical?.name !== 'timestamp') return null;
      const perUnit = { ms: 1_000_000, us: 1000, ns: 1 }[logical.unit];
      if (target.precision > 6) return as(8, 'i64_to_i128', perUnit);
      if (logical.unit === 'us') return as(8, null);
      return logical.unit === 'ms' ? as(8, 'i64_multiply', 1000) : as(8, 'i64_divide', 1000);
    }
    default:
      return null;
  }
}

function isPlainInteger(logical: LogicalType | null): boolean {
  return logical === null || logical.name === 'int' || (logical.name === 'decimal' && logical.scale === 0);
}

/** Bits that values can have as signed numbers. */
function bitsOf(logical: LogicalType | null, stored: number): number {
  if (logical?.name !== 'int') return stored;
  return logical.signed ? logical.bits : logical.bits + 1;
}

function sameScale(logical: LogicalType | null, target: DataType & { readonly kind: 'DECIMAL' }): boolean {
  if (logical === null || logical.name === 'int') return target.scale === 0 && target.precision >= 19;
  return logical.name === 'decimal' && logical.scale === target.scale && logical.precision <= target.precision;
}

function isBytes(type: DataType): boolean {
  return type.kind === 'CHAR' || type.kind === 'VARCHAR' || type.kind === 'BINARY' || type.kind === 'VARBINARY';
}
