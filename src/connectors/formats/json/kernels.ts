/**
 * JSON lines: finds the values of the wanted columns in many lines at once. A line that is not plain (escaped names, no
 * object, not JSON) stops the tokenizer and is parsed in TypeScript.
 */
import { kernels } from '../../../kernel/text.ts';

/** The tokenizer's state: 32-bit words at these offsets; then for each column a record of COLUMN_BYTES. */
export const STATE = {
  columns: 0,
  failOnMissing: 4,
  rows: 8,
  consumed: 12,
  lines: 16,
  reason: 20,
  lineStart: 24,
} as const;
export const STATE_BYTES = 32;
export const COLUMN_BYTES = 24;
/** Address and length of the name, class of the type, where views and validity go (0: NOT NULL). */
export const COLUMN = { name: 0, length: 4, class: 8, views: 12, validity: 16 } as const;

/** Which JSON values of a column need no second look: strings, numbers (and strings), strings, literals, none. */
export const CLASS = { text: 0, number: 1, temporal: 2, boolean: 3, other: 4 } as const;

export const STOP = { more: 0, full: 1, odd: 2 } as const;

/** Flags in the length of a view: a string with escapes (without its quotes); a value as it stands in the text. */
export const ESCAPED = 0x80000000;
export const RAW = 0x40000000;

export const jsonLibrary = kernels('json')`
  const NEWLINE = 10;
  const QUOTE = 34;
  const BACKSLASH = 92;

  // Address of the next line end, or "end".
  fn json_line_end(start: i32, end: i32): i32 {
    let newlines = i8x16.splat(NEWLINE);
    for (let p = start; ltu(p, end); p += 16) {
      let found = i8x16.bitmask(i8x16.eq(load.v128(p), newlines));
      if (found) return ltu(p + ctz(found), end) ? p + ctz(found) : end;
    }
    return end;
  }

  // Address of the next quote or backslash; may lie beyond "end" when there is none.
  fn json_string_end(start: i32, end: i32): i32 {
    let quotes = i8x16.splat(QUOTE);
    let escapes = i8x16.splat(BACKSLASH);
    for (let p = start; ltu(p, end); p += 16) {
      let bytes = load.v128(p);
      let found = i8x16.bitmask(v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, escapes)));
      if (found) return p + ctz(found);
    }
    return end;
  }

  fn json_space(start: i32): i32 {
    let p = start;
    loop {
      let byte = load.u8(p);
      if (byte != 32 && byte != 9 && byte != 13) return p;
      p += 1;
    }
    return p;
  }

  // Where the object or array that begins at "start" ends; 0 when it does not.
  fn json_nested_end(start: i32, end: i32): i32 {
    let depth = 0;
    let p = start;
    while (ltu(p, end)) {
      let byte = load.u8(p);
      if (byte == QUOTE) {
        p = json_string_end(p + 1, end);
        while (ltu(p, end) && load.u8(p) == BACKSLASH) p = json_string_end(p + 2, end);
        if (geu(p, end)) return 0;
      } else if (byte == 123 || byte == 91) depth += 1;
      else if (byte == 125 || byte == 93) {
        depth -= 1;
        if (depth == 0) return p + 1;
      }
      p += 1;
    }
    return 0;
  }

  // The record of the column with the name; "first" is tried first. 0: it is not wanted.
  fn json_find(state: i32, name: i32, length: i32, first: i32): i32 {
    let columns = load.i32(state);
    let index = first;
    for (let tries = 0; tries < columns; tries += 1) {
      if (index >= columns) index = 0;
      let record = state + ${32} + index * ${24};
      if (load.i32(record + 4) == length) {
        let other = load.i32(record);
        let k = 0;
        while (k < length && load.u8(name + k) == load.u8(other + k)) k += 1;
        if (k == length) return record;
      }
      index += 1;
    }
    return 0;
  }

  // One line. 1: a row, 2: nothing but white space, 0: not plain.
  fn json_line(state: i32, start: i32, end: i32, row: i32): i32 {
    let columns = load.i32(state);
    let records = state + ${32};
    let p = json_space(start);
    if (geu(p, end)) return 2;
    if (load.u8(p) != 123) return 0;
    for (let c = 0; c < columns; c += 1) store.i64(load.i32(records + c * ${24} + 12) + (row << 3), 0);
    let next = 0;
    p = json_space(p + 1);
    let more = load.u8(p) != 125;
    if (!more) p += 1;
    while (more) {
      if (load.u8(p) != QUOTE) return 0;
      let name = p + 1;
      p = json_string_end(name, end);
      if (geu(p, end)) return 0;
      if (load.u8(p) != QUOTE) return 0;
      let record = json_find(state, name, p - name, next);
      p = json_space(p + 1);
      if (load.u8(p) != 58) return 0;
      p = json_space(p + 1);
      let byte = load.u8(p);
      let from = p;
      let to = p;
      let flag: i64 = 0;
      let class = 4;
      if (record) {
        class = load.i32(record + 8);
        next = divu(record - records, ${24}) + 1;
      }
      if (byte == QUOTE) {
        let escaped = 0;
        from += 1;
        p = json_string_end(from, end);
        while (ltu(p, end) && load.u8(p) == BACKSLASH) {
          escaped = 1;
          p = json_string_end(p + 2, end);
        }
        if (geu(p, end)) return 0;
        to = p;
        p += 1;
        if (class == 0) flag = escaped ? 0x80000000L : 0L;
        else if (class > 2 || escaped || to == from) {
          from -= 1;
          to += 1;
          flag = 0x40000000L;
        }
      } else if (byte == 123 || byte == 91) {
        p = json_nested_end(p, end);
        if (p == 0) return 0;
        to = p;
        flag = 0x40000000L;
      } else {
        loop {
          byte = load.u8(p);
          if (byte == 44 || byte == 125 || byte <= 32 || geu(p, end)) break;
          p += 1;
        }
        to = p;
        if (to == from) return 0;
        byte = load.u8(from);
        if (byte == 110) {
          if (to - from != 4 || load.i32(from) != 0x6c6c756e) return 0;
          from = 0;
          to = 0;
        } else if (byte == 116 || byte == 102) flag = class == 3 ? 0L : 0x40000000L;
        else flag = class == 1 ? 0L : 0x40000000L;
      }
      if (record) {
        store.i64(load.i32(record + 12) + (row << 3), u64(from) | ((u64(to - from) | flag) << 32));
      }
      p = json_space(p);
      byte = load.u8(p);
      if (byte == 44) p = json_space(p + 1);
      else if (byte == 125) {
        p += 1;
        more = 0;
      } else return 0;
    }
    if (ltu(json_space(p), end)) return 0;
    for (let c = 0; c < columns; c += 1) {
      let record = records + c * ${24};
      let validity = load.i32(record + 16);
      let found = load.i64(load.i32(record + 12) + (row << 3)) != 0;
      if (validity) store.u8(validity + row, found);
      else if (!found) return 0;
    }
    return 1;
  }

  // Lines of [start, end) to rows from "row" on. "final": the text ends at "end". Behind "end" are 64 bytes of 0.
  fn json_tokenize(state: i32, start: i32, end: i32, final: i32, firstRow: i32, maxRows: i32) {
    let row = firstRow;
    let lines = 0;
    let p = start;
    let reason = 0;
    rows: while (ltu(p, end)) {
      if (row == maxRows) {
        reason = 1;
        break rows;
      }
      let stop = json_line_end(p, end);
      if (stop == end && !final) break rows;
      let made = json_line(state, p, stop, row);
      if (made == 0) {
        reason = 2;
        break rows;
      }
      row += made == 1;
      lines += 1;
      p = stop + 1;
    }
    store.i32(state + 8, row);
    store.i32(state + 12, ltu(p, end) ? p : end);
    store.i32(state + 16, lines);
    store.i32(state + 20, reason);
    store.i32(state + 24, p);
  }

  // The first view from row "from" on with a flag, or n.
  fn json_next_flagged(views: i32, from: i32, n: i32): i32 {
    for (let i = from; i < n; i += 1) {
      if (load.i32(views + (i << 3) + 4) >>> 30) return i;
    }
    return n;
  }
`;
