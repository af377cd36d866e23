/** Hashing and comparing several operands as one key: NULL is a value, NaN is itself, 0.0 is not -0.0 (GROUP BY). */

import { notDistinct } from '../../expr/compile/comparison.ts';
import type { CompileContext } from '../../expr/compile/context.ts';
import { canonicalBits } from '../../expr/compile/equality.ts';
import { asI32, asI64, highOf, type Operand } from '../../expr/compile/operand.ts';
import { call, type I32, type I64, i32, i64, libraryFunction, select } from '../../kernel/build.ts';
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

function hash(name: string, ...operands: readonly I64[]): I64 {
  return call(libraryFunction(hashLibrary, name), ...operands) as I64;
}

const NULL_BITS = i64.const(0x6e756c6c);

/** A 32-bit hash of the key, well mixed in all bits. */
export function hashKeys(keys: readonly Operand[], context: CompileContext): I32 {
  let state: I64 = i64.const(0);
  keys.forEach((key, i) => {
    const bits = context.local('bits', key.valid === null ? bitsOf(key) : select(key.valid, bitsOf(key), NULL_BITS));
    state = context.local('h', i === 0 ? hash('hash_i64', bits) : hash('hash_combine', state, bits));
  });
  return context.local('hash', i32.wrap_i64(state));
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
