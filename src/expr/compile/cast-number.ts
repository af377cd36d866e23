/** CAST between numbers and BOOLEAN. Where a conversion is not exact in the kernel, it gives up for that row. */
import { type F32, type F64, f32, f64, type I64, i32, i64, or } from '../../kernel/build.ts';
import { type DataType, isInteger, isNumeric } from '../../types/data-type.ts';
import { integerOperand } from './arithmetic.ts';
import type { GiveUp } from './attempt.ts';
import type { CompileContext } from './context.ts';
import { type Decimal, exact, fitDecimal, isWithin, isZero, rescaleOperand, truncateOperand } from './decimal.ts';
import { asI64, fitsI64, type Operand, operand, rangeOf } from './operand.ts';

/**
 * A conversion to a type. `total`: without giving up, so it may be computed of values that are not valid too; the
 * result's validity is the value's or less.
 */
export interface Conversion {
  readonly total: boolean;
  readonly emit: (value: Operand, to: DataType, context: CompileContext, giveUp: GiveUp) => Operand;
}

export function total(emit: (value: Operand, to: DataType, context: CompileContext) => Operand): Conversion {
  return { total: true, emit };
}

export function partial(emit: Conversion['emit']): Conversion {
  return { total: false, emit };
}

/** The value as it is. */
export const KEEP = total((value, to) => ({ ...value, type: to }));

/** Integers beyond which a double is not exact. */
const EXACT_DOUBLE = 2n ** 53n;
/** The largest power of ten that a double holds exactly. */
const EXACT_POWER = 22;

export function fromNumber(from: DataType, to: DataType): Conversion | null {
  if (to.kind === 'BOOLEAN') return toBoolean(from);
  if (!isNumeric(to)) return null;
  if (from.kind === 'DECIMAL') return fromDecimal(from, to);
  return isInteger(from) ? fromInteger(from, to) : fromReal(from, to);
}

export function fromBoolean(to: DataType): Conversion | null {
  if (to.kind === 'BOOLEAN') return KEEP;
  const asInt = fromInteger({ kind: 'INT', nullable: false }, to);
  if (asInt === null) return null;
  return total((value, type, context) => {
    const int: Operand = { ...value, physical: 'i32', type: { kind: 'INT', nullable: false }, range: [0n, 1n] };
    return asInt.emit(int, type, context, () => {});
  });
}

function toBoolean(from: DataType): Conversion {
  return total((value, to) => {
    if (from.kind === 'DOUBLE') return operand(to, f64.ne(value.value as F64, f64.const(0)), value.valid);
    if (from.kind === 'FLOAT') return operand(to, f32.ne(value.value as F32, f32.const(0)), value.valid);
    return operand(to, i32.eqz(isZero(exact(value))), value.valid);
  });
}

function fromInteger(from: DataType, to: DataType): Conversion | null {
  const as64 = (value: Operand): I64 => asI64(exact(value));
  switch (to.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return total((value, type) => {
        const widens = to.kind === 'BIGINT' || (to.kind === 'INT' && from.kind !== 'BIGINT');
        const result = integerOperand(type, exact(value), value.valid);
        return widens ? { ...result, range: rangeOf(value) } : result;
      });
    case 'FLOAT':
      return total((value, type) => operand(type, f32.convert_i64_s(as64(value)), value.valid));
    case 'DOUBLE':
      return total((value, type) => operand(type, f64.convert_i64_s(as64(value)), value.valid));
    case 'DECIMAL':
      return total((value, type, context) => {
        const target = type as Decimal;
        return fitDecimal(rescaleOperand(exact(value), 0, target.scale, context), target, context);
      });
    default:
      return null;
  }
}

function fromDecimal(from: Decimal, to: DataType): Conversion | null {
  switch (to.kind) {
    case 'DECIMAL':
      return total((value, type, context) => {
        const target = type as Decimal;
        return fitDecimal(rescaleOperand(value, from.scale, target.scale, context), target, context);
      });
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return total((value, type, context) =>
        integerOperand(type, truncateOperand(exact(value), from.scale, context), value.valid),
      );
    case 'DOUBLE':
    case 'FLOAT':
      return decimalToReal(from);
    default:
      return null;
  }
}

/** The quotient of two integers that are exact doubles is the double nearest to the decimal. */
function decimalToReal(from: Decimal): Conversion | null {
  if (from.scale > EXACT_POWER) return null;
  const emit = (value: Operand, to: DataType): Operand => {
    const quotient = f64.div(f64.convert_i64_s(asI64(value)), f64.const(10 ** from.scale));
    return operand(to, to.kind === 'FLOAT' ? f32.demote_f64(quotient) : quotient, value.valid);
  };
  if (from.precision <= 15) return total(emit);
  return partial((value, to, _, giveUp) => {
    const [low, high] = rangeOf(value);
    const wide = !fitsI64([low, high]);
    if (low < -EXACT_DOUBLE || high > EXACT_DOUBLE) {
      giveUp(i32.eqz(isWithin(wide ? value : { ...value, high: null }, EXACT_DOUBLE)));
    }
    return emit(value, to);
  });
}

function fromReal(from: DataType, to: DataType): Conversion | null {
  const single = from.kind === 'FLOAT';
  switch (to.kind) {
    case 'FLOAT':
      if (single) return KEEP;
      return total((value, type) => operand(type, f32.demote_f64(value.value as F64), value.valid));
    case 'DOUBLE':
      if (!single) return KEEP;
      return total((value, type) => operand(type, f64.promote_f32(value.value as F32), value.valid));
    case 'BIGINT':
      return total((value, type) => {
        const whole = single ? i64.trunc_sat_f32_s(value.value as F32) : i64.trunc_sat_f64_s(value.value as F64);
        return operand(type, whole, value.valid);
      });
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
      return total((value, type) => {
        const whole = single ? i32.trunc_sat_f32_s(value.value as F32) : i32.trunc_sat_f64_s(value.value as F64);
        return integerOperand(type, { ...value, physical: 'i64', value: i64.extend_i32_s(whole) }, value.valid);
      });
    case 'DECIMAL':
      return realToDecimal(single);
    default:
      return null;
  }
}

/** Whole numbers; others go through their decimal text. */
function realToDecimal(single: boolean): Conversion {
  return partial((value, to, context, giveUp) => {
    const target = to as Decimal;
    const limit = single ? 2 ** 24 : 2 ** 53;
    const number = context.local('x', single ? f64.promote_f32(value.value as F32) : (value.value as F64));
    const isWhole = f64.eq(f64.trunc(number), number);
    giveUp(or(i32.eqz(f64.lt(f64.abs(number), f64.const(limit))), i32.eqz(isWhole)));
    const whole = operand(
      { kind: 'BIGINT', nullable: false },
      context.local('whole', i64.trunc_sat_f64_s(number)),
      null,
      null,
      [-BigInt(limit), BigInt(limit)],
    );
    return fitDecimal(rescaleOperand(whole, 0, target.scale, context), target, context);
  });
}
