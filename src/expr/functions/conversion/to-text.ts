/** Any value as text, as CAST(… AS STRING) prints it. */
import { unreachable } from '../../../base/assert.ts';
import type { DataType } from '../../../types/data-type.ts';
import { formatDecimal } from '../../../types/decimal.ts';
import { formatDouble, formatFloat } from '../../../types/float.ts';
import { formatDayTime, formatYearMonth } from '../../../types/interval.ts';
import { formatDate, formatTime, formatTimestamp, toLocal } from '../../../types/temporal.ts';
import type { TimeZone } from '../../../types/time-zone.ts';
import type { Entries, Value } from '../../../types/value.ts';

/** @param zone what a TIMESTAMP_LTZ is shown in */
export function toText(value: Value, type: DataType, zone: TimeZone): string {
  switch (type.kind) {
    case 'BOOLEAN':
      return value === true ? 'TRUE' : 'FALSE';
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return String(value);
    case 'FLOAT':
      return formatFloat(value as number);
    case 'DOUBLE':
      return formatDouble(value as number);
    case 'DECIMAL':
      return formatDecimal(value as bigint, type.scale);
    case 'CHAR':
    case 'VARCHAR':
      return value as string;
    case 'BINARY':
    case 'VARBINARY':
      return new TextDecoder().decode(value as Uint8Array);
    case 'DATE':
      return formatDate(value as number);
    case 'TIME':
      return formatTime(value as number, type.precision);
    case 'TIMESTAMP':
      return formatTimestamp(value as bigint, type.precision);
    case 'TIMESTAMP_LTZ':
      return formatTimestamp(toLocal(value as bigint, zone), type.precision);
    case 'INTERVAL_YEAR_MONTH':
      return formatYearMonth(value as number);
    case 'INTERVAL_DAY_TIME':
      return formatDayTime(value as bigint);
    case 'ARRAY':
      return `[${(value as readonly Value[]).map((element) => orNull(element, type.element, zone)).join(', ')}]`;
    case 'ROW':
      return `(${(value as readonly Value[]).map((field, i) => orNull(field, type.fields[i]!.type, zone)).join(', ')})`;
    case 'MAP':
      return entries(value, type.key, type.value, zone);
    case 'MULTISET':
      return entries(value, type.element, { kind: 'INT', nullable: false }, zone);
    case 'NULL':
      return 'NULL';
    default:
      return unreachable(type);
  }
}

function entries(value: Value, keyType: DataType, valueType: DataType, zone: TimeZone): string {
  const pairs = (value as Entries).map(([k, v]) => `${orNull(k, keyType, zone)}=${orNull(v, valueType, zone)}`);
  return `{${pairs.join(', ')}}`;
}

function orNull(value: Value, type: DataType, zone: TimeZone): string {
  return value === null ? 'NULL' : toText(value, type, zone);
}
