/**
 * The compiled accumulators. An aggregate call is made of primitives that calls share: AVG(x) is the SUM(x) and
 * COUNT(x) that SUM(x) and COUNT(x) beside it use. Each primitive keeps one or two fields of the group's row.
 */

import { wrapTo } from '../../expr/compile/arithmetic.ts';
import type { CompileContext } from '../../expr/compile/context.ts';
import { addWide } from '../../expr/compile/decimal.ts';
import { lessThan } from '../../expr/compile/equality.ts';
import { asI32, asI64, fitsI64, nullOperand, type Operand, operand, rangeOf } from '../../expr/compile/operand.ts';
import { type F32, type F64, f32, f64, type I32, type I64, i32, i64, not } from '../../kernel/build.ts';
import { BIGINT, type DataType, decimal, nullable } from '../../types/data-type.ts';
import type { FieldAccess } from '../codegen/row-layout.ts';
import type { StringStore } from '../codegen/string-heap.ts';

/** Where a primitive's fields are: `base` is the index of its first field in the layout. */
export interface Place {
  readonly layout: FieldAccess;
  readonly row: I32;
  readonly base: number;
  readonly strings: StringStore;
  /** Groups have at most so many rows; undefined: unknown. */
  readonly rowsAtMost?: number | undefined;
}

export interface Primitive {
  /** Equal keys: the same accumulator. */
  readonly key: string;
  /** Index of the input column, or null (COUNT(*)). */
  readonly arg: number | null;
  readonly filter: number | null;
  /** Takes the rows whose argument is NULL, not the others. */
  readonly ofNulls: boolean;
  /** Sees each argument once per group. */
  readonly distinct: boolean;
  readonly fields: readonly DataType[];
  readonly initialise: (at: Place, context: CompileContext) => void;
  /** Adds, or for `retract` takes back, a valid argument. */
  readonly update: (at: Place, arg: Operand | null, retract: boolean, context: CompileContext) => void;
  /** Adds another accumulator's fields. */
  readonly merge: (at: Place, other: readonly Operand[], context: CompileContext) => void;
}

const COUNT_TYPE = nullable(BIGINT, false);

function keyOf(name: string, arg: number | null, filter: number | null): string {
  return `${name}(${arg ?? '*'})${filter === null ? '' : ` FILTER ${filter}`}`;
}

function increment(at: Place, by: I64, context: CompileContext): void {
  const count = at.layout.load(at.row, at.base);
  at.layout.store(context.f, at.row, at.base, operand(COUNT_TYPE, i64.add(asI64(count), by), null));
}

/** Rows, or valid arguments. */
export function countPrimitive(arg: number | null, filter: number | null): Primitive {
  return counter(keyOf('COUNT', arg, filter), arg, filter, false);
}

/**
 * Arguments that are NULL: what COUNT(arg) lacks to COUNT(*). Costs nothing where a batch is known to have none, so
 * that calls on several columns are one counter.
 */
export function nullsPrimitive(arg: number): Primitive {
  return counter(keyOf('NULLS', arg, null), arg, null, true);
}

function counter(key: string, arg: number | null, filter: number | null, ofNulls: boolean): Primitive {
  return {
    key,
    arg,
    filter,
    ofNulls,
    distinct: false,
    fields: [COUNT_TYPE],
    initialise: (at, context) => at.layout.store(context.f, at.row, at.base, operand(COUNT_TYPE, i64.const(0), null)),
    update: (at, _, retract, context) => increment(at, i64.const(retract ? -1 : 1), context),
    merge: (at, [other], context) => increment(at, asI64(other!), context),
  };
}

/** The type in which a SUM or an AVG adds up: Flink's. */
export function sumType(arg: DataType, average: boolean): DataType {
  switch (arg.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
      return average ? COUNT_TYPE : nullable(arg, false);
    case 'DECIMAL':
      return decimal(38, arg.scale);
    case 'FLOAT':
      return average ? { kind: 'DOUBLE', nullable: false } : nullable(arg, false);
    default:
      return nullable(arg, false);
  }
}

/** The sum of valid arguments, 0 without any. Integers wrap around. */
export function sumPrimitive(arg: number, filter: number | null, type: DataType): Primitive {
  const add = (at: Place, value: Operand, subtract: boolean, context: CompileContext): void => {
    if (type.kind === 'DECIMAL' && value.high === null && !subtract) {
      addNarrow(at, value, context);
      return;
    }
    const sum = at.layout.load(at.row, at.base);
    at.layout.store(context.f, at.row, at.base, combine(sum, value, type, subtract, context));
  };
  return {
    key: `${keyOf('SUM', arg, filter)} ${type.kind}`,
    arg,
    filter,
    ofNulls: false,
    distinct: false,
    fields: [type],
    initialise: (at, context) =>
      at.layout.store(context.f, at.row, at.base, { ...nullOperand(type), valid: null, range: [0n, 0n] }),
    update: (at, value, retract, context) => add(at, value!, retract, context),
    merge: (at, [other], context) => add(at, other!, false, context),
  };
}

/** Adds 64 bits to a sum of 128, whose upper half seldom changes, or, for few rows of small numbers, never. */
function addNarrow(at: Place, value: Operand, context: CompileContext): void {
  const { f } = context;
  const [low, high] = rangeOf(value);
  const kept = at.layout.load(at.row, at.base);
  const store = (half: 'low' | 'high', to: I64): void => at.layout.storeHalf(f, at.row, at.base, half, to);
  if (low >= 0n && at.rowsAtMost !== undefined && fitsI64([low, high * BigInt(at.rowsAtMost)])) {
    store('low', i64.add(asI64(kept), asI64(value)));
    return;
  }
  const addend = context.local('addend', asI64(value));
  const before = f.let('low', asI64(kept));
  const after = f.let('sum', i64.add(before, addend));
  store('low', after);
  const wraps = i64.extend_i32_u(i64.lt_u(after, before));
  const carry = f.let('carry', low >= 0n ? wraps : i64.add(i64.shr_s(addend, i64.const(63)), wraps));
  f.if(i64.ne(carry, i64.const(0)), () => {
    store('high', i64.add(kept.high!, carry));
  });
}

function combine(sum: Operand, value: Operand, type: DataType, subtract: boolean, context: CompileContext): Operand {
  const op = subtract ? 'sub' : 'add';
  switch (type.kind) {
    case 'DECIMAL':
      return addWide({ ...sum, high: sum.high }, value, subtract, context);
    case 'DOUBLE': {
      const wide = value.physical === 'f32' ? f64.promote_f32(value.value as F32) : (value.value as F64);
      return operand(type, f64[op](sum.value as F64, wide), null);
    }
    case 'FLOAT':
      return operand(type, f32[op](sum.value as F32, value.value as F32), null);
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME': {
      const wide = value.physical === 'i64' ? asI64(value) : i64.extend_i32_s(asI32(value));
      return operand(type, i64[op](asI64(sum), wide), null);
    }
    default:
      return operand(type, wrapTo(type, i32[op](asI32(sum), asI32(value))), null);
  }
}

/** The least or greatest valid argument; NULL without any. Cannot be taken back. */
export function extremePrimitive(arg: number, filter: number | null, type: DataType, greatest: boolean): Primitive {
  const field = nullable(type, true);
  const offer = (at: Place, value: Operand, context: CompileContext): void => {
    const kept = at.layout.load(at.row, at.base);
    const better = context.f.let('better', not(kept.valid!));
    context.f.if(not(better), () => {
      context.scoped(() => {
        const current = context.bind(kept, 'kept');
        context.f.set(better, greatest ? lessThan(current, value, context) : lessThan(value, current, context));
      });
    });
    context.f.if(better, () => {
      at.strings.releaseField(context.f, at.layout, at.row, at.base);
      at.layout.store(context.f, at.row, at.base, at.strings.own(value));
    });
  };
  return {
    key: keyOf(greatest ? 'MAX' : 'MIN', arg, filter),
    arg,
    filter,
    ofNulls: false,
    distinct: false,
    fields: [field],
    initialise: (at, context) => at.layout.store(context.f, at.row, at.base, nullOperand(field)),
    update: (at, value, _, context) => offer(at, { ...value!, valid: null }, context),
    merge: (at, [other], context) => {
      context.f.if(other!.valid ?? i32.const(1), () => offer(at, { ...other!, valid: null }, context));
    },
  };
}

/** The same accumulator over distinct arguments. */
export function distinctPrimitive(primitive: Primitive): Primitive {
  return { ...primitive, key: `DISTINCT ${primitive.key}`, distinct: true };
}
