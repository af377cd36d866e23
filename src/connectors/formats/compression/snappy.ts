/**
 * Snappy decompression. Source and target need 64 bytes of room behind their ends: copies go in whole vectors.
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
`;
