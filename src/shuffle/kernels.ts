/** The loops of the shuffle: the rows of each subpartition in order, and copies of chosen rows. */
import type { CompiledKernel, KernelCompiler } from '../kernel/program.ts';
import { kernels } from '../kernel/text.ts';
import { rowHashLibrary } from './hash-kernels.ts';
import { forEachRow } from './row-loop.ts';

/** A kernel that copies n values, whose row numbers are at "rows". */
const gather = (width: number, access: string, shift: number): string => `
  fn gather_${width}(values: i32, rows: i32, n: i32, to: i32) {
    ${forEachRow((row) => {
      const number = `load.i32(rows + (${row} << 2))`;
      return `store.${access}(to + (${row} << ${shift}), load.${access}(values + (${number} << ${shift})));`;
    })}
  }
`;

const shuffleLibrary = kernels('shuffle')`
  // The subpartition that the key group of a hash belongs to, as "table" says; mask: groups - 1, or 0 if they are no
  // power of two.
  fn target(hash: i64, table: i32, groups: i32, mask: i32): i32 {
    let group = i32(hash >>> 20);
    if (mask) group = group & mask;
    else group = remu(group, groups);
    return load.u16(table + (group << 1));
  }

  fn mask_of(groups: i32): i32 {
    let mask = groups - 1;
    return groups & mask ? 0 : mask;
  }

  // Writes the numbers of the rows of subpartition 0 at "first" and of those of 1 at "second"; each has room for all n.
  // Returns how many went to the first. Each row is written to both, and only one of them moves on: nothing is
  // foreseen, and nothing waits for what was stored.
  fn split_rows(hashes: i32, n: i32, table: i32, groups: i32, first: i32, second: i32): i32 {
    let mask = mask_of(groups);
    let p = first;
    let q = second;
    let step = 0;
    ${forEachRow(
      (row) => `
      step = target(load.i64(hashes + (${row} << 3)), table, groups, mask) << 2;
      store.i32(p, ${row});
      store.i32(q, ${row});
      p += 4 - step;
      q += step;`,
    )}
    return (p - first) >> 2;
  }

  fn count_target(at: i32, table: i32, groups: i32, mask: i32, counts: i32) {
    let offset = target(load.i64(at), table, groups, mask) << 2;
    store.i32(at, offset);
    store.i32(counts + offset, load.i32(counts + offset) + 1);
  }

  fn append_row(row: i32, cursor: i32) {
    let to = load.i32(cursor);
    store.i32(to, row);
    store.i32(cursor, to + 4);
  }

  // Writes the numbers of rows by subpartition at "rows", each one's in order, and the address behind the last of each
  // at "ends". Hashes are overwritten.
  fn partition_rows(hashes: i32, n: i32, table: i32, groups: i32, ends: i32, subpartitions: i32, rows: i32) {
    let mask = mask_of(groups);
    fill(ends, 0, subpartitions << 2);
    count_targets(hashes, n, table, groups, mask, ends);
    let next = rows;
    for (let s = 0; s < subpartitions; s += 1) {
      let count = load.i32(ends + (s << 2));
      store.i32(ends + (s << 2), next);
      next += count << 2;
    }
    append_rows(hashes, n, ends);
  }

  fn count_targets(hashes: i32, n: i32, table: i32, groups: i32, mask: i32, counts: i32) {
    ${forEachRow((row) => `count_target(hashes + (${row} << 3), table, groups, mask, counts);`)}
  }

  fn append_rows(targets: i32, n: i32, cursors: i32) {
    ${forEachRow((row) => `append_row(${row}, cursors + load.i32(targets + (${row} << 3)));`)}
  }

  ${gather(1, 'u8', 0)}
  ${gather(2, 'u16', 1)}
  ${gather(4, 'i32', 2)}
  ${gather(8, 'i64', 3)}
  ${gather(16, 'v128', 4)}

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
  return compiler.compileLibraries([shuffleLibrary, rowHashLibrary]);
}
