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
    while (ltu(p, end)) {
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
        if (leu(n, 16)) store.v128(o, load.v128(p));
        else copy(o, p, n);
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
        if (gtu(p, end) || gtu(offset - 1, o - target - 1) || o == target || gtu(n, limit - o)) return 0;
        let stop = o + n;
        let from = o - offset;
        if (offset >= 16) {
          while (ltu(o, stop)) {
            store.v128(o, load.v128(from));
            o += 16;
            from += 16;
          }
        } else if (offset >= 8) {
          while (ltu(o, stop)) {
            store.i64(o, load.i64(from));
            o += 8;
            from += 8;
          }
        } else if (offset >= 4) {
          while (ltu(o, stop)) {
            store.i32(o, load.i32(from));
            o += 4;
            from += 4;
          }
        } else {
          while (ltu(o, stop)) {
            store.u8(o, load.u8(from));
            o += 1;
            from += 1;
          }
        }
        o = stop;
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
