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

  // 1 if n bytes are all 1.
  fn csv_all_valid(validity: i32, n: i32): i32 {
    let all = 0x0101010101010101L;
    let i = 0;
    for (; i + 8 <= n; i += 8) all = all & load.i64(validity + i);
    let last = 1;
    for (; i < n; i += 1) last = last & load.u8(validity + i);
    return all == 0x0101010101010101L && last;
  }

  // The parsers below take fields from row "from" on and return the first row that they do not understand, or n.
  // Empty fields are NULL; "validity" is 0 where the column has none.

  // The number of 1 to 8 digits at p, all at once in one word; -1 where one is no digit.
  fn csv_digits(p: i32, length: i32): i64 {
    let digits = (load.i64(p) ^ 0x3030303030303030L) << u64((8 - length) << 3);
    if ((((digits + 0x7676767676767676L) | digits) & 0x8080808080808080L) != 0) return -1L;
    let pairs = (digits * 2561 >>> 8) & 0x00ff00ff00ff00ffL;
    let quads = (pairs * 6553601 >>> 16) & 0x0000ffff0000ffffL;
    return quads * 42949672960001L >>> 32;
  }

  // Digits with one point at most, with "scale" digits behind it; -1 where it is something else.
  fn csv_decimal(at: i32, stop: i32, scale: i32): i64 {
    let value: i64 = 0;
    let fraction = 0;
    let point = 0;
    let digits = 0;
    for (let p = at; ltu(p, stop); p += 1) {
      let digit = load.u8(p) - 48;
      if (gtu(digit, 9)) {
        if (digit != -2 || point) return -1L;
        point = 1;
      } else {
        value = value * 10 + u64(digit);
        digits += 1;
        fraction += point;
      }
    }
    if (digits == 0 || fraction > scale || (point && scale == 0) || digits + scale - fraction > 18) return -1L;
    for (let k = fraction; k < scale; k += 1) value = value * 10;
    return value;
  }

  // Integers of 1, 2, 4 or 8 bytes, and decimals of 8 or 16. "unit" is 10 to the power of the scale; "limit" is the
  // first value too large.
  fn csv_numbers(
    views: i32, from: i32, n: i32, out: i32, validity: i32, width: i32, scale: i32, unit: i64, limit: i64
  ): i32 {
    for (let i = from; i < n; i += 1) {
      let view = load.i64(views + (i << 3));
      let p = i32(view);
      let length = i32(view >>> 32);
      let value: i64 = 0;
      if (validity && load.u8(validity + i) == 0) length = 0;
      if (length == 0) {
        if (validity == 0) return i;
        store.u8(validity + i, 0);
      } else {
        let stop = p + length;
        let negative = load.u8(p) == 45;
        p += negative;
        let whole = stop - p;
        if (gtu(whole - 1, 18)) return i;
        value = -1;
        if (scale == 0) {
          if (whole <= 8) value = csv_digits(p, whole);
        } else {
          whole -= scale + 1;
          if (whole > 0 && whole <= 8 && scale <= 8) {
            if (load.u8(p + whole) == 46) {
              value = csv_digits(p, whole);
              let part = csv_digits(stop - scale, scale);
              value = value < 0 || part < 0 ? -1 : value * unit + part;
            }
          }
        }
        if (value < 0) value = csv_decimal(p, stop, scale);
        if (value < 0 || value >= limit) return i;
        if (negative) value = 0L - value;
      }
      if (width == 8) store.i64(out + (i << 3), value);
      else if (width == 4) store64.u32(out + (i << 2), value);
      else if (width == 2) store64.u16(out + (i << 1), value);
      else if (width == 1) store64.u8(out + i, value);
      else {
        store.i64(out + (i << 4), value);
        store.i64(out + (i << 4) + 8, value >> 63);
      }
    }
    return n;
  }

  // Up to 15 digits and a point: then the quotient of two exact doubles is the nearest one. "width": 4 or 8.
  fn csv_doubles(views: i32, from: i32, n: i32, out: i32, validity: i32, width: i32): i32 {
    for (let i = from; i < n; i += 1) {
      let view = load.i64(views + (i << 3));
      let p = i32(view);
      let length = i32(view >>> 32);
      let value = 0.0;
      if (validity && load.u8(validity + i) == 0) length = 0;
      if (length == 0) {
        if (validity == 0) return i;
        store.u8(validity + i, 0);
      } else {
        let stop = p + length;
        let negative = load.u8(p) == 45;
        p += negative;
        if (gtu(stop - p - 1, 15)) return i;
        let mantissa: i64 = 0;
        let divisor = 1.0;
        let point = 0;
        let digits = 0;
        for (; ltu(p, stop); p += 1) {
          let digit = load.u8(p) - 48;
          if (gtu(digit, 9)) {
            if (digit != -2 || point) return i;
            point = 1;
          } else {
            mantissa = mantissa * 10 + u64(digit);
            digits += 1;
            if (point) divisor = divisor * 10.0;
          }
        }
        if (digits == 0 || digits > 15) return i;
        value = f64(mantissa) / divisor;
        if (negative) value = -value;
      }
      if (width == 8) store.f64(out + (i << 3), value);
      else store.f32(out + (i << 2), f32(value));
    }
    return n;
  }

  // Two digits, or a number above 99.
  fn csv_two(p: i32): i32 {
    let tens = load.u8(p) - 48;
    let ones = load.u8(p + 1) - 48;
    return gtu(tens, 9) || gtu(ones, 9) ? 1000 : tens * 10 + ones;
  }

  // Days since 1970 of "2024-01-02" at p, or -2147483648 where there is none.
  fn csv_days(p: i32): i32 {
    let digits = load.i64(p) ^ 0x2d30302d30303030L;
    if ((((digits + 0x7676767676767676L) | digits) & 0x8080808080808080L) != 0) return -2147483648;
    if ((digits & 0xff0000ff00000000L) != 0) return -2147483648;
    let low = i32(digits);
    let year = (low & 255) * 1000 + ((low >>> 8) & 255) * 100 + ((low >>> 16) & 255) * 10 + (low >>> 24);
    let month = i32(digits >>> 40) & 255;
    month = month * 10 + (i32(digits >>> 48) & 255);
    let day = csv_two(p + 8);
    if (month < 1 || month > 12 || day < 1 || day > 31) return -2147483648;
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let most = month == 2 ? 28 + leap : 30 + ((month + (month >>> 3)) & 1);
    if (day > most) return -2147483648;
    let y = year - (month <= 2);
    let era = y / 400;
    let m = month > 2 ? month - 3 : month + 9;
    let inYear = (153 * m + 2) / 5 + day - 1;
    let inEra = (y - era * 400) * 365 + (y - era * 400) / 4 - (y - era * 400) / 100 + inYear;
    return era * 146097 + inEra - 719468;
  }

  fn csv_dates(views: i32, from: i32, n: i32, out: i32, validity: i32): i32 {
    for (let i = from; i < n; i += 1) {
      let view = load.i64(views + (i << 3));
      let length = i32(view >>> 32);
      let value = 0;
      if (validity && load.u8(validity + i) == 0) length = 0;
      if (length == 0) {
        if (validity == 0) return i;
        store.u8(validity + i, 0);
      } else {
        if (length != 10) return i;
        value = csv_days(i32(view));
        if (value == -2147483648) return i;
      }
      store.i32(out + (i << 2), value);
    }
    return n;
  }

  // Microseconds of the day of [p, stop), "10:11:12" and up to six digits; -1 where there is no such time.
  fn csv_clock(p: i32, stop: i32): i64 {
    if (stop - p < 8) return -1L;
    let hour = csv_two(p);
    let minute = csv_two(p + 3);
    let second = csv_two(p + 6);
    if (hour > 23 || minute > 59 || second > 59 || load.u8(p + 2) != 58 || load.u8(p + 5) != 58) return -1L;
    let micros: i64 = 0;
    let q = p + 8;
    if (ltu(q, stop)) {
      if (load.u8(q) != 46 || stop - q > 7 || stop - q < 2) return -1L;
      let digits = 0;
      for (q += 1; ltu(q, stop); q += 1) {
        let digit = load.u8(q) - 48;
        if (gtu(digit, 9)) return -1L;
        micros = micros * 10 + u64(digit);
        digits += 1;
      }
      for (; digits < 6; digits += 1) micros = micros * 10;
    }
    return i64(hour * 3600 + minute * 60 + second) * 1000000 + micros;
  }

  // Microseconds; what is below "unit" microseconds is cut off. "suffix": a byte that must end the text, or 0.
  fn csv_timestamps(views: i32, from: i32, n: i32, out: i32, validity: i32, unit: i64, suffix: i32): i32 {
    for (let i = from; i < n; i += 1) {
      let view = load.i64(views + (i << 3));
      let p = i32(view);
      let length = i32(view >>> 32);
      let value: i64 = 0;
      if (validity && load.u8(validity + i) == 0) length = 0;
      if (length == 0) {
        if (validity == 0) return i;
        store.u8(validity + i, 0);
      } else {
        if (length < 19 || length > 27) return i;
        let stop = p + length;
        if (suffix) {
          stop -= 1;
          if (load.u8(stop) != suffix) return i;
        }
        let days = csv_days(p);
        let clock = csv_clock(p + 11, stop);
        if (load.u8(p + 10) != 32 || days == -2147483648 || clock < 0) return i;
        value = i64(days) * 86400000000L + clock / unit * unit;
      }
      store.i64(out + (i << 3), value);
    }
    return n;
  }

  // Milliseconds of the day.
  fn csv_times(views: i32, from: i32, n: i32, out: i32, validity: i32, unit: i64): i32 {
    for (let i = from; i < n; i += 1) {
      let view = load.i64(views + (i << 3));
      let length = i32(view >>> 32);
      let value = 0;
      if (validity && load.u8(validity + i) == 0) length = 0;
      if (length == 0) {
        if (validity == 0) return i;
        store.u8(validity + i, 0);
      } else {
        let clock = csv_clock(i32(view), i32(view) + length);
        if (clock < 0) return i;
        value = i32(clock / unit * unit / 1000);
      }
      store.i32(out + (i << 2), value);
    }
    return n;
  }

  // "true" and "false" in small letters.
  fn csv_booleans(views: i32, from: i32, n: i32, out: i32, validity: i32): i32 {
    for (let i = from; i < n; i += 1) {
      let view = load.i64(views + (i << 3));
      let p = i32(view);
      let length = i32(view >>> 32);
      let value = 0;
      if (validity && load.u8(validity + i) == 0) value = 0;
      else if (length == 4 && load.i32(p) == 0x65757274) value = 1;
      else if (length != 5 || load.i32(p) != 0x736c6166 || load.u8(p + 4) != 101) return i;
      store.u8(out + i, value);
    }
    return n;
  }
`;
