/**
 * Comparing and searching byte strings. A string is an address and a length, or a view (low 32 bits the address, high
 * 32 bits the length). Up to 16 bytes behind a string are read, never written: the allocator keeps them readable.
 */
import { kernels } from '../text.ts';

export const bytesLibrary = kernels('bytes')`
  // 1 if the n bytes at a and b are equal.
  fn bytes_equal(a: i32, b: i32, n: i32): i32 {
    while (n >= 8) {
      if (load.i64(a) != load.i64(b)) return 0;
      a += 8;
      b += 8;
      n -= 8;
    }
    if (n == 0) return 1;
    // What is left are the low bytes of 64 bits.
    return ((load.i64(a) ^ load.i64(b)) << i64(64 - n * 8)) == 0;
  }

  // Copies n bytes between regions that do not overlap. Strings are short, and memory.copy costs a call of its own.
  fn bytes_copy(to: i32, from: i32, n: i32) {
    if (n > 1024) {
      copy(to, from, n);
      return;
    }
    while (n >= 16) {
      store.v128(to, load.v128(from));
      to += 16;
      from += 16;
      n -= 16;
    }
    if (n & 8) {
      store.i64(to, load.i64(from));
      to += 8;
      from += 8;
    }
    if (n & 4) {
      store.i32(to, load.i32(from));
      to += 4;
      from += 4;
    }
    if (n & 2) {
      store.u16(to, load.u16(from));
      to += 2;
      from += 2;
    }
    if (n & 1) store.u8(to, load.u8(from));
  }

  // Order of unsigned bytes, a prefix first: -1, 0 or 1.
  fn bytes_compare(a: i32, lengthA: i32, b: i32, lengthB: i32): i32 {
    let n = select(lengthA < lengthB, lengthA, lengthB);
    let different: i64 = 0;
    while (n > 0) {
      different = load.i64(a) ^ load.i64(b);
      if (n < 8) different = different << i64(64 - n * 8) >>> i64(64 - n * 8);
      if (different != 0) {
        let at = ctz(different) & ~7;
        let x = i32(load.i64(a) >>> at) & 255;
        let y = i32(load.i64(b) >>> at) & 255;
        return select(x < y, -1, 1);
      }
      a += 8;
      b += 8;
      n -= 8;
    }
    return (lengthA > lengthB) - (lengthA < lengthB);
  }

  fn view_equal(a: i64, b: i64): i32 {
    return (a ^ b) >>> 32 == 0 && bytes_equal(i32(a), i32(b), i32(a >>> 32));
  }

  fn view_compare(a: i64, b: i64): i32 {
    return bytes_compare(i32(a), i32(a >>> 32), i32(b), i32(b >>> 32));
  }

  // Offset of the first place in the n bytes at text where the m bytes of needle stand, or -1.
  fn bytes_find(text: i32, n: i32, needle: i32, m: i32): i32 {
    let last = n - m;
    if (last < 0) return -1;
    if (m == 0) return 0;
    // Sixteen places at a time: those where the first and the last byte fit are looked at.
    let first = i8x16.splat(load.u8(needle));
    let final = i8x16.splat(load.u8(needle + m - 1));
    for (let i = 0; i <= last; i += 16) {
      let p = text + i;
      let places = v128.and(i8x16.eq(load.v128(p), first), i8x16.eq(load.v128(p + m - 1), final));
      for (let mask = i8x16.bitmask(places); mask != 0; mask &= mask - 1) {
        let found = i + ctz(mask);
        if (found > last) return -1;
        if (m <= 2 || bytes_equal(text + found + 1, needle + 1, m - 2)) return found;
      }
    }
    return -1;
  }

  // 1 if no byte is above 127.
  fn bytes_is_ascii(p: i32, n: i32): i32 {
    while (n >= 16) {
      if (i8x16.bitmask(load.v128(p)) != 0) return 0;
      p += 16;
      n -= 16;
    }
    return n == 0 || (i8x16.bitmask(load.v128(p)) & ((1 << n) - 1)) == 0;
  }

  // Number of characters of UTF-8 text: its bytes that continue no character.
  fn utf8_length(p: i32, n: i32): i32 {
    let count = 0;
    let continuation = i8x16.splat(-65);
    while (n >= 16) {
      count += popcnt(i8x16.bitmask(i8x16.gt_s(load.v128(p), continuation)));
      p += 16;
      n -= 16;
    }
    if (n == 0) return count;
    return count + popcnt(i8x16.bitmask(i8x16.gt_s(load.v128(p), continuation)) & ((1 << n) - 1));
  }

  // Byte offset of the character with this number, counted from 0, or n if there are fewer.
  fn utf8_offset(p: i32, n: i32, character: i32): i32 {
    let i = 0;
    let left = character;
    while (i < n) {
      if (load.i8(p + i) > -65) {
        if (left == 0) return i;
        left -= 1;
      }
      i += 1;
    }
    return n;
  }

  // Number of code units of UTF-8 text in UTF-16: characters beyond the basic plane count twice.
  fn utf16_length(p: i32, n: i32): i32 {
    let count = utf8_length(p, n);
    for (let i = 0; i < n; i += 1) count += load.u8(p + i) >= 0xf0;
    return count;
  }

  // Changes the case of ASCII letters: from first to first + 25, by flipping bit 5. For upper case first is 'a' (97).
  fn ascii_flip_case(to: i32, from: i32, n: i32, first: i32) {
    for (let i = 0; i < n; i += 1) {
      let byte = load.u8(from + i);
      store.u8(to + i, byte ^ (ltu(byte - first, 26) << 5));
    }
  }

  fn ascii_upper(to: i32, from: i32, n: i32) {
    ascii_flip_case(to, from, n, 97);
  }

  fn ascii_lower(to: i32, from: i32, n: i32) {
    ascii_flip_case(to, from, n, 65);
  }
`;
