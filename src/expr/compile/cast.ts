/** CAST between numbers, between times, and where nothing changes but the name of the type. The rest is interpreted. */
import { type F32, type F64, f32, f64, i32, i64 } from '../../kernel/build.ts';
import { type DataType, MAX_LENGTH } from '../../types/data-type.ts';
import type { Call } from '../expr.ts';
import { wrapTo } from './arithmetic.ts';
import { floorDivide } from './clock.ts';
import type { CompileContext } from './context.ts';
import { fitDecimal, rescaleOperand } from './decimal.ts';
import { asI32, asI64, type Operand, operand, rangeOf } from './operand.ts';
import type { Compile, CompilerTable } from './table.ts';

type Emit = (value: Operand, to: DataType, context: CompileContext) => Operand;

const SMALL = new Set(['TINYINT', 'SMALLINT', 'INT']);

function keep(value: Operand, to: DataType): Operand {
  return { ...value, type: to };
}

/** The conversion, or null where the interpreter does it. */
function conversion(from: DataType, to: DataType): Emit | null {
  if (from.kind === 'NULL') return null;
  if (SMALL.has(from.kind) || from.kind === 'BIGINT') return fromInteger(from, to);
  switch (from.kind) {
    case 'BOOLEAN':
      return to.kind === 'BOOLEAN' ? keep : null;
    case 'DECIMAL':
      return fromDecimal(from, to);
    case 'FLOAT':
      if (to.kind === 'FLOAT') return keep;
      if (to.kind === 'DOUBLE') return (value) => operand(to, f64.promote_f32(value.value as F32), value.valid);
      return null;
    case 'DOUBLE':
      if (to.kind === 'DOUBLE') return keep;
      if (to.kind === 'FLOAT') return (value) => operand(to, f32.demote_f64(value.value as F64), value.valid);
      return null;
    case 'CHAR':
    case 'VARCHAR':
      return toText(from.length, to, from.kind === 'VARCHAR');
    case 'DATE':
      if (to.kind === 'DATE') return keep;
      return to.kind === 'TIMESTAMP' && to.precision <= 6 ? dateToTimestamp : null;
    case 'TIME':
      return to.kind === 'TIME' && to.precision >= from.precision ? keep : null;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return fromTimestamp(from, to);
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
      return to.kind === from.kind ? keep : null;
    default:
      return null;
  }
}

/** A character type that is as long or longer is the same value; CHAR is padded, so it is interpreted. */
function toText(length: number, to: DataType, variable: boolean): Emit | null {
  if (to.kind === 'VARCHAR') return to.length >= length || to.length === MAX_LENGTH ? keep : null;
  return to.kind === 'CHAR' && !variable && to.length === length ? keep : null;
}

function fromInteger(from: DataType, to: DataType): Emit | null {
  const wide = from.kind === 'BIGINT';
  const as64 = (value: Operand) => (wide ? asI64(value) : i64.extend_i32_s(asI32(value)));
  switch (to.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
      return (value) => {
        const low = wide ? i32.wrap_i64(asI64(value)) : asI32(value);
        return operand(to, wrapTo(to, low), value.valid, null, to.kind === 'INT' && !wide ? rangeOf(value) : undefined);
      };
    case 'BIGINT':
      return (value) => operand(to, as64(value), value.valid, null, rangeOf(value));
    case 'FLOAT':
      return (value) => operand(to, f32.convert_i64_s(as64(value)), value.valid);
    case 'DOUBLE':
      return (value) => operand(to, f64.convert_i64_s(as64(value)), value.valid);
    case 'DECIMAL':
      return (value, _, context) => {
        const exact: Operand = { ...value, physical: 'i64', value: as64(value), high: null, range: rangeOf(value) };
        return fitDecimal(rescaleOperand(exact, 0, to.scale, context), to, context);
      };
    default:
      return null;
  }
}

function fromDecimal(from: DataType & { readonly kind: 'DECIMAL' }, to: DataType): Emit | null {
  switch (to.kind) {
    case 'DECIMAL':
      return (value, _, context) => fitDecimal(rescaleOperand(value, from.scale, to.scale, context), to, context);
    case 'DOUBLE':
      if (from.precision > 15) return null;
      return (value) => operand(to, f64.div(f64.convert_i64_s(asI64(value)), f64.const(10 ** from.scale)), value.valid);
    default:
      return null;
  }
}

const MICROSECONDS_PER_DAY = 86_400_000_000n;

function dateToTimestamp(value: Operand, to: DataType): Operand {
  return operand(to, i64.mul(i64.extend_i32_s(asI32(value)), i64.const(MICROSECONDS_PER_DAY)), value.valid);
}

/** Within one kind of timestamp, to at least as many digits; TIMESTAMP to DATE. */
function fromTimestamp(from: DataType & { readonly precision: number }, to: DataType): Emit | null {
  if (to.kind === from.kind && 'precision' in to && to.precision >= from.precision) {
    if (to.precision <= 6 === from.precision <= 6) return keep;
    return null;
  }
  if (to.kind === 'DATE' && from.kind === 'TIMESTAMP' && from.precision <= 6) {
    return (value) => operand(to, i32.wrap_i64(floorDivide(asI64(value), MICROSECONDS_PER_DAY)), value.valid);
  }
  return null;
}

function cast() {
  return {
    accepts: (call: Call) => conversion(call.args[0]!.type, call.type) !== null,
    emit: (call: Call, context: CompileContext, compile: Compile): Operand => {
      const value = compile(call.args[0]!);
      return conversion(call.args[0]!.type, call.type)!(value, call.type, context);
    },
  };
}

export const CASTS: CompilerTable = { CAST: cast(), TRY_CAST: cast() };
