/** The loops between our layout (a validity byte per row, views) and Arrow's (bitmaps, offsets), as kernels. */
import type { CompiledKernel, KernelCompiler } from '../../kernel/program.ts';
import { kernels } from '../../kernel/text.ts';

/** Blocks need 64 bytes of room behind their end: strings are copied in whole vectors. */
export const packLibrary = kernels('arrow-pack')`
  // How many of n bytes are 0; they are 0 or 1.
  fn count_zeros(bytes: i32, n: i32): i32 {
    let ones: i64 = 0;
    let i = 0;
    for (; i + 8 <= n; i += 8) ones += (load.i64(bytes + i) * 0x0101010101010101L) >>> 56;
    for (; i < n; i += 1) ones += load64.u8(bytes + i);
    return n - i32(ones);
  }

  // A bit per row from a byte per row.
  fn pack_bits(bytes: i32, bits: i32, n: i32) {
    let i = 0;
    for (; i + 8 <= n; i += 8) {
      store64.u8(bits + (i >>> 3), (load.i64(bytes + i) * 0x0102040810204080L) >>> 56);
    }
    if (i < n) {
      let last = 0;
      for (let k = 0; i + k < n; k += 1) last = last | (load.u8(bytes + i + k) << k);
      store.u8(bits + (i >>> 3), last);
    }
  }

  // Bytes up to the next multiple of 8 are written.
  fn unpack_bits(bits: i32, bytes: i32, n: i32) {
    for (let i = 0; i < n; i += 8) {
      let spread = (load64.u8(bits + (i >>> 3)) * 0x0101010101010101L) & 0x8040201008040201L;
      store.i64(bytes + i, ((spread + 0x7f7f7f7f7f7f7f7fL) >>> 7) & 0x0101010101010101L);
    }
  }

  // Offsets of the strings laid one behind another; NULLs take no bytes. Returns the bytes in total.
  fn views_to_offsets(views: i32, validity: i32, offsets: i32, n: i32): i32 {
    let total = 0;
    store.i32(offsets, 0);
    for (let i = 0; i < n; i += 1) {
      let length = load.i32(views + (i << 3) + 4);
      if (validity) length = load.u8(validity + i) ? length : 0;
      total += length;
      store.i32(offsets + (i << 2) + 4, total);
    }
    return total;
  }

  // Lays the bytes of the views one behind another.
  fn copy_views(views: i32, offsets: i32, target: i32, n: i32) {
    let start = load.i32(offsets);
    for (let i = 0; i < n; i += 1) {
      let end = load.i32(offsets + (i << 2) + 4);
      let length = end - start;
      if (length) {
        let from = load.i32(views + (i << 3));
        let to = target + start;
        if (leu(length, 16)) store.v128(to, load.v128(from));
        else if (leu(length, 32)) {
          store.v128(to, load.v128(from));
          store.v128(to + 16, load.v128(from + 16));
        } else copy(to, from, length);
      }
      start = end;
    }
  }

  // Views of strings from their offsets; 0 when the offsets go back or beyond "length".
  fn offsets_to_views(offsets: i32, data: i32, length: i32, views: i32, n: i32): i32 {
    let start = load.i32(offsets);
    let bad = gtu(start, length);
    for (let i = 0; i < n; i += 1) {
      let end = load.i32(offsets + (i << 2) + 4);
      bad = bad | ltu(end, start) | gtu(end, length);
      store.i64(views + (i << 3), u64(data + start) | (u64(end - start) << 32));
      start = end;
    }
    return !bad;
  }

  // 64-bit integers to 128 bits.
  fn widen(source: i32, target: i32, n: i32) {
    for (let i = 0; i < n; i += 1) {
      let value = load.i64(source + (i << 3));
      store.i64(target + (i << 4), value);
      store.i64(target + (i << 4) + 8, value >> 63);
    }
  }

  // 128-bit integers to 64 bits; the first valid row whose value does not fit, or -1.
  fn narrow(source: i32, validity: i32, target: i32, n: i32): i32 {
    for (let i = 0; i < n; i += 1) {
      let value = load.i64(source + (i << 4));
      store.i64(target + (i << 3), value);
      if (load.i64(source + (i << 4) + 8) != value >> 63) {
        if (validity == 0) return i;
        if (load.u8(validity + i)) return i;
      }
    }
    return -1;
  }
`;

export type PackKernels = Readonly<Record<string, CompiledKernel>>;

export function compilePackKernels(compiler: KernelCompiler): PackKernels {
  return compiler.compileLibraries([packLibrary]);
}
