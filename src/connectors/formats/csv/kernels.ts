/**
 * CSV in two passes: the tokenizer finds the fields of many rows at once, a parser per column turns them into values.
 * Whatever is not plain (an unusual number, a row with a field too few) is left to TypeScript: the kernel stops there,
 * says where, and is called again behind it.
 */
import { kernels } from '../../../kernel/text.ts';

/** The tokenizer's state: 32-bit words at these offsets. */
export const STATE = {
  delimiter: 0,
  /** Quote and escape: -1 where there is none. */
  quote: 4,
  escape: 8,
  /** Whether lines that begin with # are skipped. */
  comments: 12,
  columns: 16,
  /** Address of a word per column: where its views go, or 0. */
  slots: 20,
  /** Results. Rows that are complete. */
  rows: 24,
  /** Address behind the last row that was consumed. */
  consumed: 28,
  /** Line ends passed. */
  lines: 32,
  reason: 36,
  /** Fields of the row that stopped the tokenizer, and where it begins. */
  fields: 40,
  rowStart: 44,
  /** Fields with escapes or doubled quotes, which have bit 63 of their view set. */
  escaped: 48,
  /** Line ends passed before `rowStart`. */
  rowLines: 52,
} as const;
export const STATE_BYTES = 64;

/** Why the tokenizer stopped. */
export const STOP = { more: 0, full: 1, fieldCount: 2, unterminated: 3, afterQuote: 4 } as const;

export const csvLibrary = kernels('csv')`
  const NEWLINE = 10;
  const RETURN = 13;

  // Tokenizes [start, end) to rows from "row" on. "final": the file ends at "end". Behind "end" are 64 bytes of 0.
  fn csv_tokenize(state: i32, start: i32, end: i32, final: i32, firstRow: i32, maxRows: i32) {
    let delimiter = load.i32(state);
    let quote = load.i32(state + 4);
    let escape = load.i32(state + 8);
    let comments = load.i32(state + 12);
    let columns = load.i32(state + 16);
    let slots = load.i32(state + 20);
    let delimiters = i8x16.splat(delimiter);
    let quotes = i8x16.splat(quote < 0 ? delimiter : quote);
    let escapes = i8x16.splat(escape < 0 ? delimiter : escape);
    let newlines = i8x16.splat(NEWLINE);
    let lines = 0;
    let rowLines = 0;
    let escaped = 0;
    let row = firstRow;
    let column = 0;
    let rowStart = start;
    let field = start;
    let flag: i64 = 0;
    let p = start;
    let reason = 0;
    scan: {
      while (comments && ltu(p, end) && load.u8(p) == 35) {
        while (ltu(p, end) && load.u8(p) != NEWLINE) p += 1;
        if (geu(p, end) && !final) break scan;
        p += 1;
        lines += 1;
        rowLines = lines;
        field = p;
        rowStart = p;
      }
      blocks: while (ltu(p, end)) {
        let bytes = load.v128(p);
        let special = i8x16.bitmask(v128.or(
          v128.or(i8x16.eq(bytes, delimiters), i8x16.eq(bytes, newlines)),
          v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, escapes))));
        let next = p + 16;
        while (special != 0) {
          let at = p + ctz(special);
          special = special & (special - 1);
          let byte = load.u8(at);
          let from = field;
          let to = at;
          if (byte == quote && at == field) {
            let r = at + 1;
            quoted: loop {
              if (geu(r, end)) {
                reason = final ? 3 : 0;
                break scan;
              }
              let inner = load.u8(r);
              if (inner == quote) {
                if (load.u8(r + 1) != quote) break quoted;
                flag = 1L << 63;
                r += 1;
              } else if (inner == escape) {
                flag = 1L << 63;
                r += 1;
              } else if (inner == NEWLINE) lines += 1;
              r += 1;
            }
            if (geu(r + 1, end) && !final) break scan;
            from = at + 1;
            to = r;
            at = r + 1;
            if (load.u8(at) == RETURN && (geu(at + 1, end) || load.u8(at + 1) == NEWLINE)) at += 1;
            byte = geu(at, end) ? NEWLINE : load.u8(at);
            if (byte != delimiter && byte != NEWLINE) {
              reason = 4;
              break scan;
            }
            next = at + 1;
            special = 0;
          } else if (byte == escape) {
            flag = 1L << 63;
            next = at + 2;
            special = 0;
            continue;
          } else if (byte == quote) {
            continue;
          } else if (byte == NEWLINE && gtu(to, from)) {
            if (load.u8(to - 1) == RETURN) to -= 1;
          }
          if (column < columns) {
            let slot = load.i32(slots + (column << 2));
            if (slot) store.i64(slot + (row << 3), u64(from) | (u64(to - from) << 32) | flag);
          }
          escaped += flag != 0;
          flag = 0;
          column += 1;
          field = at + 1;
          if (byte == NEWLINE) {
            lines += 1;
            if (column != columns) {
              reason = 2;
              break scan;
            }
            row += 1;
            column = 0;
            rowStart = field;
            rowLines = lines;
            if (row == maxRows) {
              reason = 1;
              break scan;
            }
            while (comments && ltu(field, end) && load.u8(field) == 35) {
              let c = field;
              while (ltu(c, end) && load.u8(c) != NEWLINE) c += 1;
              if (geu(c, end) && !final) break scan;
              lines += 1;
              rowLines = lines;
              field = c + 1;
              rowStart = field;
              next = field;
              special = 0;
            }
          }
        }
        p = next;
      }
      if (final && ltu(rowStart, end)) {
        let to = end;
        if (gtu(to, field)) {
          if (load.u8(to - 1) == RETURN) to -= 1;
        }
        if (column < columns) {
          let slot = load.i32(slots + (column << 2));
          if (slot) store.i64(slot + (row << 3), u64(field) | (u64(to - field) << 32) | flag);
        }
        escaped += flag != 0;
        column += 1;
        lines += 1;
        field = end;
        if (column != columns) {
          reason = 2;
          break scan;
        }
        row += 1;
        rowStart = end;
        rowLines = lines;
      }
    }
    store.i32(state + 24, row);
    store.i32(state + 28, reason == 2 ? field : ltu(rowStart, end) ? rowStart : end);
    store.i32(state + 32, lines);
    store.i32(state + 36, reason);
    store.i32(state + 40, column);
    store.i32(state + 44, rowStart);
    store.i32(state + 48, escaped);
    store.i32(state + 52, rowLines);
  }

  // Bytes of the fields with escapes.
  fn csv_escaped_bytes(views: i32, n: i32): i32 {
    let total = 0;
    for (let i = 0; i < n; i += 1) {
      let view = load.i64(views + (i << 3));
      if (view < 0) total += i32(view >>> 32) & 0x7fffffff;
    }
    return total;
  }

  // Writes those fields anew to "target" without escapes; their views lose the mark.
  fn csv_unescape(views: i32, n: i32, target: i32, quote: i32, escape: i32) {
    let to = target;
    for (let i = 0; i < n; i += 1) {
      let view = load.i64(views + (i << 3));
      if (view < 0) {
        let p = i32(view);
        let stop = p + (i32(view >>> 32) & 0x7fffffff);
        let begin = to;
        while (ltu(p, stop)) {
          let byte = load.u8(p);
          if ((byte == escape || (byte == quote && load.u8(p + 1) == quote)) && ltu(p + 1, stop)) {
            p += 1;
            byte = load.u8(p);
          }
          store.u8(to, byte);
          p += 1;
          to += 1;
        }
        store.i64(views + (i << 3), u64(begin) | (u64(to - begin) << 32));
      }
    }
  }

  // Fields that are the null literal get validity 0.
  fn csv_mark_nulls(views: i32, n: i32, literal: i32, length: i32, validity: i32) {
    for (let i = 0; i < n; i += 1) {
      let view = load.i64(views + (i << 3));
      let same = i32(view >>> 32) == length;
      if (same) {
        let p = i32(view);
        for (let k = 0; k < length; k += 1) same = same & (load.u8(p + k) == load.u8(literal + k));
        if (same) store.u8(validity + i, 0);
      }
    }
  }
`;
