/**
 * The entropy coders of Zstandard: FSE tables, Huffman tables and Huffman streams. "w" is the workspace of zstd.ts.
 *
 * Source: RFC 8878, section 4.
 */
import { kernels } from '../../../kernel/text.ts';

export const entropyLibrary = kernels('zstd-entropy')`
  // Words and regions of the workspace: results of read_norm, the distribution, scratch, weights and tables.
  const HUFFMAN_BITS = 24;
  const LOG = 32;
  const COUNT = 36;
  const NORM = 1408;
  const NEXT = 1920;
  const WEIGHTS = 2432;
  const WEIGHT_TABLE = 7936;
  const HUFFMAN = 8192;

  // Bits [at, at + n) of a stream that is read backwards; those before its start are 0.
  fn back_bits(start: i32, at: i32, n: i32): i32 {
    if (at >= 0) return i32(load.i64(start + (at >>> 3)) >>> u64(at & 7)) & i32((1L << u64(n)) - 1);
    if (at + n <= 0) return 0;
    return i32((load.i64(start) & ((1L << u64(at + n)) - 1)) << u64(-at));
  }

  // Number of bits in a backward stream: its last byte ends with a 1 that does not count. -1: it is none.
  fn back_length(start: i32, end: i32): i32 {
    if (geu(start, end)) return -1;
    let last = load.u8(end - 1);
    if (last == 0) return -1;
    return ((end - start) << 3) - (clz(last) - 24) - 1;
  }

  // Reads a distribution to NORM, its log and number of symbols; returns where it ends, or 0.
  fn read_norm(w: i32, at: i32, end: i32, symbols: i32, maxLog: i32): i32 {
    if (geu(at, end)) return 0;
    let log = (load.u8(at) & 15) + 5;
    if (log > maxLog) return 0;
    let bit = 4;
    let left = 1 << log;
    let symbol = 0;
    while (left > 0 && symbol < symbols) {
      if (geu(at + (bit >>> 3), end)) return 0;
      let width = 32 - clz(left + 1);
      let value = i32(load64.u32(at + (bit >>> 3)) >>> u64(bit & 7)) & ((1 << width) - 1);
      let half = (1 << (width - 1)) - 1;
      let threshold = (1 << width) - 1 - (left + 1);
      if ((value & half) < threshold) {
        value = value & half;
        bit += width - 1;
      } else {
        if (value > half) value -= threshold;
        bit += width;
      }
      let probability = value - 1;
      left -= probability < 0 ? 1 : probability;
      store.u16(w + NORM + (symbol << 1), probability);
      symbol += 1;
      if (probability == 0) {
        let repeat = 3;
        while (repeat == 3) {
          if (geu(at + (bit >>> 3), end)) return 0;
          repeat = (load.u16(at + (bit >>> 3)) >>> (bit & 7)) & 3;
          bit += 2;
          if (symbol + repeat > symbols) return 0;
          for (let i = 0; i < repeat; i += 1) {
            store.u16(w + NORM + (symbol << 1), 0);
            symbol += 1;
          }
        }
      }
    }
    let stop = at + ((bit + 7) >>> 3);
    if (left != 0 || gtu(stop, end)) return 0;
    store.i32(w + LOG, log);
    store.i32(w + COUNT, symbol);
    return stop;
  }

  // Decoding table: per state the symbol, bits to read, base of the next state. 0: the numbers do not add up.
  fn build_table(w: i32, norm: i32, symbols: i32, log: i32, table: i32): i32 {
    let size = 1 << log;
    let high = size;
    for (let s = 0; s < symbols; s += 1) {
      let count = load.i16(norm + (s << 1));
      if (count == -1) {
        high -= 1;
        if (high < 0) return 0;
        store.u8(table + (high << 2), s);
        count = 1;
      }
      store.u16(w + NEXT + (s << 1), count);
    }
    let position = 0;
    let step = (size >>> 1) + (size >>> 3) + 3;
    for (let s = 0; s < symbols; s += 1) {
      let count = load.i16(norm + (s << 1));
      for (let i = 0; i < count; i += 1) {
        store.u8(table + (position << 2), s);
        position = (position + step) & (size - 1);
        while (position >= high) position = (position + step) & (size - 1);
      }
    }
    if (position != 0) return 0;
    for (let i = 0; i < size; i += 1) {
      let slot = w + NEXT + (load.u8(table + (i << 2)) << 1);
      let next = load.u16(slot);
      store.u16(slot, next + 1);
      let bits = log - (31 - clz(next));
      store.u8(table + (i << 2) + 1, bits);
      store.u16(table + (i << 2) + 2, (next << bits) - size);
    }
    return 1;
  }

  // Weights of the Huffman symbols that are packed with FSE; returns how many, or 0.
  fn read_weights(w: i32, at: i32, end: i32): i32 {
    let stream = read_norm(w, at, end, 256, 6);
    if (stream == 0) return 0;
    let log = load.i32(w + LOG);
    let table = w + WEIGHT_TABLE;
    if (!build_table(w, w + NORM, load.i32(w + COUNT), log, table)) return 0;
    let bit = back_length(stream, end);
    if (bit < 0) return 0;
    bit -= log;
    let one = back_bits(stream, bit, log);
    bit -= log;
    let two = back_bits(stream, bit, log);
    let count = 0;
    loop {
      if (count > 253) return 0;
      let entry = table + (one << 2);
      store.u8(w + WEIGHTS + count, load.u8(entry));
      count += 1;
      let bits = load.u8(entry + 1);
      bit -= bits;
      one = load.u16(entry + 2) + back_bits(stream, bit, bits);
      if (bit < 0) {
        store.u8(w + WEIGHTS + count, load.u8(table + (two << 2)));
        return count + 1;
      }
      entry = table + (two << 2);
      store.u8(w + WEIGHTS + count, load.u8(entry));
      count += 1;
      bits = load.u8(entry + 1);
      bit -= bits;
      two = load.u16(entry + 2) + back_bits(stream, bit, bits);
      if (bit < 0) {
        store.u8(w + WEIGHTS + count, load.u8(table + (one << 2)));
        return count + 1;
      }
    }
    return 0;
  }

  // The Huffman table; returns where its description ends, or 0.
  fn read_huffman(w: i32, at: i32, end: i32): i32 {
    if (geu(at, end)) return 0;
    let header = load.u8(at);
    let p = at + 1;
    let count = 0;
    if (header < 128) {
      if (gtu(header, end - p)) return 0;
      count = read_weights(w, p, p + header);
      p += header;
    } else {
      count = header - 127;
      if (gtu((count + 1) >>> 1, end - p)) return 0;
      for (let i = 0; i < count; i += 1) {
        let pair = load.u8(p + (i >>> 1));
        store.u8(w + WEIGHTS + i, i & 1 ? pair & 15 : pair >>> 4);
      }
      p += (count + 1) >>> 1;
    }
    if (count == 0 || count > 255) return 0;
    let sum = 0;
    for (let i = 0; i < count; i += 1) {
      let weight = load.u8(w + WEIGHTS + i);
      if (weight > 11) return 0;
      if (weight) sum += 1 << (weight - 1);
    }
    if (sum == 0) return 0;
    let bits = 32 - clz(sum);
    let rest = (1 << bits) - sum;
    if (bits > 11 || (rest & (rest - 1)) != 0) return 0;
    store.u8(w + WEIGHTS + count, 32 - clz(rest));
    let entry = w + HUFFMAN;
    for (let weight = 1; weight <= bits; weight += 1) {
      for (let s = 0; s <= count; s += 1) {
        if (load.u8(w + WEIGHTS + s) == weight) {
          let value = s | ((bits + 1 - weight) << 8);
          for (let i = 0; i < (1 << (weight - 1)); i += 1) {
            store.u16(entry, value);
            entry += 2;
          }
        }
      }
    }
    store.i32(w + HUFFMAN_BITS, bits);
    return p;
  }

  // One stream of n Huffman codes. 0: damaged.
  fn decode_stream(w: i32, start: i32, end: i32, out: i32, n: i32): i32 {
    let table = w + HUFFMAN;
    let most = load.i32(w + HUFFMAN_BITS);
    let mask = (1 << most) - 1;
    let bit = back_length(start, end);
    if (bit < 0) return 0;
    let o = out;
    let stop = out + n;
    while (leu(o + 5, stop) && bit >= 64) {
      let word = load.i64(start + (bit >>> 3) - 7);
      let left = (bit & 7) + 56;
      let before = left;
      let entry = load.u16(table + ((i32(word >>> u64(left - most)) & mask) << 1));
      store.u8(o, entry);
      left -= entry >>> 8;
      entry = load.u16(table + ((i32(word >>> u64(left - most)) & mask) << 1));
      store.u8(o + 1, entry);
      left -= entry >>> 8;
      entry = load.u16(table + ((i32(word >>> u64(left - most)) & mask) << 1));
      store.u8(o + 2, entry);
      left -= entry >>> 8;
      entry = load.u16(table + ((i32(word >>> u64(left - most)) & mask) << 1));
      store.u8(o + 3, entry);
      left -= entry >>> 8;
      entry = load.u16(table + ((i32(word >>> u64(left - most)) & mask) << 1));
      store.u8(o + 4, entry);
      left -= entry >>> 8;
      bit -= before - left;
      o += 5;
    }
    while (ltu(o, stop)) {
      let entry = load.u16(table + (back_bits(start, bit - most, most) << 1));
      store.u8(o, entry);
      bit -= entry >>> 8;
      if (bit < 0) return 0;
      o += 1;
    }
    return bit == 0;
  }
`;
