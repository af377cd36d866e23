/**
 * Rows as the `print` connector of Flink writes them: `+I[1, a, 2024-05-01T10:00]`. Values are those of Java's
 * `toString`: dates and times in ISO form without trailing zeros, intervals as ISO durations, NULL as `null`.
 */
import { unreachable } from '../../base/assert.ts';
import type { DataType } from '../../types/data-type.ts';
import { formatDecimal } from '../../types/decimal.ts';
import { formatDouble, formatFloat } from '../../types/float.ts';
import { ROW_KIND_SHORT, type RowKind } from '../../types/row-kind.ts';
import { floorDiv, formatDate, formatTimestamp } from '../../types/temporal.ts';
import type { Entries, Value } from '../../types/value.ts';

export function formatRow(kind: RowKind, row: readonly Value[], types: readonly DataType[]): string {
  return `${ROW_KIND_SHORT[kind]}[${row.map((value, i) => formatValue(value, types[i]!)).join(', ')}]`;
}

function formatValue(value: Value, type: DataType): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'NULL':
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'CHAR':
    case 'VARCHAR':
      return String(value);
    case 'FLOAT':
      return formatFloat(value as number);
    case 'DOUBLE':
      return formatDouble(value as number);
    case 'DECIMAL':
      return formatDecimal(value as bigint, type.scale);
    case 'BINARY':
    case 'VARBINARY':
      return `[${Array.from(value as Uint8Array, (byte) => (byte << 24) >> 24).join(', ')}]`;
    case 'DATE':
      return formatDate(value as number);
    case 'TIME':
      return isoTime(BigInt(value as number) * NANOS_PER_MILLI);
    case 'TIMESTAMP':
      return isoTimestamp(value as bigint, true);
    case 'TIMESTAMP_LTZ':
      return `${isoTimestamp(value as bigint, false)}Z`;
    case 'INTERVAL_YEAR_MONTH':
      return isoPeriod(value as number);
    case 'INTERVAL_DAY_TIME':
      return isoDuration(value as bigint);
    case 'ARRAY':
      return `[${(value as readonly Value[]).map((element) => formatValue(element, type.element)).join(', ')}]`;
    case 'MAP':
      return formatEntries(value as Entries, type.key, type.value);
    case 'MULTISET':
      return formatEntries(value as Entries, type.element, { kind: 'INT', nullable: false });
    case 'ROW':
      return formatRow(
        0,
        value as readonly Value[],
        type.fields.map((field) => field.type),
      );
    default:
      return unreachable(type);
  }
}

function formatEntries(entries: Entries, key: DataType, value: DataType): string {
  return `{${entries.map(([k, v]) => `${formatValue(k, key)}=${formatValue(v, value)}`).join(', ')}}`;
}

const NANOS_PER_MILLI = 1_000_000n;
const NANOS_PER_SECOND = 1_000_000_000n;
const NANOS_PER_DAY = 86_400n * NANOS_PER_SECOND;

/** @param shortens leaves out seconds that are zero, as LocalDateTime does and Instant does not */
function isoTimestamp(nanos: bigint, shortens: boolean): string {
  const nanoOfDay = nanos - floorDiv(nanos, NANOS_PER_DAY) * NANOS_PER_DAY;
  const date = formatTimestamp(nanos, 0).split(' ')[0];
  const time = isoTime(nanoOfDay);
  return `${date}T${time.length === 5 && !shortens ? `${time}:00` : time}`;
}

/** `10:00`, `10:00:05`, `10:00:05.120`: a fraction has 3, 6 or 9 digits. */
function isoTime(nanoOfDay: bigint): string {
  const seconds = Number(nanoOfDay / NANOS_PER_SECOND);
  const nanos = nanoOfDay % NANOS_PER_SECOND;
  const two = (number: number): string => String(number).padStart(2, '0');
  const minutes = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}`;
  if (seconds % 60 === 0 && nanos === 0n) return minutes;
  return `${minutes}:${two(seconds % 60)}${fraction(nanos)}`;
}

function fraction(nanos: bigint): string {
  if (nanos === 0n) return '';
  const digits = String(nanos).padStart(9, '0');
  if (digits.endsWith('000000')) return `.${digits.slice(0, 3)}`;
  return digits.endsWith('000') ? `.${digits.slice(0, 6)}` : `.${digits}`;
}

/** `P1Y2M`, as Java's Period. */
function isoPeriod(months: number): string {
  const years = Math.trunc(months / 12);
  const rest = months % 12;
  if (months === 0) return 'P0D';
  return `P${years === 0 ? '' : `${years}Y`}${rest === 0 ? '' : `${rest}M`}`;
}

/** `PT26H3M4.5S`, as Java's Duration. */
function isoDuration(millis: bigint): string {
  if (millis === 0n) return 'PT0S';
  const total = Number(millis);
  const hours = Math.trunc(total / 3_600_000);
  const minutes = Math.trunc(total / 60_000) % 60;
  const rest = total % 60_000;
  const seconds = rest === 0 ? '' : `${rest < 0 && rest > -1000 ? '-' : ''}${Math.trunc(rest / 1000)}${tail(rest)}S`;
  return `PT${hours === 0 ? '' : `${hours}H`}${minutes === 0 ? '' : `${minutes}M`}${seconds}`;
}

function tail(millis: number): string {
  const part = Math.abs(millis % 1000);
  return part === 0 ? '' : `.${String(part).padStart(3, '0').replace(/0+$/, '')}`;
}
