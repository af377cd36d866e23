/**
 * The loops of the shuffle: hashes of rows by key columns, the rows of each subpartition in order, and copies of chosen
 * rows. Equal keys of equal type hash equally: NaN is one value, 0.0 and -0.0 are two, NULL is a value of its own.
 */
import type { PhysicalType } from '../columnar/physical.ts';
import { hashLibrary } from '../kernel/library/hash.ts';
import type { CompiledKernel, KernelCompiler } from '../kernel/program.ts';
import { kernels } from '../kernel/text.ts';

const shuffleLibrary = kernels('shuffle', [hashLibrary])`
  const NULL_KEY: i64 = 0x3c6ef372bb67ae85;
  const NAN_F32 = 0x7fc00000;
  const INFINITY_F32 = 0x7f800000;
  const NAN_F64: i64 = 0x7ff8000000000000;
  const INFINITY_F64: i64 = 0x7ff0000000000000;

  // Mixes a part of the key into the hash of a row, which is at "into".
  fn mix_key(into: i32, row: i32, validity: i32, key: i64) {
    let at = into + (row << 3);
    let part = key;
    if (validity) part = load.u8(validity + row) ? key : NULL_KEY;
    store.i64(at, hash_combine(load.i64(at), part));
  }

  fn hash_u8(values: i32, validity: i32, n: i32, into: i32) {
    for (let i = 0; i < n; i += 1) mix_key(into, i, validity, load64.u8(values + i));
  }

  fn hash_u16(values: i32, validity: i32, n: i32, into: i32) {
    for (let i = 0; i < n; i += 1) mix_key(into, i, validity, load64.u16(values + (i << 1)));
  }

  fn hash_words(values: i32, validity: i32, n: i32, into: i32) {
    for (let i = 0; i < n; i += 1) mix_key(into, i, validity, u64(load.i32(values + (i << 2))));
  }

  fn hash_longs(values: i32, validity: i32, n: i32, into: i32) {
    for (let i = 0; i < n; i += 1) mix_key(into, i, validity, load.i64(values + (i << 3)));
  }

  fn hash_wide(values: i32, validity: i32, n: i32, into: i32) {
    for (let i = 0; i < n; i += 1) {
      let p = values + (i << 4);
      mix_key(into, i, validity, hash_combine(load.i64(p), load.i64(p + 8)));
    }
  }

  fn hash_f32(values: i32, validity: i32, n: i32, into: i32) {
    for (let i = 0; i < n; i += 1) {
      let bits = load.i32(values + (i << 2));
      if ((bits & 0x7fffffff) > INFINITY_F32) bits = NAN_F32;
      mix_key(into, i, validity, u64(bits));
    }
  }

  fn hash_f64(values: i32, validity: i32, n: i32, into: i32) {
    for (let i = 0; i < n; i += 1) {
      let bits = load.i64(values + (i << 3));
      if ((bits & 0x7fffffffffffffffL) > INFINITY_F64) bits = NAN_F64;
      mix_key(into, i, validity, bits);
    }
  }

  // What a view of NULL points at is not looked at.
  fn hash_views(values: i32, validity: i32, n: i32, into: i32) {
    for (let i = 0; i < n; i += 1) {
      let there = 1;
      if (validity) there = load.u8(validity + i);
      if (there) mix_key(into, i, 0, hash_view(load.i64(values + (i << 3))));
      else mix_key(into, i, 0, NULL_KEY);
    }
  }

  // Replaces the hashes of rows by the subpartitions that their key groups belong to, as "table" says.
  fn hashes_to_targets(hashes: i32, n: i32, table: i32, groups: i32) {
    let mask = groups - 1;
    if (groups & mask) {
      for (let i = 0; i < n; i += 1) {
        let p = hashes + (i << 3);
        store.i32(p, load.u16(table + (remu(i32(load.i64(p) >>> 20), groups) << 1)));
      }
    } else {
      for (let i = 0; i < n; i += 1) {
        let p = hashes + (i << 3);
        store.i32(p, load.u16(table + ((i32(load.i64(p) >>> 20) & mask) << 1)));
      }
    }
  }

  // Rows by subpartition, each one's in order: those of s are rows[starts[s]] to rows[starts[s + 1] - 1].
  // Hashes are overwritten.
  fn partition_rows(
    hashes: i32, n: i32, table: i32, groups: i32, starts: i32, subpartitions: i32, rows: i32
  ) {
    hashes_to_targets(hashes, n, table, groups);
    for (let s = 0; s <= subpartitions; s += 1) store.i32(starts + (s << 2), 0);
    for (let i = 0; i < n; i += 1) {
      let count = starts + (load.i32(hashes + (i << 3)) << 2);
      store.i32(count, load.i32(count) + 1);
    }
    let end = 0;
    for (let s = 0; s <= subpartitions; s += 1) {
      end += load.i32(starts + (s << 2));
      store.i32(starts + (s << 2), end);
    }
    for (let i = n - 1; i >= 0; i -= 1) {
      let start = starts + (load.i32(hashes + (i << 3)) << 2);
      let at = load.i32(start) - 1;
      store.i32(start, at);
      store.i32(rows + (at << 2), i);
    }
  }

  fn gather_1(values: i32, rows: i32, count: i32, to: i32) {
    for (let i = 0; i < count; i += 1) store.u8(to + i, load.u8(values + load.i32(rows + (i << 2))));
  }

  fn gather_2(values: i32, rows: i32, count: i32, to: i32) {
    for (let i = 0; i < count; i += 1) {
      store.u16(to + (i << 1), load.u16(values + (load.i32(rows + (i << 2)) << 1)));
    }
  }

  fn gather_4(values: i32, rows: i32, count: i32, to: i32) {
    for (let i = 0; i < count; i += 1) {
      store.i32(to + (i << 2), load.i32(values + (load.i32(rows + (i << 2)) << 2)));
    }
  }

  fn gather_8(values: i32, rows: i32, count: i32, to: i32) {
    for (let i = 0; i < count; i += 1) {
      store.i64(to + (i << 3), load.i64(values + (load.i32(rows + (i << 2)) << 3)));
    }
  }

  fn gather_16(values: i32, rows: i32, count: i32, to: i32) {
    for (let i = 0; i < count; i += 1) {
      store.v128(to + (i << 4), load.v128(values + (load.i32(rows + (i << 2)) << 4)));
    }
  }

  // Bytes of the strings of n rows.
  fn view_bytes(views: i32, validity: i32, n: i32): i64 {
    let total: i64 = 0;
    for (let i = 0; i < n; i += 1) {
      let there = 1;
      if (validity) there = load.u8(validity + i);
      if (there) total += u64(load.i32(views + (i << 3) + 4));
    }
    return total;
  }
`;

export type ShuffleKernels = Readonly<Record<string, CompiledKernel>>;

export function compileShuffleKernels(compiler: KernelCompiler): ShuffleKernels {
  return compiler.compileLibraries([shuffleLibrary]);
}

/** The kernel that hashes columns of each physical type. */
export const HASH_KERNEL: Readonly<Record<PhysicalType, string>> = {
  u8: 'hash_u8',
  i8: 'hash_u8',
  i16: 'hash_u16',
  i32: 'hash_words',
  i64: 'hash_longs',
  i128: 'hash_wide',
  f32: 'hash_f32',
  f64: 'hash_f64',
  view: 'hash_views',
};
