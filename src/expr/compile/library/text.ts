/**
 * Strings in UTF-8, given and returned as views. Parts of a string are views into it; new bytes are written where the
 * extern `reserve` says. A result that is NULL is the view NONE.
 */
import { bytesLibrary } from '../../../kernel/library/bytes.ts';
import { kernels } from '../../../kernel/text.ts';

/** The view that stands for NULL. */
export const NONE = -1n;

export const textLibrary = kernels('text', [bytesLibrary])`
  extern fn reserve(n: i32): i32;

  const NONE: i64 = ${NONE};

  fn view_of(p: i32, n: i32): i64 {
    return (u64(n) << 32) | u64(p);
  }

  // Bytes of the first count characters of the n bytes at p; n if there are fewer.
  fn skip(p: i32, n: i32, count: i32): i32 {
    let i = 0;
    while (count >= 8 && i + 8 <= n && (load.i64(p + i) & 0x8080808080808080) == 0) {
      i += 8;
      count -= 8;
    }
    while (count > 0 && i < n) {
      let byte = load.u8(p + i);
      i += 1 + (byte >= 0xc0) + (byte >= 0xe0) + (byte >= 0xf0);
      count -= 1;
    }
    return select(i < n, i, n);
  }

  // Offset at which the last count characters begin; -1 if there are fewer.
  fn skip_back(p: i32, n: i32, count: i32): i32 {
    let i = n;
    while (count > 0) {
      if (i == 0) return -1;
      i -= 1;
      while (i > 0 && (load.u8(p + i) & 0xc0) == 0x80) i -= 1;
      count -= 1;
    }
    return i;
  }

  // Where the character with this number begins: from 1 on, 0 is 1, negative from the end; -1 if that is before the
  // start.
  fn substring_start(p: i32, n: i32, from: i32): i32 {
    if (from > 0) return skip(p, n, from - 1);
    if (from == 0) return 0;
    if (from == -0x80000000) return -1;
    return skip_back(p, n, -from);
  }

  fn substring_from(view: i64, from: i32): i64 {
    let p = i32(view);
    let n = i32(view >>> 32);
    let start = substring_start(p, n, from);
    if (start < 0) return 0;
    return view_of(p + start, n - start);
  }

  fn substring(view: i64, from: i32, length: i32): i64 {
    if (length < 0) return NONE;
    let tail = substring_from(view, from);
    return view_of(i32(tail), skip(i32(tail), i32(tail >>> 32), length));
  }

  fn left(view: i64, length: i32): i64 {
    return view_of(i32(view), skip(i32(view), i32(view >>> 32), length));
  }

  fn right(view: i64, length: i32): i64 {
    if (length <= 0) return 0;
    let p = i32(view);
    let n = i32(view >>> 32);
    let start = skip_back(p, n, length);
    if (start <= 0) return view;
    return view_of(p + start, n - start);
  }

  // 1 if the character of so many bytes at p is one of those of the set.
  fn is_member(set: i64, p: i32, size: i32): i32 {
    let at = i32(set);
    let end = at + i32(set >>> 32);
    while (ltu(at, end)) {
      let length = skip(at, end - at, 1);
      if (length == size && bytes_equal(at, p, size)) return 1;
      at += length;
    }
    return 0;
  }

  // Without characters of the set at the ends: 1 in sides for the start, 2 for the end.
  fn trim(view: i64, set: i64, sides: i32): i64 {
    let p = i32(view);
    let n = i32(view >>> 32);
    if ((sides & 1) != 0) {
      while (n > 0) {
        let size = skip(p, n, 1);
        if (!is_member(set, p, size)) break;
        p += size;
        n -= size;
      }
    }
    if ((sides & 2) != 0) {
      while (n > 0) {
        let start = skip_back(p, n, 1);
        if (!is_member(set, p + start, n - start)) break;
        n = start;
      }
    }
    return view_of(p, n);
  }

  // As trim, of one ASCII character.
  fn trim_byte(view: i64, byte: i32, sides: i32): i64 {
    let p = i32(view);
    let n = i32(view >>> 32);
    if ((sides & 1) != 0) {
      while (n > 0 && load.u8(p) == byte) {
        p += 1;
        n -= 1;
      }
    }
    if ((sides & 2) != 0) {
      while (n > 0 && load.u8(p + n - 1) == byte) n -= 1;
    }
    return view_of(p, n);
  }

  // The number, from 1 on, of the character where part begins, searched from the character from on; 0 if there is none.
  fn position(part: i64, view: i64, from: i32): i32 {
    let p = i32(view);
    let n = i32(view >>> 32);
    let start = select(from <= 1, 0, skip(p, n, from - 1));
    let found = bytes_find(p + start, n - start, i32(part), i32(part >>> 32));
    if (found < 0) return 0;
    return utf8_length(p, start + found) + 1;
  }

  // Every occurrence of part, which is not empty, replaced.
  fn replace(view: i64, part: i64, by: i64): i64 {
    let p = i32(view);
    let n = i32(view >>> 32);
    let m = i32(part >>> 32);
    let count = 0;
    let at = 0;
    loop {
      let found = bytes_find(p + at, n - at, i32(part), m);
      if (found < 0) break;
      count += 1;
      at += found + m;
    }
    if (count == 0) return view;
    let b = i32(by >>> 32);
    let length = n + count * (b - m);
    let to = reserve(length);
    let out = to;
    at = 0;
    while (count > 0) {
      let found = bytes_find(p + at, n - at, i32(part), m);
      bytes_copy(out, p + at, found);
      bytes_copy(out + found, i32(by), b);
      out += found + b;
      at += found + m;
      count -= 1;
    }
    bytes_copy(out, p + at, n - at);
    return view_of(to, length);
  }

  // 1 if upper and lower case concern ASCII letters only: the other characters are of U+3000 to U+9FFF or Hangul.
  fn has_simple_case(p: i32, n: i32): i32 {
    if (bytes_is_ascii(p, n)) return 1;
    let end = p + n;
    while (ltu(p, end)) {
      let byte = load.u8(p);
      if (byte < 0x80) {
        p += 1;
      } else {
        let ideograph = byte >= 0xe3 && byte <= 0xe9;
        let hangul = byte >= 0xeb && byte <= 0xed || byte == 0xea && load.u8(p + 1) >= 0xb0;
        if (!ideograph && !hangul) return 0;
        p += 3;
      }
    }
    return 1;
  }

  // A copy in which the ASCII letters from first to first + 25 have the other case.
  fn flip_case(view: i64, first: i32): i64 {
    let p = i32(view);
    let n = i32(view >>> 32);
    let to = reserve(n);
    let low = i8x16.splat(first);
    let high = i8x16.splat(first + 25);
    let bit = i8x16.splat(32);
    let i = 0;
    while (i + 16 <= n) {
      let bytes = load.v128(p + i);
      let letters = v128.and(i8x16.ge_s(bytes, low), i8x16.le_s(bytes, high));
      store.v128(to + i, v128.xor(bytes, v128.and(letters, bit)));
      i += 16;
    }
    while (i < n) {
      let byte = load.u8(p + i);
      store.u8(to + i, byte ^ (ltu(byte - first, 26) << 5));
      i += 1;
    }
    return view_of(to, n);
  }

  fn upper(view: i64): i64 {
    return flip_case(view, 97);
  }

  fn lower(view: i64): i64 {
    return flip_case(view, 65);
  }

  fn reverse(view: i64): i64 {
    let p = i32(view);
    let n = i32(view >>> 32);
    let to = reserve(n);
    let out = to + n;
    let at = 0;
    while (at < n) {
      let size = skip(p + at, n - at, 1);
      out -= size;
      bytes_copy(out, p + at, size);
      at += size;
    }
    return view_of(to, n);
  }

  fn repeat(view: i64, times: i32): i64 {
    if (times <= 0) return 0;
    let n = i32(view >>> 32);
    let to = reserve(n * times);
    for (let i = 0; i < times; i += 1) bytes_copy(to + i * n, i32(view), n);
    return view_of(to, n * times);
  }

  // Filled up to so many characters, or cut to them.
  fn pad(view: i64, length: i32, filler: i64, on_left: i32): i64 {
    let p = i32(view);
    let n = i32(view >>> 32);
    let f = i32(filler);
    let m = i32(filler >>> 32);
    if (length < 0 || m == 0) return NONE;
    let missing = length - utf8_length(p, n);
    if (missing <= 0) return left(view, length);
    let characters = utf8_length(f, m);
    let times = missing / characters;
    let rest = skip(f, m, missing - times * characters);
    let padding = times * m + rest;
    let to = reserve(n + padding);
    let out = to + select(on_left, 0, n);
    for (let i = 0; i < times; i += 1) bytes_copy(out + i * m, f, m);
    bytes_copy(out + times * m, f, rest);
    bytes_copy(to + select(on_left, padding, 0), p, n);
    return view_of(to, n + padding);
  }

  // The part with this number, from 0 on, between separators, which are not empty.
  fn split_index(view: i64, separator: i64, index: i32): i64 {
    let p = i32(view);
    let n = i32(view >>> 32);
    if (index < 0 || n == 0) return NONE;
    let m = i32(separator >>> 32);
    loop {
      let found = bytes_find(p, n, i32(separator), m);
      if (found < 0) return select(index == 0, view_of(p, n), NONE);
      if (index == 0) return view_of(p, found);
      index -= 1;
      p += found + m;
      n -= found + m;
    }
    trap;
  }

  fn starts_with(view: i64, part: i64): i32 {
    let m = i32(part >>> 32);
    return m <= i32(view >>> 32) && bytes_equal(i32(view), i32(part), m);
  }

  fn ends_with(view: i64, part: i64): i32 {
    let n = i32(view >>> 32);
    let m = i32(part >>> 32);
    return m <= n && bytes_equal(i32(view) + n - m, i32(part), m);
  }

  // Does the whole text match? The byte any stands for any characters, the byte one for one.
  fn like(view: i64, pattern: i64, any: i32, one: i32): i32 {
    let t = i32(view);
    let end = t + i32(view >>> 32);
    let p = i32(pattern);
    let last = p + i32(pattern >>> 32);
    // Behind the last any, and the text that it is tried at.
    let retry = -1;
    let mark = t;
    while (ltu(t, end)) {
      let byte = select(ltu(p, last), load.u8(p), -1);
      if (byte == any) {
        p += 1;
        retry = p;
        mark = t;
        continue;
      }
      if (byte == one) {
        p += 1;
        t += skip(t, end - t, 1);
        continue;
      }
      if (byte == load.u8(t)) {
        p += 1;
        t += 1;
        continue;
      }
      if (retry == -1) return 0;
      mark += skip(mark, end - mark, 1);
      let wanted = select(ltu(retry, last), load.u8(retry), any);
      if (wanted != any && wanted != one) {
        while (ltu(mark, end) && load.u8(mark) != wanted) mark += 1;
      }
      t = mark;
      p = retry;
    }
    while (ltu(p, last) && load.u8(p) == any) p += 1;
    return p == last;
  }

  // The character with this number, 0 to 255.
  fn character(code: i32): i64 {
    let to = reserve(2);
    if (code < 128) {
      store.u8(to, code);
      return view_of(to, 1);
    }
    store.u8(to, 0xc0 | (code >> 6));
    store.u8(to + 1, 0x80 | (code & 63));
    return view_of(to, 2);
  }
`;
