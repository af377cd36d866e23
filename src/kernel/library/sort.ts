/**
 * Sorting. `radix_sort` sorts pairs of 16 bytes (u64 key, u32 row, 4 bytes along for the ride) by key; it is stable and
 * skips the bytes in which all keys agree. `merge_sort_step` sorts row numbers by the query's own order, which it calls
 * as `less(a, b)`; it is stable too, and does a bounded amount of work per call, so that a task stays responsive.
 */
import { kernels } from '../text.ts';

/** Bytes of scratch memory that radix_sort needs beside the second array: one count per digit and value. */
export const RADIX_COUNT_BYTES = 8 * 256 * 4;

/** Bytes of the state of a merge sort. */
export const MERGE_SORT_STATE_BYTES = 32;

export const sortLibrary = kernels('sort')`
  // Sorts n pairs; other is room for as many, counts for ${RADIX_COUNT_BYTES} bytes. Returns where the result is.
  fn radix_sort(pairs: i32, other: i32, n: i32, counts: i32): i32 {
    fill(counts, 0, ${RADIX_COUNT_BYTES});
    let end = pairs + (n << 4);
    for (let p = pairs; p != end; p += 16) {
      let key = load.i64(p);
      for (let table = counts; table != counts + ${RADIX_COUNT_BYTES}; table += 1024) {
        let slot = table + ((i32(key) & 255) << 2);
        store.i32(slot, load.i32(slot) + 1);
        key = key >>> 8;
      }
    }
    if (n < 2) return pairs;
    for (let digit = 0; digit < 8; digit += 1) {
      let shift = i64(digit << 3);
      let count = counts + (digit << 10);
      // One value for all: nothing moves.
      if (load.i32(count + ((i32(load.i64(pairs) >>> shift) & 255) << 2)) == n) continue;
      let position = other;
      for (let slot = count; slot != count + 1024; slot += 4) {
        let width = load.i32(slot) << 4;
        store.i32(slot, position);
        position += width;
      }
      end = pairs + (n << 4);
      for (let p = pairs; p != end; p += 16) {
        let slot = count + ((i32(load.i64(p) >>> shift) & 255) << 2);
        let target = load.i32(slot);
        store.v128(target, load.v128(p));
        store.i32(slot, target + 16);
      }
      let swap = pairs;
      pairs = other;
      other = swap;
    }
    return pairs;
  }

  // Splits pairs into parts by the given bits of the key: the digit is (key >>> shift) & mask. counts has room for
  // mask + 2 numbers; afterwards part i is the pairs counts[i] up to counts[i + 1] of other.
  fn radix_partition(pairs: i32, other: i32, n: i32, shift: i64, mask: i32, counts: i32) {
    fill(counts, 0, (mask + 2) << 2);
    let end = pairs + (n << 4);
    for (let p = pairs; p != end; p += 16) {
      let slot = counts + ((i32(load.i64(p) >>> shift) & mask) << 2);
      store.i32(slot, load.i32(slot) + 1);
    }
    let position = 0;
    for (let i = 0; i <= mask; i += 1) {
      let count = load.i32(counts + (i << 2));
      store.i32(counts + (i << 2), position);
      position += count;
    }
    for (let p = pairs; p != end; p += 16) {
      let slot = counts + ((i32(load.i64(p) >>> shift) & mask) << 2);
      let index = load.i32(slot);
      store.v128(other + (index << 4), load.v128(p));
      store.i32(slot, index + 1);
    }
    // Each start has moved to its end: shift them by one.
    copy(counts + 4, counts, (mask + 1) << 2);
    store.i32(counts, 0);
  }

  extern fn less(a: i32, b: i32): i32;

  const ROWS = 0;
  const OTHER = 4;
  const COUNT = 8;
  const WIDTH = 12;
  const POSITION = 16;
  const LEFT = 20;
  const RIGHT = 24;
  const RUN = 16;

  // Prepares state (${MERGE_SORT_STATE_BYTES} bytes) to sort the n row numbers at rows; other is room for as many.
  fn merge_sort_begin(state: i32, rows: i32, other: i32, n: i32) {
    store.i32(state, rows, ROWS);
    store.i32(state, other, OTHER);
    store.i32(state, n, COUNT);
    store.i32(state, 0, WIDTH);
    store.i32(state, 0, POSITION);
    store.i32(state, 0, LEFT);
    store.i32(state, RUN, RIGHT);
  }

  // Works through about so many row numbers. Returns the address of the sorted ones when done, 0 before.
  fn merge_sort_step(state: i32, budget: i32): i32 {
    let n = load.i32(state, COUNT);
    while (load.i32(state, WIDTH) == 0) {
      if (budget <= 0) return 0;
      let position = load.i32(state, POSITION);
      let end = position + RUN;
      if (end >= n) {
        end = n;
        store.i32(state, RUN, WIDTH);
        insertion_sort(load.i32(state, ROWS), position, end);
        begin_pass(state, n);
      } else {
        insertion_sort(load.i32(state, ROWS), position, end);
        store.i32(state, end, POSITION);
      }
      budget -= RUN;
    }
    while (load.i32(state, WIDTH) < n) {
      budget = merge_some(state, n, budget);
      if (budget <= 0) return 0;
    }
    return load.i32(state, ROWS);
  }

  fn begin_pass(state: i32, n: i32) {
    store.i32(state, 0, POSITION);
    store.i32(state, 0, LEFT);
    let width = load.i32(state, WIDTH);
    store.i32(state, select(width < n, width, n), RIGHT);
  }

  fn insertion_sort(rows: i32, from: i32, to: i32) {
    for (let i = from + 1; i < to; i += 1) {
      let row = load.i32(rows + (i << 2));
      let j = i;
      while (j > from && less(row, load.i32(rows + (j << 2) - 4))) {
        store.i32(rows + (j << 2), load.i32(rows + (j << 2) - 4));
        j -= 1;
      }
      store.i32(rows + (j << 2), row);
    }
  }

  // Goes on with the merge of the two runs at POSITION, whose next elements are LEFT and RIGHT.
  fn merge_some(state: i32, n: i32, budget: i32): i32 {
    let rows = load.i32(state, ROWS);
    let other = load.i32(state, OTHER);
    let width = load.i32(state, WIDTH);
    let position = load.i32(state, POSITION);
    let i = load.i32(state, LEFT);
    let j = load.i32(state, RIGHT);
    let middle = select(position + width < n, position + width, n);
    let end = select(position + 2 * width < n, position + 2 * width, n);
    let out = other + ((i + j - middle) << 2);
    while (i < middle && j < end && budget > 0) {
      let a = load.i32(rows + (i << 2));
      let b = load.i32(rows + (j << 2));
      if (less(b, a)) {
        store.i32(out, b);
        j += 1;
      } else {
        store.i32(out, a);
        i += 1;
      }
      out += 4;
      budget -= 1;
    }
    if (i < middle && j < end) {
      store.i32(state, i, LEFT);
      store.i32(state, j, RIGHT);
      return 0;
    }
    copy(out, rows + (i << 2), (middle - i) << 2);
    copy(out + ((middle - i) << 2), rows + (j << 2), (end - j) << 2);
    budget -= (middle - i + end - j) >>> 4;
    if (end < n) {
      store.i32(state, end, POSITION);
      store.i32(state, end, LEFT);
      store.i32(state, select(end + width < n, end + width, n), RIGHT);
      return budget;
    }
    store.i32(state, other, ROWS);
    store.i32(state, rows, OTHER);
    store.i32(state, 2 * width, WIDTH);
    begin_pass(state, n);
    return budget;
  }
`;
