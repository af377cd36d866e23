/**
 * A hash table from 64-bit keys to 32-bit values: open addressing, linear probing, slots of 16 bytes (key, value, 1 if
 * taken, so that a probe touches one cache line). Capacity is a power of two, at most half of it taken. Deleting is not
 * supported. For keys of other shapes the query compiler writes the same loop with its own comparison.
 */
import { kernels } from '../text.ts';
import { hashLibrary } from './hash.ts';

export const TABLE_SLOT_BYTES = 16;

export const hashTableLibrary = kernels('hash-table', [hashLibrary])`
  const VALUE = 8;
  const TAKEN = 12;

  // The slot that holds the key, or the free one where it belongs. mask is capacity - 1.
  fn table_slot(slots: i32, mask: i32, key: i64): i32 {
    let index = i32(hash_i64(key)) & mask;
    loop {
      let slot = slots + (index << 4);
      if (load.i32(slot, TAKEN) == 0 || load.i64(slot) == key) return slot;
      index = (index + 1) & mask;
    }
  }

  // The value of the key, or -1.
  fn table_find(slots: i32, mask: i32, key: i64): i32 {
    let slot = table_slot(slots, mask, key);
    return select(load.i32(slot, TAKEN), load.i32(slot, VALUE), -1);
  }

  // The value of the key, which is given this value if it has none.
  fn table_find_or_insert(slots: i32, mask: i32, key: i64, value: i32): i32 {
    let slot = table_slot(slots, mask, key);
    if (load.i32(slot, TAKEN)) return load.i32(slot, VALUE);
    store.i64(slot, key);
    store.i32(slot, value, VALUE);
    store.i32(slot, 1, TAKEN);
    return value;
  }

  // out[i] = value of keys[i], or -1, for n keys.
  fn table_find_column(slots: i32, mask: i32, keys: i32, out: i32, n: i32) {
    for (let i = 0; i < n; i += 1) store.i32(out + (i << 2), table_find(slots, mask, load.i64(keys + (i << 3))));
  }

  global table_size: i32;

  // Numbers distinct keys in order of appearance, from size on: out[i] = number of keys[i]. Stops when half of the
  // table is taken and returns how many keys are done; table_count then gives the new size. Grow and go on.
  fn table_number_column(slots: i32, mask: i32, size: i32, keys: i32, out: i32, n: i32): i32 {
    let limit = (mask + 1) >>> 1;
    for (let i = 0; i < n; i += 1) {
      let number = table_find_or_insert(slots, mask, load.i64(keys + (i << 3)), size);
      store.i32(out + (i << 2), number);
      if (number == size) {
        size += 1;
        if (size >= limit) {
          table_size = size;
          return i + 1;
        }
      }
    }
    table_size = size;
    return n;
  }

  // The size after the last table_number_column.
  fn table_count(): i32 {
    return table_size;
  }

  // Puts what is in a table of this capacity into a larger one, whose memory is zero.
  fn table_grow(slots: i32, capacity: i32, larger: i32, mask: i32) {
    let end = slots + (capacity << 4);
    while (slots != end) {
      if (load.i32(slots, TAKEN)) store.v128(table_slot(larger, mask, load.i64(slots)), load.v128(slots));
      slots += 16;
    }
  }
`;
