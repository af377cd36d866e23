/**
 * Hashes of rows by key columns, 64 bits each. Equal keys of equal type hash equally: NaN is one value, 0.0 and -0.0
 * are two, NULL is a value of its own.
 */
import type { PhysicalType } from '../columnar/physical.ts';
import { hashLibrary } from '../kernel/library/hash.ts';
import { kernels } from '../kernel/text.ts';
import { forEachRow } from './row-loop.ts';

/** A kernel that begins the hashes of n rows with a column, and one that mixes a further column into them. */
const ofKey = (key: string): string => `
  fn hash_${key}(values: i32, validity: i32, n: i32, into: i32) {
    ${forEachRow((row) => `store.i64(into + (${row} << 3), hash_i64(${key}_key(values, validity, ${row})));`)}
  }

  fn mix_${key}(values: i32, validity: i32, n: i32, into: i32) {
    ${forEachRow((row) => `mix_key(into + (${row} << 3), ${key}_key(values, validity, ${row}));`)}
  }
`;

export const rowHashLibrary = kernels('row-hash', [hashLibrary])`
  const NULL_KEY: i64 = 0x3c6ef372bb67ae85;
  const NAN_F32 = 0x7fc00000;
  const INFINITY_F32 = 0x7f800000;
  const NAN_F64: i64 = 0x7ff8000000000000;
  const INFINITY_F64: i64 = 0x7ff0000000000000;

  fn mix_key(at: i32, key: i64) {
    store.i64(at, hash_combine(load.i64(at), key));
  }

  fn or_null(key: i64, validity: i32, row: i32): i64 {
    let part = key;
    if (validity) part = load.u8(validity + row) ? key : NULL_KEY;
    return part;
  }

  fn u8_key(values: i32, validity: i32, row: i32): i64 {
    return or_null(load64.u8(values + row), validity, row);
  }

  fn u16_key(values: i32, validity: i32, row: i32): i64 {
    return or_null(load64.u16(values + (row << 1)), validity, row);
  }

  fn words_key(values: i32, validity: i32, row: i32): i64 {
    return or_null(u64(load.i32(values + (row << 2))), validity, row);
  }

  fn longs_key(values: i32, validity: i32, row: i32): i64 {
    return or_null(load.i64(values + (row << 3)), validity, row);
  }

  fn wide_key(values: i32, validity: i32, row: i32): i64 {
    let p = values + (row << 4);
    return or_null(hash_combine(load.i64(p), load.i64(p + 8)), validity, row);
  }

  fn f32_key(values: i32, validity: i32, row: i32): i64 {
    let bits = load.i32(values + (row << 2));
    if ((bits & 0x7fffffff) > INFINITY_F32) bits = NAN_F32;
    return or_null(u64(bits), validity, row);
  }

  fn f64_key(values: i32, validity: i32, row: i32): i64 {
    let bits = load.i64(values + (row << 3));
    if ((bits & 0x7fffffffffffffffL) > INFINITY_F64) bits = NAN_F64;
    return or_null(bits, validity, row);
  }

  // What a view of NULL points at is not looked at.
  fn views_key(values: i32, validity: i32, row: i32): i64 {
    let there = 1;
    if (validity) there = load.u8(validity + row);
    let key = NULL_KEY;
    if (there) key = hash_view(load.i64(values + (row << 3)));
    return key;
  }

  ${['u8', 'u16', 'words', 'longs', 'wide', 'f32', 'f64', 'views'].map(ofKey).join('')}
`;

/** The kernels for a column that begins the hashes, and for one that is mixed into them, by physical type. */
export const KEY_KERNELS: Readonly<Record<PhysicalType, readonly [begin: string, mix: string]>> = {
  u8: ['hash_u8', 'mix_u8'],
  i8: ['hash_u8', 'mix_u8'],
  i16: ['hash_u16', 'mix_u16'],
  i32: ['hash_words', 'mix_words'],
  i64: ['hash_longs', 'mix_longs'],
  i128: ['hash_wide', 'mix_wide'],
  f32: ['hash_f32', 'mix_f32'],
  f64: ['hash_f64', 'mix_f64'],
  view: ['hash_views', 'mix_views'],
};
