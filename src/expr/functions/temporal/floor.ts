/** FLOOR and CEIL: of numbers to an integer, of dates and times to a unit (weeks start on Sunday, as in Flink). */
import { addMonths, civilFromDays, daysFromCivil, isoDayOfWeek } from '../../../types/calendar.ts';
import { type DataType, isDatetime, isNumeric, nullable } from '../../../types/data-type.ts';
import { floorDiv, NANOS_PER_MILLI, splitTimestamp, timestampOf, toInstant } from '../../../types/temporal.ts';
import type { Value } from '../../../types/value.ts';
import { ceilNumber, floorNumber, integralType } from '../arithmetic/integral.ts';
import {
  type CallShape,
  defineScalar,
  type Evaluation,
  type Inference,
  type ScalarFunction,
  zoneOf,
} from '../define.ts';
import { localNanos } from './extract.ts';
import { unitLength, unitName } from './units.ts';

function inferFloor(shape: CallShape): Inference {
  const type = shape.types[0]!;
  if (shape.types.length === 1) {
    return isNumeric(type) ? { type: nullable(integralType(type), type.nullable) } : { error: 'it takes a number' };
  }
  if (!isDatetime(type)) return { error: 'it takes a date or a time' };
  const unit = String(shape.literals[1]);
  return unitLength(unit) === null ? { error: `${unit} is not a unit of time` } : { type };
}

/** The start of the unit that holds the timestamp. */
function floorTo(nanos: bigint, unit: string): bigint {
  const length = unitLength(unit)!;
  const { days } = splitTimestamp(nanos);
  if (unit === 'WEEK') return timestampOf(days - (isoDayOfWeek(days) % 7), 0n);
  if (length.kind === 'nanos') return floorDiv(nanos, length.nanos) * length.nanos;
  const { year, month } = civilFromDays(days);
  return timestampOf(firstDay(year, month, unit, length.months), 0n);
}

/** Centuries and millennia begin with the year 1 of theirs: 2001, not 2000. */
function firstDay(year: number, month: number, unit: string, months: number): number {
  if (unit === 'CENTURY' || unit === 'MILLENNIUM') {
    const years = months / 12;
    return daysFromCivil(Math.floor((year - 1) / years) * years + 1, 1, 1);
  }
  const total = Math.floor((year * 12 + month - 1) / months) * months;
  return daysFromCivil(Math.floor(total / 12), (total % 12) + 1, 1);
}

function ceilTo(nanos: bigint, unit: string): bigint {
  const floor = floorTo(nanos, unit);
  if (floor === nanos) return nanos;
  const length = unitLength(unit)!;
  if (length.kind === 'nanos') return floor + length.nanos;
  return timestampOf(addMonths(splitTimestamp(floor).days, length.months), 0n);
}

/** A rounded local timestamp as a value of the type. */
function fromLocal(nanos: bigint, type: DataType, call: Evaluation): Value {
  switch (type.kind) {
    case 'DATE':
      return splitTimestamp(nanos).days;
    case 'TIME':
      return Number(splitTimestamp(nanos).nanoOfDay / NANOS_PER_MILLI);
    case 'TIMESTAMP_LTZ':
      return toInstant(nanos, zoneOf(call));
    default:
      return nanos;
  }
}

function isDayOrLonger(unit: string): boolean {
  const length = unitLength(unit)!;
  return length.kind === 'months' || length.nanos >= 86_400_000_000_000n;
}

function rounder(
  name: string,
  aliases: readonly string[],
  doc: string,
  number: (x: Value, type: DataType) => Value,
  temporal: (nanos: bigint, unit: string) => bigint,
): ScalarFunction {
  return defineScalar({
    name,
    aliases,
    arity: [1, 2],
    signature: '(NUMERIC)\n(DATETIME TO unit)',
    doc,
    infer: inferFloor,
    evaluate: ([value, symbol], call) => {
      const type = call.argTypes[0]!;
      if (symbol === undefined) return number(value!, type);
      const unit = unitName(symbol as string);
      if (type.kind === 'TIME' && isDayOrLonger(unit)) return value!;
      return fromLocal(temporal(localNanos(value!, type, call), unit), type, call);
    },
  });
}

export const floor = rounder(
  'FLOOR',
  [],
  'The greatest integer not above the number; the start of the unit.',
  floorNumber,
  floorTo,
);
export const ceil = rounder(
  'CEIL',
  ['CEILING'],
  'The least integer not below the number; the start of the next unit, unless it is one already.',
  ceilNumber,
  ceilTo,
);
