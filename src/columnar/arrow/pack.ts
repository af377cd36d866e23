/** The loops between our layout (a validity byte per row, views) and Arrow's (bitmaps, offsets). Addresses throughout. */
import type { LinearMemory } from '../../memory/arena.ts';

export function countZeros(memory: LinearMemory, bytes: number, rows: number): number {
  const u8 = memory.u8;
  let ones = 0;
  for (let i = bytes; i < bytes + rows; i++) ones += u8[i]!;
  return rows - ones;
}

/** A bit per row from a byte (0 or 1) per row. */
export function packBits(memory: LinearMemory, bytes: number, bits: number, rows: number): void {
  const u8 = memory.u8;
  const whole = rows & ~7;
  let at = bits;
  let i = bytes;
  for (const end = bytes + whole; i < end; i += 8) {
    u8[at++] =
      u8[i]! |
      (u8[i + 1]! << 1) |
      (u8[i + 2]! << 2) |
      (u8[i + 3]! << 3) |
      (u8[i + 4]! << 4) |
      (u8[i + 5]! << 5) |
      (u8[i + 6]! << 6) |
      (u8[i + 7]! << 7);
  }
  if (whole === rows) return;
  let last = 0;
  for (let bit = 0; bit < rows - whole; bit++) last |= u8[i + bit]! << bit;
  u8[at] = last;
}

export function unpackBits(memory: LinearMemory, bits: number, bytes: number, rows: number): void {
  const u8 = memory.u8;
  for (let i = 0; i < rows; i++) u8[bytes + i] = (u8[bits + (i >>> 3)]! >>> (i & 7)) & 1;
}

/** Offsets of the strings laid one behind another; NULLs take no bytes. Returns the bytes in total. */
export function viewsToOffsets(
  memory: LinearMemory,
  views: number,
  validity: number,
  offsets: number,
  rows: number,
): number {
  const { u8, u32 } = memory;
  let total = 0;
  let length = (views >>> 2) + 1;
  let at = offsets >>> 2;
  u32[at++] = 0;
  for (let i = 0; i < rows; i++, length += 2) {
    if (validity === 0 || u8[validity + i] !== 0) total += u32[length]!;
    u32[at++] = total;
  }
  return total;
}

/** Lays the bytes of the views one behind another. */
export function copyViews(memory: LinearMemory, views: number, offsets: number, target: number, rows: number): void {
  const { u8, u32 } = memory;
  let offset = offsets >>> 2;
  let view = views >>> 2;
  for (let i = 0; i < rows; i++, view += 2, offset++) {
    const length = u32[offset + 1]! - u32[offset]!;
    let from = u32[view]!;
    let to = target + u32[offset]!;
    if (length > 24) u8.copyWithin(to, from, from + length);
    else for (const end = to + length; to < end; ) u8[to++] = u8[from++]!;
  }
}

/** Views of strings from their offsets; false when the offsets go back or beyond `length`. */
export function offsetsToViews(
  memory: LinearMemory,
  offsets: number,
  data: number,
  length: number,
  views: number,
  rows: number,
): boolean {
  const { u32 } = memory;
  let at = offsets >>> 2;
  let view = views >>> 2;
  let start = u32[at]!;
  for (let i = 0; i < rows; i++) {
    const end = u32[++at]!;
    if (end < start || end > length) return false;
    u32[view++] = data + start;
    u32[view++] = end - start;
    start = end;
  }
  return true;
}

/** 64-bit integers to 128 bits. */
export function widen(memory: LinearMemory, source: number, target: number, rows: number): void {
  const { i32 } = memory;
  let from = source >>> 2;
  let to = target >>> 2;
  for (let i = 0; i < rows; i++, from += 2, to += 4) {
    const high = i32[from + 1]!;
    i32[to] = i32[from]!;
    i32[to + 1] = high;
    i32[to + 2] = high >> 31;
    i32[to + 3] = high >> 31;
  }
}

/** 128-bit integers to 64 bits; the number of the first valid row whose value does not fit, or -1. */
export function narrow(memory: LinearMemory, source: number, validity: number, target: number, rows: number): number {
  const { i32, u8 } = memory;
  let from = source >>> 2;
  let to = target >>> 2;
  for (let i = 0; i < rows; i++, from += 4, to += 2) {
    const high = i32[from + 1]!;
    i32[to] = i32[from]!;
    i32[to + 1] = high;
    const sign = high >> 31;
    if ((i32[from + 2] !== sign || i32[from + 3] !== sign) && (validity === 0 || u8[validity + i] !== 0)) return i;
  }
  return -1;
}
