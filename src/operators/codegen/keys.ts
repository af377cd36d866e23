/** Hashing and comparing several operands as one key: NULL is a value, NaN is itself, 0.0 is not -0.0 (GROUP BY). */

import { notDistinct } from '../../expr/compile/comparison.ts';
import type { CompileContext } from '../../expr/compile/context.ts';
import { canonicalBits } from '../../expr/compile/equality.ts';
import { asI32, asI64, highOf, type Operand } from '../../expr/compile/operand.ts';
import {
  call,
  conditional,
  type I32,
  type I64,
  i32,
  i64,
  libraryFunction,
  select,
  type Variable,
} from '../../kernel/build.ts';
import { hashLibrary } from '../../kernel/library/hash.ts';

/** 64 bits that stand for the value, equal for identical values; of strings and 128-bit values a hash. */
function bitsOf(value: Operand): I64 {
  switch (value.physical) {
    case 'u8':
    case 'i8':
    case 'i16':
    case 'i32':
      return i64.extend_i32_s(asI32(value));
    case 'i64':
      return asI64(value);
    case 'i128':
      return hash('hash_i128', asI64(value), highOf(value));
    case 'f32':
    case 'f64':
      return canonicalBits(value);
    case 'view':
      return hash('hash_view', asI64(value));
  }
}

/** Whether the column of a key is an integer of at most 64 bits: its values have a range. */
export function isInteger({ physical }: Operand): boolean {
  return physical === 'i8' || physical === 'i16' || physical === 'i32' || physical === 'i64';
}

export function keyAsI64(key: Operand): I64 {
  return key.physical === 'i64' ? asI64(key) : i64.extend_i32_s(asI32(key));
}

/** Integers from `low` on. */
export interface IntegerRange {
  readonly low: bigint;
  readonly length: number;
}

/**
 * Emits `then` for a key in the range, with how far it is from its beginning.
 *
 * @param valid left out: the key is no NULL
 */
export function ifInRange(
  context: CompileContext,
  { low, length }: IntegerRange,
  key: I64,
  then: (offset: Variable<'i32'>) => void,
  valid: I32 | null = null,
): void {
  const { f } = context;
  const wide = context.local('wide', i64.sub(key, i64.const(low)));
  const isIn = i64.lt_u(wide, i64.const(length));
  f.if(valid === null ? isIn : i32.and(valid, isIn), () => then(f.let('offset', i32.wrap_i64(wide))));
}

function hash(name: string, ...operands: readonly I64[]): I64 {
  return call(libraryFunction(hashLibrary, name), ...operands) as I64;
}

const NULL_BITS = i64.const(0x6e756c6c);
/** NULL_KEY of shuffle/kernels.ts. */
const SHUFFLED_NULL = 0x3c6ef372bb67ae85n;

/** A 32-bit hash of the key, well mixed in all bits. */
export function hashKeys(keys: readonly Operand[], context: CompileContext): I32 {
  let state: I64 = i64.const(0);
  keys.forEach((key, i) => {
    const bits = context.local('bits', key.valid === null ? bitsOf(key) : select(key.valid, bitsOf(key), NULL_BITS));
    state = context.local('h', i === 0 ? hash('hash_i64', bits) : hash('hash_combine', state, bits));
  });
  return context.local('hash', i32.wrap_i64(state));
}

/** Low bits of a state's hash that are the key group. */
export function keyGroupBits(maxParallelism: number): number {
  return 32 - Math.clz32(maxParallelism - 1);
}

/**
 * The 32-bit hash under which keyed state is kept: its low bits are the key group that the shuffle hands the key to, so
 * that rows of one key group stay together.
 */
export function stateHash(keys: readonly Operand[], context: CompileContext, maxParallelism: number): I32 {
  let state: I64 = i64.const(0);
  for (const key of keys) {
    const bits = context.local('bits', key.valid === null ? shuffleBits(key) : shuffleBitsOrNull(key, key.valid));
    state = context.local('h', hash('hash_combine', state, bits));
  }
  const spread = i32.wrap_i64(i64.shr_u(state, i64.const(20)));
  const keyGroup = i32.rem_u(spread, i32.const(maxParallelism));
  const rest = i32.shl(i32.wrap_i64(state), i32.const(keyGroupBits(maxParallelism)));
  return context.local('hash', i32.or(rest, keyGroup));
}

/** The bits of a value as the kernels of the shuffle take them (shuffle/kernels.ts): integers without a sign. */
function shuffleBits(value: Operand): I64 {
  switch (value.physical) {
    case 'u8':
    case 'i8':
      return i64.extend_i32_u(i32.and(asI32(value), i32.const(0xff)));
    case 'i16':
      return i64.extend_i32_u(i32.and(asI32(value), i32.const(0xffff)));
    case 'i32':
      return i64.extend_i32_u(asI32(value));
    case 'i64':
      return asI64(value);
    case 'i128':
      return hash('hash_combine', asI64(value), highOf(value));
    case 'f32':
    case 'f64':
      return canonicalBits(value);
    case 'view':
      return hash('hash_view', asI64(value));
  }
}

/** What a view of NULL points at is not looked at. */
function shuffleBitsOrNull(value: Operand, valid: I32): I64 {
  const bits = shuffleBits(value);
  const choose = value.physical === 'view' ? conditional<'i64'> : select<'i64'>;
  return choose(valid, bits, i64.const(SHUFFLED_NULL));
}

/** Whether two keys are the same group. */
export function sameKeys(a: readonly Operand[], b: readonly Operand[], context: CompileContext): I32 {
  let same: I32 | null = null;
  a.forEach((left, i) => {
    const equal = notDistinct(left, b[i]!, context);
    same = same === null ? equal : i32.and(same, equal);
  });
  return same ?? i32.const(1);
}
