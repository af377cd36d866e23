/**
 * Moving rows: lists of row numbers (u32), gathering fixed-width values by them, validity as bytes and as bits. Widths
 * are in the names, in bytes.
 */
import { kernels } from '../text.ts';

/** For each width: gather, gather where row -1 gives zero, and fill with one value (16 bytes: two halves). */
function gathers(): string {
  const widths = [
    { width: 1, type: 'i32', access: 'u8', shift: 0, zero: '0' },
    { width: 2, type: 'i32', access: 'u16', shift: 1, zero: '0' },
    { width: 4, type: 'i32', access: 'i32', shift: 2, zero: '0' },
    { width: 8, type: 'i64', access: 'i64', shift: 3, zero: '0L' },
    { width: 16, type: 'v128', access: 'v128', shift: 4, zero: 'i64x2.splat(0L)' },
  ];
  return widths
    .map(
      ({ width, access, shift, zero }) => `
  // to[i] = from[rows[i]] for n rows.
  fn gather_${width}(to: i32, from: i32, rows: i32, n: i32) {
    let end = rows + (n << 2);
    while (ltu(rows, end)) {
      store.${access}(to, load.${access}(from + (load.i32(rows) << ${shift})));
      rows += 4;
      to += ${width};
    }
  }

  // As gather_${width}, but row -1 gives zero.
  fn gather_or_zero_${width}(to: i32, from: i32, rows: i32, n: i32) {
    let end = rows + (n << 2);
    while (ltu(rows, end)) {
      let row = load.i32(rows);
      store.${access}(to, row < 0 ? ${zero} : load.${access}(from + (row << ${shift})));
      rows += 4;
      to += ${width};
    }
  }

  // to[i] = from[i] where the byte mask[i] is not 0, without gaps; returns how many. Needs room for n values at to.
  fn compact_${width}(to: i32, from: i32, mask: i32, n: i32): i32 {
    let start = to;
    for (let i = 0; i < n; i += 1) {
      store.${access}(to, load.${access}(from + (i << ${shift})));
      to += (load.u8(mask + i) != 0) << ${shift};
    }
    return (to - start) >>> ${shift};
  }
`,
    )
    .join('');
}

export const selectionLibrary = kernels('selection')`
  ${gathers()}

  // Writes the numbers of the rows whose byte is not 0; returns how many. Needs room for n numbers at rows.
  fn select_rows(rows: i32, mask: i32, n: i32): i32 {
    let out = rows;
    let zero = i8x16.splat(0);
    let i = 0;
    while (i + 16 <= n) {
      let set = i8x16.bitmask(i8x16.ne(load.v128(mask + i), zero));
      while (set != 0) {
        store.i32(out, i + ctz(set));
        out += 4;
        set &= set - 1;
      }
      i += 16;
    }
    while (i < n) {
      store.i32(out, i);
      out += (load.u8(mask + i) != 0) << 2;
      i += 1;
    }
    return (out - rows) >>> 2;
  }

  // rows[i] = first + i for n rows.
  fn sequence(rows: i32, n: i32, first: i32) {
    for (let i = 0; i < n; i += 1) store.i32(rows + (i << 2), first + i);
  }

  fn fill_4(to: i32, value: i32, n: i32) {
    for (let i = 0; i < n; i += 1) store.i32(to + (i << 2), value);
  }

  fn fill_8(to: i32, value: i64, n: i32) {
    for (let i = 0; i < n; i += 1) store.i64(to + (i << 3), value);
  }

  // How many of the n bytes are not 0.
  fn count_true(mask: i32, n: i32): i32 {
    let count = 0;
    let zero = i8x16.splat(0);
    while (n >= 16) {
      count += popcnt(i8x16.bitmask(i8x16.ne(load.v128(mask), zero)));
      mask += 16;
      n -= 16;
    }
    while (n > 0) {
      count += load.u8(mask) != 0;
      mask += 1;
      n -= 1;
    }
    return count;
  }

  // Validity bytes (0 or 1) to bits, lowest bit first, as in Arrow. Writes (n + 7) / 8 bytes.
  fn bytes_to_bits(to: i32, from: i32, n: i32) {
    let zero = i8x16.splat(0);
    while (n >= 16) {
      store.u16(to, i8x16.bitmask(i8x16.ne(load.v128(from), zero)));
      to += 2;
      from += 16;
      n -= 16;
    }
    if (n > 0) {
      let rest = i8x16.bitmask(i8x16.ne(load.v128(from), zero)) & ((1 << n) - 1);
      store.u8(to, rest);
      if (n > 8) store.u8(to + 1, rest >>> 8);
    }
  }

  // Bits to validity bytes; the first bit is number skip of those at from.
  fn bits_to_bytes(to: i32, from: i32, skip: i32, n: i32) {
    let bit = skip;
    if ((skip & 7) == 0) {
      from += skip >>> 3;
      bit = 0;
      while (n >= 8) {
        // Each byte of the product keeps one bit of its own; adding 127 carries it to bit 7.
        let spread = (load64.u8(from) * 0x0101010101010101) & 0x8040201008040201;
        store.i64(to, ((spread + 0x7f7f7f7f7f7f7f7f) >>> 7) & 0x0101010101010101);
        from += 1;
        to += 8;
        n -= 8;
      }
    }
    while (n > 0) {
      store.u8(to, (load.u8(from + (bit >>> 3)) >>> (bit & 7)) & 1);
      bit += 1;
      to += 1;
      n -= 1;
    }
  }
`;
