/**
 * LZ4 blocks without a frame, which Parquet calls LZ4_RAW. Source and target need 64 bytes of room behind their ends.
 *
 * Source: "LZ4 Block Format Description" (github.com/lz4/lz4, doc).
 */
import { kernels } from '../../../kernel/text.ts';

export const lz4Library = kernels('lz4')`
  // Decompresses [source, end) to [target, limit), which must become exactly full. 1: done, 0: the bytes are damaged.
  fn lz4_decompress(source: i32, end: i32, target: i32, limit: i32): i32 {
    let p = source;
    let o = target;
    while (ltu(p, end)) {
      let token = load.u8(p);
      p += 1;
      let n = token >>> 4;
      if (n == 15) {
        let more = 255;
        while (more == 255) {
          if (geu(p, end) || n < 0) return 0;
          more = load.u8(p);
          n += more;
          p += 1;
        }
      }
      if (gtu(n, end - p) || gtu(n, limit - o)) return 0;
      if (leu(n, 16)) store.v128(o, load.v128(p));
      else copy(o, p, n);
      p += n;
      o += n;
      if (p == end) return o == limit;
      if (gtu(2, end - p)) return 0;
      let distance = load.u16(p);
      p += 2;
      n = (token & 15) + 4;
      if (n == 19) {
        let more = 255;
        while (more == 255) {
          if (geu(p, end) || n < 0) return 0;
          more = load.u8(p);
          n += more;
          p += 1;
        }
      }
      if (distance == 0 || gtu(distance, o - target) || gtu(n, limit - o)) return 0;
      let from = o - distance;
      let stop = o + n;
      if (distance >= 16) {
        for (; ltu(o, stop); o += 16) {
          store.v128(o, load.v128(from));
          from += 16;
        }
      } else {
        for (; ltu(o, stop); o += 1) {
          store.u8(o, load.u8(from));
          from += 1;
        }
      }
      o = stop;
    }
    return 0;
  }
`;
