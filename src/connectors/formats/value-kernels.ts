/**
 * Parsers of whole columns of text, for csv and json: from views to values. A parser stops at the first field that it
 * does not understand (or that is none); TypeScript parses that one and calls again behind it.
 */
import { kernels } from '../../kernel/text.ts';

export const valueLibrary = kernels('text-values')`
  // 1 if n bytes are all 1.
  fn all_valid(validity: i32, n: i32): i32 {
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
  fn parse_digits(p: i32, length: i32): i64 {
    let digits = (load.i64(p) ^ 0x3030303030303030L) << u64((8 - length) << 3);
    if ((((digits + 0x7676767676767676L) | digits) & 0x8080808080808080L) != 0) return -1L;
    let pairs = (digits * 2561 >>> 8) & 0x00ff00ff00ff00ffL;
    let quads = (pairs * 6553601 >>> 16) & 0x0000ffff0000ffffL;
    return quads * 42949672960001L >>> 32;
  }

  // Digits with one point at most, with "scale" digits behind it; -1 where it is something else.
  fn parse_decimal(at: i32, stop: i32, scale: i32): i64 {
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
  fn parse_numbers(
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
          if (whole <= 8) value = parse_digits(p, whole);
        } else {
          whole -= scale + 1;
          if (whole > 0 && whole <= 8 && scale <= 8) {
            if (load.u8(p + whole) == 46) {
              value = parse_digits(p, whole);
              let part = parse_digits(stop - scale, scale);
              value = value < 0 || part < 0 ? -1 : value * unit + part;
            }
          }
        }
        if (value < 0) value = parse_decimal(p, stop, scale);
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
  fn parse_doubles(views: i32, from: i32, n: i32, out: i32, validity: i32, width: i32): i32 {
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
  fn parse_two(p: i32): i32 {
    let tens = load.u8(p) - 48;
    let ones = load.u8(p + 1) - 48;
    return gtu(tens, 9) || gtu(ones, 9) ? 1000 : tens * 10 + ones;
  }

  // Days since 1970 of "2024-01-02" at p, or -2147483648 where there is none.
  fn parse_days(p: i32): i32 {
    let digits = load.i64(p) ^ 0x2d30302d30303030L;
    if ((((digits + 0x7676767676767676L) | digits) & 0x8080808080808080L) != 0) return -2147483648;
    if ((digits & 0xff0000ff00000000L) != 0) return -2147483648;
    let low = i32(digits);
    let year = (low & 255) * 1000 + ((low >>> 8) & 255) * 100 + ((low >>> 16) & 255) * 10 + (low >>> 24);
    let month = i32(digits >>> 40) & 255;
    month = month * 10 + (i32(digits >>> 48) & 255);
    let day = parse_two(p + 8);
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

  fn parse_dates(views: i32, from: i32, n: i32, out: i32, validity: i32): i32 {
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
        value = parse_days(i32(view));
        if (value == -2147483648) return i;
      }
      store.i32(out + (i << 2), value);
    }
    return n;
  }

  // Microseconds of the day of [p, stop), "10:11:12" and up to six digits; -1 where there is no such time.
  fn parse_clock(p: i32, stop: i32): i64 {
    if (stop - p < 8) return -1L;
    let hour = parse_two(p);
    let minute = parse_two(p + 3);
    let second = parse_two(p + 6);
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

  // Microseconds; what is below "unit" microseconds is cut off. "suffix": a byte that must end the text, or 0;
  // "separator": the byte between date and time.
  fn parse_timestamps(
    views: i32, from: i32, n: i32, out: i32, validity: i32, unit: i64, suffix: i32, separator: i32
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
        if (length < 19 || length > 27) return i;
        let stop = p + length;
        if (suffix) {
          stop -= 1;
          if (load.u8(stop) != suffix) return i;
        }
        let days = parse_days(p);
        let clock = parse_clock(p + 11, stop);
        if (load.u8(p + 10) != separator || days == -2147483648 || clock < 0) return i;
        value = i64(days) * 86400000000L + clock / unit * unit;
      }
      store.i64(out + (i << 3), value);
    }
    return n;
  }

  // Milliseconds of the day.
  fn parse_times(views: i32, from: i32, n: i32, out: i32, validity: i32, unit: i64): i32 {
    for (let i = from; i < n; i += 1) {
      let view = load.i64(views + (i << 3));
      let length = i32(view >>> 32);
      let value = 0;
      if (validity && load.u8(validity + i) == 0) length = 0;
      if (length == 0) {
        if (validity == 0) return i;
        store.u8(validity + i, 0);
      } else {
        let clock = parse_clock(i32(view), i32(view) + length);
        if (clock < 0) return i;
        value = i32(clock / unit * unit / 1000);
      }
      store.i32(out + (i << 2), value);
    }
    return n;
  }

  // "true" and "false" in small letters.
  fn parse_booleans(views: i32, from: i32, n: i32, out: i32, validity: i32): i32 {
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
