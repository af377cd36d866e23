/**
 * Hashes rows by key columns, column by column over typed arrays. Equal keys of equal type hash equally in every
 * process: NaN is one value, 0.0 and -0.0 are two, NULL is a value of its own.
 */
import type { Batch, Column } from '../columnar/batch.ts';
import type { LinearMemory } from '../memory/arena.ts';

const NULL_HASH = 0x3c6ef372;
const CANONICAL_NAN_HIGH = 0x7ff80000;
const CANONICAL_NAN_FLOAT = 0x7fc00000;

/** Writes the hash of every row of the batch to `into`, which has room for them. */
export function hashRows(memory: LinearMemory, batch: Batch, keys: readonly number[], into: Int32Array): void {
  into.fill(0, 0, batch.rowCount);
  for (const key of keys) hashColumn(memory, batch.columns[key]!, batch.rowCount, into);
}

function hashColumn(memory: LinearMemory, column: Column, rows: number, into: Int32Array): void {
  const wordOf = wordReader(memory, column);
  const { validity } = column;
  const u8 = memory.u8;
  if (validity === 0) {
    for (let i = 0; i < rows; i++) into[i] = combine(into[i]!, wordOf(i));
    return;
  }
  for (let i = 0; i < rows; i++) into[i] = combine(into[i]!, u8[validity + i] === 0 ? NULL_HASH : wordOf(i));
}

function combine(hash: number, word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  const rotated = hash ^ Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
  return (Math.imul((rotated << 13) | (rotated >>> 19), 5) + 0xe6546b64) | 0;
}

/** 32 bits that stand for the value of a row. */
function wordReader(memory: LinearMemory, { physical, values }: Column): (row: number) => number {
  const { u8, i32 } = memory;
  switch (physical) {
    case 'u8':
      return (row) => u8[values + row]!;
    case 'i8':
      return (row) => (u8[values + row]! << 24) >> 24;
    case 'i16':
      return (row) => ((u8[values + 2 * row]! | (u8[values + 2 * row + 1]! << 8)) << 16) >> 16;
    case 'i32': {
      const at = values >>> 2;
      return (row) => i32[at + row]!;
    }
    case 'i64': {
      const at = values >>> 2;
      return (row) => combine(i32[at + 2 * row]!, i32[at + 2 * row + 1]!);
    }
    case 'i128': {
      const at = values >>> 2;
      return (row) => {
        const word = at + 4 * row;
        return combine(combine(combine(i32[word]!, i32[word + 1]!), i32[word + 2]!), i32[word + 3]!);
      };
    }
    case 'f32': {
      const at = values >>> 2;
      const f32 = memory.f32;
      return (row) => (Number.isNaN(f32[at + row]!) ? CANONICAL_NAN_FLOAT : i32[at + row]!);
    }
    case 'f64': {
      const at = values >>> 2;
      const f64 = memory.f64;
      const f64At = values >>> 3;
      return (row) =>
        Number.isNaN(f64[f64At + row]!)
          ? combine(0, CANONICAL_NAN_HIGH)
          : combine(i32[at + 2 * row]!, i32[at + 2 * row + 1]!);
    }
    case 'view': {
      const at = values >>> 2;
      return (row) => hashBytes(u8, i32[at + 2 * row]! >>> 0, i32[at + 2 * row + 1]!);
    }
  }
}

/** FNV-1a. */
function hashBytes(u8: Uint8Array, address: number, length: number): number {
  let hash = 0x811c9dc5;
  for (let i = address; i < address + length; i++) hash = Math.imul(hash ^ u8[i]!, 0x01000193);
  return hash;
}
