/**
 * Snappy. Source and target need 64 bytes of room behind their ends: copies go in whole vectors.
 *
 * Source: "Snappy compressed format description" (github.com/google/snappy).
 */
import { kernels } from '../../../kernel/text.ts';

export const snappyLibrary = kernels('snappy')`
  // Decompresses [source, end) to [target, limit), which must become exactly full. 1: done, 0: the bytes are damaged.
  fn snappy_decompress(source: i32, end: i32, target: i32, limit: i32): i32 {
    let p = source;
    let length = 0;
    let shift = 0;
    header: loop {
      if (geu(p, end) || shift > 28) return 0;
      let part = load.u8(p);
      p += 1;
      length = length | ((part & 127) << shift);
      shift += 7;
      if (part < 128) break header;
    }
    if (length != limit - target) return 0;
    let o = target;
    let nearEnd = gtu(end - p, 80) ? end - 80 : p;
    let nearLimit = gtu(length, 80) ? limit - 80 : target;
    while (ltu(p, end)) {
      // Far from both ends nothing but the distance needs a check.
      fast: while (ltu(p, nearEnd) && ltu(o, nearLimit)) {
        let word = load.i32(p);
        let kind = word & 3;
        let n = ((word >>> 2) & 63) + 1;
        if (kind == 0) {
          if (n > 60) break fast;
          store.v128(o, load.v128(p + 1));
          if (n > 16) {
            store.v128(o + 16, load.v128(p + 17));
            store.v128(o + 32, load.v128(p + 33));
            store.v128(o + 48, load.v128(p + 49));
          }
          p += n + 1;
          o += n;
          continue fast;
        }
        let distance = (word >>> 8) & 0xffff;
        if (kind == 1) {
          distance = ((word & 0xe0) << 3) | ((word >>> 8) & 255);
          n = ((word >>> 2) & 7) + 4;
          p += 2;
        } else {
          if (kind == 3) break fast;
          p += 3;
        }
        if (gtu(distance, o - target) || distance == 0) return 0;
        let from = o - distance;
        let stop = o + n;
        if (distance >= 16) {
          store.v128(o, load.v128(from));
          if (n > 16) {
            for (let i = 16; i < n; i += 16) store.v128(o + i, load.v128(from + i));
          }
        } else if (distance >= 8) {
          store.i64(o, load.i64(from));
          if (n > 8) {
            for (let i = 8; i < n; i += 8) store.i64(o + i, load.i64(from + i));
          }
        } else if (distance >= 4) {
          for (let i = 0; i < n; i += 4) store.i32(o + i, load.i32(from + i));
        } else {
          for (let i = 0; i < n; i += 1) store.u8(o + i, load.u8(from + i));
        }
        o = stop;
      }
      let tag = load.u8(p);
      p += 1;
      let n = (tag >>> 2) + 1;
      let kind = tag & 3;
      if (kind == 0) {
        if (n > 60) {
          let bytes = n - 60;
          if (gtu(bytes, end - p)) return 0;
          n = i32(load64.u32(p) & ((1L << u64(bytes << 3)) - 1)) + 1;
          p += bytes;
        }
        if (gtu(n - 1, end - p - 1) || gtu(n, limit - o)) return 0;
        copy(o, p, n);
        p += n;
        o += n;
      } else {
        let offset = 0;
        if (kind == 1) {
          n = ((tag >>> 2) & 7) + 4;
          offset = ((tag >>> 5) << 8) | load.u8(p);
          p += 1;
        } else if (kind == 2) {
          offset = load.u16(p);
          p += 2;
        } else {
          offset = load.i32(p);
          p += 4;
        }
        if (gtu(p, end) || gtu(offset, o - target) || offset == 0 || gtu(n, limit - o)) return 0;
        let from = o - offset;
        for (let i = 0; i < n; i += 1) store.u8(o + i, load.u8(from + i));
        o += n;
      }
    }
    return o == limit;
  }

  fn emit_literal(from: i32, n: i32, target: i32): i32 {
    let o = target;
    let rest = n - 1;
    if (rest < 60) {
      store.u8(o, rest << 2);
      o += 1;
    } else if (rest < 256) {
      store.u8(o, 240);
      store.u8(o + 1, rest);
      o += 2;
    } else {
      store.u8(o, 244);
      store.u16(o + 1, rest);
      o += 3;
    }
    copy(o, from, n);
    return o + n;
  }

  fn emit_copy(distance: i32, n: i32, target: i32): i32 {
    let o = target;
    let rest = n;
    while (rest > 64) {
      let part = rest >= 68 ? 64 : 60;
      store.u8(o, ((part - 1) << 2) | 2);
      store.u16(o + 1, distance);
      o += 3;
      rest -= part;
    }
    if (rest < 12 && distance < 2048) {
      store.u8(o, ((distance >>> 8) << 5) | ((rest - 4) << 2) | 1);
      store.u8(o + 1, distance);
      return o + 2;
    }
    store.u8(o, ((rest - 1) << 2) | 2);
    store.u16(o + 1, distance);
    return o + 3;
  }

  // Compresses [source, end) to target, which needs room for 64 + 7/6 of the length; "table": 64 KiB of scratch.
  // Returns where the output ends.
  fn snappy_compress(source: i32, end: i32, target: i32, table: i32): i32 {
    let o = target;
    let length = end - source;
    while (gtu(length, 127)) {
      store.u8(o, length | 128);
      length = length >>> 7;
      o += 1;
    }
    store.u8(o, length);
    o += 1;
    for (let block = source; ltu(block, end); block += 65536) {
      let stop = gtu(end - block, 65536) ? block + 65536 : end;
      fill(table, 0, 65536);
      let literal = block;
      let p = block;
      if (gtu(stop - block, 16)) {
        let limit = stop - 15;
        while (ltu(p, limit)) {
          let word = load.i32(p);
          let slot = table + (((word * 0x1e35a7bd) >>> 18) << 2);
          let candidate = block + load.i32(slot);
          store.i32(slot, p - block);
          if (ltu(candidate, p) && load.i32(candidate) == word) {
            if (ltu(literal, p)) o = emit_literal(literal, p - literal, o);
            let n = 4;
            while (ltu(p + n, stop) && load.u8(candidate + n) == load.u8(p + n)) n += 1;
            o = emit_copy(p - candidate, n, o);
            p += n;
            literal = p;
          } else p += 1 + ((p - literal) >>> 5);
        }
      }
      if (ltu(literal, stop)) o = emit_literal(literal, stop - literal, o);
    }
    return o;
  }
`;
