/**
 * What decodes the pages of Parquet. Every function stays within the ends it is given (reads may go up to 16 bytes
 * beyond, where the caller has room) and answers with a number that says "damaged" instead of trapping.
 *
 * Source: "Parquet encodings" (github.com/apache/parquet-format, Encodings.md).
 */
import { KernelLibrary, kernels } from '../../../kernel/text.ts';

/**
 * The state of a hybrid of runs and bit-packed groups, in linear memory: where the next header is, the end, the width
 * in bits; kind of the current run (1 repeated, 2 packed), values left in it, its value, or where its bits are.
 */
export const CURSOR_BYTES = 32;

/** Runs and bit-packed groups: definition levels and dictionary indices. */
export const hybridLibrary = kernels('parquet-hybrid')`
  const END = 4;
  const WIDTH = 8;
  const KIND = 12;
  const LEFT = 16;
  const VALUE = 20;
  const BITS = 24;
  const BIT = 28;

  fn hybrid_open(cursor: i32, at: i32, end: i32, width: i32) {
    store.i32(cursor, at);
    store.i32(cursor + END, end);
    store.i32(cursor + WIDTH, width);
    store.i32(cursor + KIND, 0);
    store.i32(cursor + LEFT, 0);
  }

  // Reads the header of the next run. 0: there is none.
  fn hybrid_next(cursor: i32): i32 {
    let p = load.i32(cursor);
    let end = load.i32(cursor + END);
    let width = load.i32(cursor + WIDTH);
    let header = 0;
    let shift = 0;
    varint: loop {
      if (geu(p, end) || shift > 28) return 0;
      let part = load.u8(p);
      p += 1;
      header = header | ((part & 127) << shift);
      shift += 7;
      if (part < 128) break varint;
    }
    let count = header >>> 1;
    if (count == 0) return 0;
    if (header & 1) {
      if (width > 0) {
        let most = divu(end - p, width);
        if (gtu(count, most)) {
          // The last group may be cut off behind its last value.
          store.i32(cursor + LEFT, divu((end - p) << 3, width));
          store.i32(cursor, end);
        } else {
          store.i32(cursor + LEFT, count << 3);
          store.i32(cursor, p + count * width);
        }
      } else {
        store.i32(cursor + LEFT, gtu(count, 0xfffffff) ? 0x7fffffff : count << 3);
        store.i32(cursor, p);
      }
      store.i32(cursor + KIND, 2);
      store.i32(cursor + BITS, p);
      store.i32(cursor + BIT, 0);
      return load.i32(cursor + LEFT) > 0;
    }
    let bytes = (width + 7) >>> 3;
    if (gtu(bytes, end - p)) return 0;
    store.i32(cursor + KIND, 1);
    store.i32(cursor + LEFT, count);
    store.i32(cursor + VALUE, i32(load64.u32(p) & ((1L << u64(bytes << 3)) - 1)));
    store.i32(cursor, p + bytes);
    return 1;
  }

  // Passes over n levels if they are one run of 1: then no row of them is NULL.
  fn levels_all_valid(cursor: i32, n: i32): i32 {
    if (load.i32(cursor + LEFT) == 0) {
      if (!hybrid_next(cursor)) return 0;
    }
    let left = load.i32(cursor + LEFT);
    if (load.i32(cursor + KIND) != 1 || load.i32(cursor + VALUE) != 1 || ltu(left, n)) return 0;
    store.i32(cursor + LEFT, left - n);
    return 1;
  }

  // Writes n levels of one bit as bytes; returns how many are 1, or -1.
  fn levels_read(cursor: i32, out: i32, n: i32): i32 {
    let ones = 0;
    let o = out;
    let rest = n;
    while (rest > 0) {
      if (load.i32(cursor + LEFT) == 0) {
        if (!hybrid_next(cursor)) return -1;
      }
      let left = load.i32(cursor + LEFT);
      let take = ltu(left, rest) ? left : rest;
      if (load.i32(cursor + KIND) == 1) {
        let value = load.i32(cursor + VALUE) & 1;
        fill(o, value, take);
        ones += take * value;
      } else {
        let bits = load.i32(cursor + BITS);
        let bit = load.i32(cursor + BIT);
        let i = 0;
        while (i < take && ((bit + i) & 7) != 0) {
          let one = (load.u8(bits + ((bit + i) >>> 3)) >>> ((bit + i) & 7)) & 1;
          store.u8(o + i, one);
          ones += one;
          i += 1;
        }
        while (i + 8 <= take) {
          let byte = load.u8(bits + ((bit + i) >>> 3));
          let spread = (u64(byte) * 0x0101010101010101L) & 0x8040201008040201L;
          store.i64(o + i, ((spread + 0x7f7f7f7f7f7f7f7fL) >>> 7) & 0x0101010101010101L);
          ones += popcnt(byte);
          i += 8;
        }
        while (i < take) {
          let one = (load.u8(bits + ((bit + i) >>> 3)) >>> ((bit + i) & 7)) & 1;
          store.u8(o + i, one);
          ones += one;
          i += 1;
        }
        store.i32(cursor + BIT, bit + take);
      }
      store.i32(cursor + LEFT, left - take);
      o += take;
      rest -= take;
    }
    return ones;
  }

  // n indices as 32-bit numbers. 0: damaged.
  fn indices_read(cursor: i32, out: i32, n: i32, limit: i32): i32 {
    let width = load.i32(cursor + WIDTH);
    let mask = (1L << u64(width)) - 1;
    let o = out;
    let rest = n;
    while (rest > 0) {
      if (load.i32(cursor + LEFT) == 0) {
        if (!hybrid_next(cursor)) return 0;
      }
      let left = load.i32(cursor + LEFT);
      let take = ltu(left, rest) ? left : rest;
      let stop = o + (take << 2);
      if (load.i32(cursor + KIND) == 1) {
        let value = load.i32(cursor + VALUE);
        if (geu(value, limit)) return 0;
        for (; ltu(o, stop); o += 4) store.i32(o, value);
      } else {
        let bits = load.i32(cursor + BITS);
        let bit = u64(load.i32(cursor + BIT));
        for (; ltu(o, stop); o += 4) {
          let value = i32((load.i64(bits + i32(bit >>> 3)) >>> (bit & 7)) & mask);
          if (geu(value, limit)) return 0;
          store.i32(o, value);
          bit += u64(width);
        }
        store.i32(cursor + BIT, i32(bit));
      }
      store.i32(cursor + LEFT, left - take);
      rest -= take;
    }
    return 1;
  }

  // Values of other widths, by indices that were read before.
  fn gather_wide(indices: i32, dictionary: i32, out: i32, n: i32, width: i32) {
    for (let i = 0; i < n; i += 1) {
      let from = dictionary + load.i32(indices + (i << 2)) * width;
      let to = out + i * width;
      if (width == 16) store.v128(to, load.v128(from));
      else if (width == 2) store.u16(to, load.u16(from));
      else if (width == 1) store.u8(to, load.u8(from));
      else copy(to, from, width);
    }
  }

  // Moves the first values of a column to the rows that are valid, from the back. NULLs become 0.
  fn spread(values: i32, validity: i32, n: i32, valid: i32, width: i32) {
    let from = valid;
    for (let i = n - 1; i >= 0; i -= 1) {
      let to = values + i * width;
      let is = load.u8(validity + i);
      from -= is;
      let source = values + from * width;
      if (width == 8) store.i64(to, is ? load.i64(source) : 0);
      else if (width == 4) store.i32(to, is ? load.i32(source) : 0);
      else if (width == 2) store.u16(to, is ? load.u16(source) : 0);
      else if (width == 1) store.u8(to, is ? load.u8(source) : 0);
      else {
        let low = is ? load.i64(source) : 0;
        let high = is ? load.i64(source + 8) : 0;
        store.i64(to, low);
        store.i64(to + 8, high);
      }
    }
  }
`;

/**
 * Values by index from a dictionary. One load of 64 bits holds eight indices of up to 7 bits, or four of up to 14. The
 * dictionary has room for `capacity` values, so that an index beyond its `limit` can be looked up before it is refused.
 */
export const gatherLibrary = new KernelLibrary('parquet-gather', gather(4) + gather(8), [hybridLibrary]);

function gather(bytes: 4 | 8): string {
  const shift = bytes === 4 ? 2 : 3;
  const type = bytes === 4 ? 'i32' : 'i64';
  const lookUp = (k: number): string => `
          let index${k} = i32(word >>> ${k === 0 ? '0' : `(step * ${k})`}) & small;
          bad = bad | geu(index${k}, limit);
          store.${type}(o + ${k * bytes}, load.${type}(dictionary + (index${k} << ${shift})));`;
  const group = (count: number): string => `
        for (; leu(o + ${count * bytes}, stop); o += ${count * bytes}) {
          let word = load.i64(bits + i32(bit >>> 3)) >>> (bit & 7);
          ${Array.from({ length: count }, (_, k) => lookUp(k)).join('')}
          bit += step * ${count};
        }`;
  return `
  // n values of ${bytes} bytes. 0: damaged.
  fn gather${bytes}(cursor: i32, dictionary: i32, limit: i32, capacity: i32, out: i32, n: i32): i32 {
    let width = load.i32(cursor + 8);
    let step = u64(width);
    let mask = (1L << step) - 1;
    let small = i32(mask);
    let bad = 0;
    let o = out;
    let rest = n;
    while (rest > 0) {
      if (load.i32(cursor + 16) == 0) {
        if (!hybrid_next(cursor)) return 0;
      }
      let left = load.i32(cursor + 16);
      let take = ltu(left, rest) ? left : rest;
      let stop = o + (take << ${shift});
      if (load.i32(cursor + 12) == 1) {
        let index = load.i32(cursor + 20);
        if (geu(index, limit)) return 0;
        let value = load.${type}(dictionary + (index << ${shift}));
        for (; ltu(o, stop); o += ${bytes}) store.${type}(o, value);
      } else {
        let bits = load.i32(cursor + 24);
        let bit = u64(load.i32(cursor + 28));
        if (width <= 14 && (1 << width) <= capacity) {
          if (width <= 7) {${group(8)}
          }${group(4)}
        }
        for (; ltu(o, stop); o += ${bytes}) {
          let index = i32((load.i64(bits + i32(bit >>> 3)) >>> (bit & 7)) & mask);
          if (geu(index, limit)) return 0;
          store.${type}(o, load.${type}(dictionary + (index << ${shift})));
          bit += step;
        }
        store.i32(cursor + 28, i32(bit));
      }
      store.i32(cursor + 16, left - take);
      rest -= take;
    }
    return !bad;
  }
`;
}

/** PLAIN pages of strings and booleans, and the delta encodings. */
export const plainLibrary = kernels('parquet-plain')`
  // Views of n strings that each follow their length; returns where the next one is, or 0.
  fn plain_views(at: i32, end: i32, out: i32, n: i32): i32 {
    let p = at;
    let stop = out + (n << 3);
    for (let o = out; ltu(o, stop); o += 8) {
      if (ltu(end - p, 4)) return 0;
      let length = load.i32(p);
      p += 4;
      if (gtu(length, end - p)) return 0;
      store.i64(o, (u64(length) << 32) | u64(p));
      p += length;
    }
    return p;
  }

  // n bits from bit number "first" on as bytes.
  fn plain_booleans(bits: i32, first: i32, out: i32, n: i32) {
    for (let i = 0; i < n; i += 1) {
      store.u8(out + i, (load.u8(bits + ((first + i) >>> 3)) >>> ((first + i) & 7)) & 1);
    }
  }

  global varint_at: i32;

  // A number of up to 64 bits at varint_at, which moves behind it; beyond "end" it stops moving and gives 0.
  fn varint(end: i32): i64 {
    let value: i64 = 0;
    let shift: i64 = 0;
    let p = varint_at;
    loop {
      if (geu(p, end) || shift > 63) {
        varint_at = end + 1;
        return 0L;
      }
      let part = load.u8(p);
      p += 1;
      value = value | (u64(part & 127) << shift);
      if (part < 128) {
        varint_at = p;
        return value;
      }
      shift += 7L;
    }
    return 0L;
  }

  // DELTA_BINARY_PACKED: n numbers of 4 or 8 bytes; returns where the encoding ends, or 0.
  fn delta_binary(at: i32, end: i32, out: i32, n: i32, width: i32): i32 {
    varint_at = at;
    let block = i32(varint(end));
    let miniblocks = i32(varint(end));
    let total = varint(end);
    let zigzag = varint(end);
    let value = (zigzag >>> 1) ^ (0L - (zigzag & 1));
    if (gtu(varint_at, end) || total < i64(n) || miniblocks < 1 || block < 8 || block > 0x100000) return 0;
    let perMini = divu(block, miniblocks);
    if (perMini < 8 || (perMini & 7) != 0) return 0;
    if (n == 0) return varint_at;
    if (width == 4) store.i32(out, i32(value));
    else store.i64(out, value);
    let i = 1;
    while (i < n) {
      let least = varint(end);
      let minimum = (least >>> 1) ^ (0L - (least & 1));
      let widths = varint_at;
      if (gtu(widths, end) || gtu(miniblocks, end - widths)) return 0;
      let p = widths + miniblocks;
      for (let m = 0; m < miniblocks && i < n; m += 1) {
        let bits = load.u8(widths + m);
        if (bits > 64) return 0;
        let bytes = (perMini >>> 3) * bits;
        if (gtu(bytes, end - p)) return 0;
        let count = perMini < n - i ? perMini : n - i;
        for (let k = 0; k < count; k += 1) {
          let bit = k * bits;
          let from = p + (bit >>> 3);
          let skip = u64(bit & 7);
          let delta = load.i64(from) >>> skip;
          if (bits > 56 && skip > 0) delta = delta | (u64(load.u8(from + 8)) << (64L - skip));
          if (bits < 64) delta = delta & ((1L << u64(bits)) - 1);
          value += minimum + delta;
          if (width == 4) store.i32(out + ((i + k) << 2), i32(value));
          else store.i64(out + ((i + k) << 3), value);
        }
        i += count;
        p += bytes;
      }
      varint_at = p;
    }
    return varint_at;
  }

  // Views from n lengths of 4 bytes; 0 when the bytes do not suffice.
  fn views_of_lengths(lengths: i32, at: i32, end: i32, out: i32, n: i32): i32 {
    let p = at;
    for (let i = 0; i < n; i += 1) {
      let length = load.i32(lengths + (i << 2));
      if (gtu(length, end - p)) return 0;
      store.i64(out + (i << 3), (u64(length) << 32) | u64(p));
      p += length;
    }
    return 1;
  }

  // Bytes that n strings take of which each repeats the start of the one before; -1: damaged.
  fn prefixed_bytes(prefixes: i32, suffixes: i32, n: i32): i64 {
    let total: i64 = 0;
    let before: i64 = 0;
    for (let i = 0; i < n; i += 1) {
      let prefix = i64(load.i32(prefixes + (i << 2)));
      let suffix = load.i64(suffixes + (i << 3)) >>> 32;
      if (prefix < 0 || prefix > before) return -1L;
      before = prefix + suffix;
      total += before;
    }
    return total;
  }

  fn join_prefixes(prefixes: i32, suffixes: i32, n: i32, bytes: i32, out: i32) {
    let to = bytes;
    let before = bytes;
    for (let i = 0; i < n; i += 1) {
      let prefix = load.i32(prefixes + (i << 2));
      let suffix = load.i64(suffixes + (i << 3));
      let length = i32(suffix >>> 32);
      copy(to, before, prefix);
      copy(to + prefix, i32(suffix), length);
      store.i64(out + (i << 3), (u64(prefix + length) << 32) | u64(to));
      before = to;
      to += prefix + length;
    }
  }

  // BYTE_STREAM_SPLIT: byte b of every value lies in the b-th stream.
  fn join_streams(source: i32, n: i32, width: i32, out: i32) {
    for (let b = 0; b < width; b += 1) {
      let from = source + b * n;
      for (let i = 0; i < n; i += 1) store.u8(out + i * width + b, load.u8(from + i));
    }
  }
`;

/** From the stored form of n values to ours: (source, target, n, parameter). */
export const convertLibrary = kernels('parquet-convert')`
  fn copy_bytes(source: i32, target: i32, n: i32, width: i64) {
    copy(target, source, n * i32(width));
  }
  fn i32_to_i8(source: i32, target: i32, n: i32, unused: i64) {
    for (let i = 0; i < n; i += 1) store.u8(target + i, load.i32(source + (i << 2)));
  }
  fn i32_to_i16(source: i32, target: i32, n: i32, unused: i64) {
    for (let i = 0; i < n; i += 1) store.u16(target + (i << 1), load.i32(source + (i << 2)));
  }
  fn i32_to_i64(source: i32, target: i32, n: i32, factor: i64) {
    for (let i = 0; i < n; i += 1) store.i64(target + (i << 3), load64.i32(source + (i << 2)) * factor);
  }
  fn u32_to_i64(source: i32, target: i32, n: i32, unused: i64) {
    for (let i = 0; i < n; i += 1) store.i64(target + (i << 3), load64.u32(source + (i << 2)));
  }
  fn i32_to_i128(source: i32, target: i32, n: i32, unused: i64) {
    for (let i = 0; i < n; i += 1) {
      let value = load64.i32(source + (i << 2));
      store.i64(target + (i << 4), value);
      store.i64(target + (i << 4) + 8, value >> 63);
    }
  }
  fn i64_to_i32(source: i32, target: i32, n: i32, divisor: i64) {
    for (let i = 0; i < n; i += 1) store64.u32(target + (i << 2), load.i64(source + (i << 3)) / divisor);
  }
  fn i64_to_i16(source: i32, target: i32, n: i32, unused: i64) {
    for (let i = 0; i < n; i += 1) store64.u16(target + (i << 1), load.i64(source + (i << 3)));
  }
  fn i64_to_i8(source: i32, target: i32, n: i32, unused: i64) {
    for (let i = 0; i < n; i += 1) store64.u8(target + i, load.i64(source + (i << 3)));
  }
  fn i64_multiply(source: i32, target: i32, n: i32, factor: i64) {
    for (let i = 0; i < n; i += 1) store.i64(target + (i << 3), load.i64(source + (i << 3)) * factor);
  }
  // Rounds down.
  fn i64_divide(source: i32, target: i32, n: i32, divisor: i64) {
    for (let i = 0; i < n; i += 1) {
      let value = load.i64(source + (i << 3));
      let quotient = value / divisor;
      store.i64(target + (i << 3), quotient - u64(value - quotient * divisor < 0));
    }
  }
  // The product has up to 96 bits; the factor is positive and below 2^31.
  fn i64_to_i128(source: i32, target: i32, n: i32, factor: i64) {
    for (let i = 0; i < n; i += 1) {
      let value = load.i64(source + (i << 3));
      let low = (value & 0xffffffffL) * factor;
      let high = (value >> 32) * factor + (low >>> 32);
      store.i64(target + (i << 4), (high << 32) | (low & 0xffffffffL));
      store.i64(target + (i << 4) + 8, high >> 32);
    }
  }
  fn u64_to_i128(source: i32, target: i32, n: i32, unused: i64) {
    for (let i = 0; i < n; i += 1) {
      store.i64(target + (i << 4), load.i64(source + (i << 3)));
      store.i64(target + (i << 4) + 8, 0);
    }
  }
  fn f32_to_f64(source: i32, target: i32, n: i32, unused: i64) {
    for (let i = 0; i < n; i += 1) store.f64(target + (i << 3), f64(load.f32(source + (i << 2))));
  }
  // Nanoseconds of the day and Julian day to microseconds of the epoch.
  fn int96_to_i64(source: i32, target: i32, n: i32, unused: i64) {
    for (let i = 0; i < n; i += 1) {
      let from = source + i * 12;
      let days = load64.u32(from + 8) - 2440588;
      store.i64(target + (i << 3), days * 86400000000L + load.i64(from) / 1000);
    }
  }
  fn int96_to_i128(source: i32, target: i32, n: i32, unused: i64) {
    for (let i = 0; i < n; i += 1) {
      let from = source + i * 12;
      let days = load64.u32(from + 8) - 2440588;

      let seconds = days * 86400 + load.i64(from) / 1000000000L;
      let nanos = load.i64(from) % 1000000000L;
      let low = (seconds & 0xffffffffL) * 1000000000L + nanos;
      let high = (seconds >> 32) * 1000000000L + (low >> 32);
      store.i64(target + (i << 4), (high << 32) | (low & 0xffffffffL));
      store.i64(target + (i << 4) + 8, high >> 32);
    }
  }
  fn big_endian_i64(at: i32, length: i32): i64 {
    let value: i64 = 0;
    if (length > 0) value = load64.i8(at);
    for (let b = 1; b < length; b += 1) value = (value << 8) | load64.u8(at + b);
    return value;
  }
  fn big_endian_i128(at: i32, length: i32, to: i32) {
    let low: i64 = 0;
    if (length > 0) low = load64.i8(at);
    let high = low >> 63;
    for (let b = 1; b < length; b += 1) {
      high = (high << 8) | (low >>> 56);
      low = (low << 8) | load64.u8(at + b);
    }
    store.i64(to, low);
    store.i64(to + 8, high);
  }
  fn fixed_to_i64(source: i32, target: i32, n: i32, length: i64) {
    for (let i = 0; i < n; i += 1) {
      store.i64(target + (i << 3), big_endian_i64(source + i * i32(length), i32(length)));
    }
  }
  fn fixed_to_i128(source: i32, target: i32, n: i32, length: i64) {
    for (let i = 0; i < n; i += 1) big_endian_i128(source + i * i32(length), i32(length), target + (i << 4));
  }
  fn fixed_to_views(source: i32, target: i32, n: i32, length: i64) {
    for (let i = 0; i < n; i += 1) store.i64(target + (i << 3), (length << 32) | u64(source + i * i32(length)));
  }
  fn views_to_i64(source: i32, target: i32, n: i32, unused: i64) {
    for (let i = 0; i < n; i += 1) {
      let view = load.i64(source + (i << 3));
      store.i64(target + (i << 3), big_endian_i64(i32(view), i32(view >>> 32)));
    }
  }
  fn views_to_i128(source: i32, target: i32, n: i32, unused: i64) {
    for (let i = 0; i < n; i += 1) {
      let view = load.i64(source + (i << 3));
      big_endian_i128(i32(view), i32(view >>> 32), target + (i << 4));
    }
  }
`;
