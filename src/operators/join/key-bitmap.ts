/**
 * Which integers of a range are keys, a bit for each, and for every word of 32 bits how many keys come before it: so a
 * bit gives the number of its key, and what belongs to a key is found in an array without a gap. A sixteenth of an
 * array over the whole range, so lookups of what is not there mostly stay in the cache.
 */
import type { CompileContext } from '../../expr/compile/context.ts';
import { type I32, type I64, i32, i64, type Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import { kernels } from '../../kernel/text.ts';
import { type IntegerRange, ifInRange } from '../codegen/keys.ts';

/** Keys of a word. */
const WORD_KEYS = 32;
/** A word of bits, and above it the keys before. */
const ENTRY_BYTES = 8;

/** The range is that of the keys that have a bit. */
export interface KeyBitmap extends IntegerRange {
  readonly address: number;
}

export const bitmapLibrary = kernels('key-bitmap')`
  // Counts the keys before each word; gives how many there are.
  fn rank_keys(entries: i32, bytes: i32): i32 {
    let keys: i32 = 0;
    for (let entry = entries; ltu(entry, entries + bytes); entry += ${ENTRY_BYTES}) {
      store.i32(entry, keys, 4);
      keys += popcnt(load.i32(entry));
    }
    return keys;
  }
`;

/** Bytes of a bitmap over so many keys. */
export function bitmapBytes(length: number): number {
  return Math.ceil(length / WORD_KEYS) * ENTRY_BYTES;
}

/** Emits the setting of the bit of a key, which is in the range. */
export function markKey(f: FunctionBuilder, bitmap: KeyBitmap, key: I64): void {
  const offset = f.let('offset', i32.wrap_i64(i64.sub(key, i64.const(bitmap.low))));
  const entry = f.let('entry', entryOf(bitmap, offset));
  f.do(i32.store(entry, i32.or(i32.load(entry), i32.shl(i32.const(1), offset))));
}

/** Emits the test whether an integer is a key: 1 or 0. */
export function hasKey(context: CompileContext, bitmap: KeyBitmap, key: I64): Variable<'i32'> {
  const { f } = context;
  const found = f.let('found', i32.const(0));
  ifInRange(context, bitmap, key, (offset) => {
    f.set(found, i32.and(i32.shr_u(i32.load(entryOf(bitmap, offset)), offset), i32.const(1)));
  });
  return found;
}

/** Emits `then` for an integer that is a key, with its number among the keys. */
export function ifKey(context: CompileContext, bitmap: KeyBitmap, key: I64, then: (rank: I32) => void): void {
  const { f } = context;
  ifInRange(context, bitmap, key, (offset) => {
    const entry = f.let('entry', i64.load(entryOf(bitmap, offset)));
    const bits = f.let('bits', i32.wrap_i64(entry));
    f.if(i32.and(i32.shr_u(bits, offset), i32.const(1)), () => {
      const before = i32.and(bits, i32.sub(i32.shl(i32.const(1), offset), i32.const(1)));
      then(i32.add(i32.wrap_i64(i64.shr_u(entry, i64.const(32))), i32.popcnt(before)));
    });
  });
}

function entryOf(bitmap: KeyBitmap, offset: I32): I32 {
  const word = i32.shr_u(offset, i32.const(Math.log2(WORD_KEYS)));
  return i32.add(i32.address(bitmap.address), i32.mul(word, i32.const(ENTRY_BYTES)));
}
