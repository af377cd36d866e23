/** CAST between dates, times and timestamps. */
import { type I64, i32, i64 } from '../../kernel/build.ts';
import { type DataType, isTimestamp } from '../../types/data-type.ts';
import { type Conversion, KEEP, partial, total } from './cast-number.ts';
import { daysOf, floorDivide, isNarrow, isUtc, localMicros, microOfDay } from './clock.ts';
import type { CompileContext } from './context.ts';
import { exact, floorOperand, rescaleOperand } from './decimal.ts';
import { asI32, asI64, type Operand, operand } from './operand.ts';

type Precise = DataType & { readonly precision: number };

export function fromTime(from: DataType, to: DataType, context: CompileContext): Conversion | null {
  if (isTimestamp(to)) return toTimestamp(from, to, context);
  if (!isNarrow(from)) return null;
  switch (to.kind) {
    case 'DATE':
      if (from.kind === 'DATE') return KEEP;
      return partial((value, type, at) => operand(type, daysOf(value, at), null));
    case 'TIME':
      return partial((value, type, at) => timeOf(value, type as Precise, at));
    default:
      return null;
  }
}

/** Milliseconds of the day, cut to the precision. */
function timeOf(value: Operand, type: Precise, context: CompileContext): Operand {
  const unit = 10 ** Math.max(0, 3 - type.precision);
  const millis =
    value.type.kind === 'TIME' ? asI32(value) : i32.wrap_i64(i64.div_s(microOfDay(value, context), i64.const(1000)));
  const whole = context.local('ms', millis);
  return operand(type, unit === 1 ? whole : i32.sub(whole, i32.rem_s(whole, i32.const(unit))), null);
}

/** An instant becomes local, a local time an instant where the zone is UTC. */
function toTimestamp(from: DataType, to: Precise, context: CompileContext): Conversion | null {
  const sameKind = from.kind === to.kind;
  const toInstant = to.kind === 'TIMESTAMP_LTZ' && !sameKind;
  if (toInstant && !isUtc(context)) return null;
  if (!isNarrow(from)) return sameKind || isUtc(context) ? fromWide(from as Precise, to) : null;
  const digits = isTimestamp(from) ? from.precision : 3;
  if (sameKind && to.precision >= digits && to.precision <= 6) return KEEP;
  return partial((value, type, at) => {
    const micros = at.local('us', sameKind ? asI64(value) : localMicros(value, at));
    if (to.precision <= 6) return operand(type, to.precision < digits ? cut(micros, to.precision) : micros, null);
    const range = [-(2n ** 63n), 2n ** 63n - 1n] as const;
    const nanos = rescaleOperand({ ...operand(from, micros, null, null, range), physical: 'i64' }, 0, 3, at);
    return operand(type, nanos.value, null, nanos.high);
  });
}

/** Microseconds cut to so many digits of the second, towards the past. */
function cut(micros: I64, precision: number): I64 {
  const unit = 10n ** BigInt(6 - precision);
  return unit === 1n ? micros : i64.mul(floorDivide(micros, unit), i64.const(unit));
}

/** Of nanoseconds, whatever the zone. */
function fromWide(from: Precise, to: Precise): Conversion {
  if (to.precision >= from.precision) return KEEP;
  return total((value, type, context) => {
    const unit = 9 - to.precision;
    const floored = floorOperand(exact(value), unit, context);
    const back = rescaleOperand(floored, 0, to.precision <= 6 ? 6 - to.precision : unit, context);
    return operand(type, back.value, value.valid, to.precision <= 6 ? null : back.high);
  });
}
