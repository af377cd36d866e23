/** Kernels over one segment of a row table: slots of `[hash, row]`, open addressing with linear probing. */
import { kernels } from '../../kernel/text.ts';

export const SEGMENT_SHIFT = 9;
export const SEGMENT_SLOTS = 1 << SEGMENT_SHIFT;
export const SLOT_BYTES = 8;
/** Slots in use, deleted ones included, at which a segment is split, where a table says nothing else. */
export const SEGMENT_LIMIT = 320;
/** Words before the slots: the bits of the hash that all rows have in common, and the slots that are not empty. */
export const DEPTH = 0;
export const USED = 4;
export const SEGMENT_HEADER = 16;
export const SEGMENT_BYTES = SEGMENT_HEADER + SEGMENT_SLOTS * SLOT_BYTES;
/** In place of the row of a deleted slot; 0 is an empty one. */
export const DELETED = 1;

/**
 * The low bits of a hash choose the segment and are the same for all its rows; where in the segment a row goes is told
 * by the top bits of this multiple, which depend on all others.
 */
export const SPREAD = 0x9e3779b1 | 0;
export const SPREAD_SHIFT = 32 - SEGMENT_SHIFT;

export const segmentLibrary = kernels('row-segments')`
  const SLOTS = ${SEGMENT_SLOTS};
  const HEADER = ${SEGMENT_HEADER};
  const BYTES = ${SEGMENT_BYTES};
  const DELETED = ${DELETED};
  const USED = ${USED};

  // Rows in the segment.
  fn segment_rows(segment: i32): i32 {
    let rows: i32 = 0;
    for (let slot = segment + HEADER; ltu(slot, segment + BYTES); slot += ${SLOT_BYTES}) {
      if (gtu(load.i32(slot, 4), DELETED)) rows += 1;
    }
    return rows;
  }

  fn segment_put(segment: i32, hash: i32, row: i32) {
    let index = (hash * ${SPREAD}) >>> ${SPREAD_SHIFT};
    let slot = segment + HEADER + (index << 3);
    while (load.i32(slot, 4) != 0) {
      index = (index + 1) & (SLOTS - 1);
      slot = segment + HEADER + (index << 3);
    }
    store.i32(slot, hash);
    store.i32(slot, row, 4);
    store.i32(segment, load.i32(segment, USED) + 1, USED);
  }

  // Puts the rows of a segment into two empty ones (which may be the same), by one bit of the hash.
  fn segment_split(from: i32, low: i32, high: i32, bit: i32) {
    for (let slot = from + HEADER; ltu(slot, from + BYTES); slot += ${SLOT_BYTES}) {
      let row = load.i32(slot, 4);
      if (gtu(row, DELETED)) {
        let hash = load.i32(slot);
        let to = low;
        if ((hash >>> bit) & 1) to = high;
        segment_put(to, hash, row);
      }
    }
  }
`;
