/** Values as Flink's Row prints them: Java's toString of its internal classes. */

import { toText } from '../../../../src/expr/functions/conversion/to-text.ts';
import type { DataType } from '../../../../src/types/data-type.ts';
import { formatBigDecimal } from '../../../../src/types/decimal.ts';
import { formatTimestamp } from '../../../../src/types/temporal.ts';
import { UTC } from '../../../../src/types/time-zone.ts';
import type { Entries, Value } from '../../../../src/types/value.ts';

export function rowText(value: Value, type: DataType): string {
  if (value === null) return 'null';
  switch (type.kind) {
    case 'BOOLEAN':
      return String(value);
    case 'DECIMAL':
      return formatBigDecimal(value as bigint, type.scale);
    case 'TIMESTAMP':
      return javaDateTime(value as bigint);
    case 'TIMESTAMP_LTZ':
      return `${javaDateTime(value as bigint, true)}Z`;
    case 'TIME':
      return toText(value, { ...type, precision: 3 }, UTC)
        .replace(/\.000$/, '')
        .replace(/(?<=^..:..):00$/, '');
    case 'ARRAY':
      return `[${(value as readonly Value[]).map((each) => rowText(each, type.element)).join(', ')}]`;
    case 'ROW':
      return `+I[${(value as readonly Value[]).map((each, i) => rowText(each, type.fields[i]!.type)).join(', ')}]`;
    case 'MULTISET':
      return entries(value as Entries, (each) => rowText(each, type.element), String);
    case 'MAP':
      return entries(
        value as Entries,
        (each) => rowText(each, type.key),
        (each) => rowText(each, type.value),
      );
    default:
      return toText(value, type, UTC);
  }
}

function entries(pairs: Entries, key: (value: Value) => string, val: (value: Value) => string): string {
  return `{${pairs.map(([k, v]) => `${key(k)}=${val(v)}`).join(', ')}}`;
}

function javaDateTime(nanos: bigint, instant = false): string {
  const [date = '', time = ''] = formatTimestamp(nanos, 9).split(' ');
  const [clock = '', fraction = ''] = time.split('.');
  const digits = fraction.endsWith('000000')
    ? fraction.slice(0, 3)
    : fraction.endsWith('000')
      ? fraction.slice(0, 6)
      : fraction;
  if (Number(fraction) > 0) return `${date}T${clock}.${digits}`;
  return `${date}T${clock.endsWith(':00') && !instant ? clock.slice(0, 5) : clock}`;
}
