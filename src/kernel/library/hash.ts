/**
 * Hashes of 64 bits for hash tables and radix partitions: one multiplication between two folds per 8 bytes.
 * Low and high bits are both good. Values may change between versions, so nothing that is stored may depend on them.
 */
import { kernels } from '../text.ts';

export const hashLibrary = kernels('hash')`
  // 2^64 divided by the golden ratio, odd.
  const GOLDEN: i64 = 0x9e3779b97f4a7c15;

  // Folding first matters for keys whose low bits are all zero, such as the bits of small numbers as DOUBLE: a
  // multiplication carries nothing downwards. 29 rather than 32, so that the two folds do not undo each other.
  fn hash_i64(key: i64): i64 {
    let product = (key ^ (key >>> 29)) * GOLDEN;
    return product ^ (product >>> 32);
  }

  fn hash_i32(key: i32): i64 {
    return hash_i64(i64(key));
  }

  // The hash of a key of several parts: start with the hash of the first, then combine with each further value.
  fn hash_combine(hash: i64, key: i64): i64 {
    return hash_i64(rotl(hash, 29) ^ key);
  }

  fn hash_i128(low: i64, high: i64): i64 {
    return hash_combine(hash_i64(low), high);
  }

  // The n bytes at p.
  fn hash_bytes(p: i32, n: i32): i64 {
    let hash = (i64(n) + 1) * GOLDEN;
    let left = n;
    while (left >= 8) {
      hash = hash_i64(hash ^ load.i64(p));
      p += 8;
      left -= 8;
    }
    if (left > 0) hash = hash_i64(hash ^ (load.i64(p) << i64(64 - left * 8)));
    return hash_i64(hash);
  }

  // A string given as a view: low 32 bits the address, high 32 bits the length.
  fn hash_view(view: i64): i64 {
    return hash_bytes(i32(view), i32(view >>> 32));
  }
`;
