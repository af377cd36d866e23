/**
 * How a SQL type lies in linear memory. A column is `rowCount` values of fixed width, one after another, and one
 * validity byte per row (1 = valid) when it can hold NULLs.
 *
 * Two departures from Arrow's layout, both measured as simpler and faster inside kernels; files and public results are
 * plain Arrow: validity is a byte per row, so that a kernel writes one row without reading its neighbours, and a string
 * is a 64-bit view (low 32 bits: address, high 32 bits: byte length), so that a filter, a join or a sort moves 8 bytes.
 *
 * ARRAY, MAP, MULTISET and ROW are views of an encoded blob, position independent and canonical, so that they are
 * hashed and compared as bytes (columnar/nested.ts).
 */
import { unreachable } from '../base/assert.ts';
import type { DataType } from '../types/data-type.ts';

export type PhysicalType = 'u8' | 'i8' | 'i16' | 'i32' | 'i64' | 'i128' | 'f32' | 'f64' | 'view';

/** Bytes per value. */
export const WIDTH: Readonly<Record<PhysicalType, number>> = {
  u8: 1,
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  i128: 16,
  f32: 4,
  f64: 8,
  view: 8,
};

/** DECIMAL to 18 digits and TIMESTAMP to microseconds are one 64-bit integer; wider ones are two. */
export function physicalType(type: DataType): PhysicalType {
  switch (type.kind) {
    case 'BOOLEAN':
    case 'NULL':
      return 'u8';
    case 'TINYINT':
      return 'i8';
    case 'SMALLINT':
      return 'i16';
    case 'INT':
    case 'DATE': // days since 1970-01-01
    case 'TIME': // milliseconds of the day
    case 'INTERVAL_YEAR_MONTH': // months
      return 'i32';
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME': // milliseconds
      return 'i64';
    case 'DECIMAL': // the unscaled value
      return type.precision <= 18 ? 'i64' : 'i128';
    case 'TIMESTAMP': // microseconds since the epoch, or nanoseconds past six digits
    case 'TIMESTAMP_LTZ':
      return type.precision <= 6 ? 'i64' : 'i128';
    case 'FLOAT':
      return 'f32';
    case 'DOUBLE':
      return 'f64';
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
    case 'ARRAY':
    case 'MULTISET':
    case 'MAP':
    case 'ROW':
      return 'view';
    default:
      return unreachable(type);
  }
}
