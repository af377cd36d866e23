/**
 * Text as numbers, dates and timestamps: the usual forms. parse_ok is 0 where the text is none of those, which does not
 * mean that it cannot be read.
 */
import { kernels } from '../../../kernel/text.ts';
import { calendarLibrary } from './calendar.ts';

export const parseLibrary = kernels('parse', [calendarLibrary])`
  global parse_ok: i32;
  // What scan_signed found: the sign, digits before and after the point, the address behind them, and the text's end.
  global scan_negative: i32;
  global scan_whole: i32;
  global scan_fraction: i32;
  global scan_end: i32;
  global scan_limit: i32;

  fn fail(): i64 {
    parse_ok = 0;
    return 0;
  }

  fn trim_end(p: i32, n: i32): i32 {
    while (n > 0 && load.u8(p + n - 1) <= 32) n -= 1;
    return n;
  }

  fn trim_start(p: i32, n: i32): i32 {
    let end = p + n;
    while (ltu(p, end) && load.u8(p) <= 32) p += 1;
    return p;
  }

  // The digits from p on, a point among them, as one number: of 18 digits at most, leading zeros not counted.
  fn scan_number(p: i32, end: i32): i64 {
    let value: i64 = 0;
    let whole = 0;
    let fraction = -1;
    let significant = 0;
    while (ltu(p, end)) {
      let digit = load.u8(p) - 48;
      if (ltu(digit, 10)) {
        significant += significant > 0 || digit > 0;
        if (significant > 18) return fail();
        value = value * 10 + i64(digit);
        if (fraction < 0) whole += 1;
        else fraction += 1;
      } else if (digit == -2 && fraction < 0) {
        fraction = 0;
      } else {
        break;
      }
      p += 1;
    }
    scan_whole = whole;
    scan_fraction = select(fraction < 0, 0, fraction);
    scan_end = p;
    if (whole + scan_fraction == 0) return fail();
    return value;
  }

  // The number that a text begins with, but for its sign.
  fn scan_signed(view: i64): i64 {
    parse_ok = 1;
    let n = i32(view >>> 32);
    let end = i32(view) + trim_end(i32(view), n);
    let p = trim_start(i32(view), end - i32(view));
    if (p == end) return fail();
    let first = load.u8(p);
    scan_negative = first == 45;
    p += first == 43 || first == 45;
    scan_limit = end;
    return scan_number(p, end);
  }

  fn parse_integer(view: i64): i64 {
    let value = scan_signed(view);
    if (!parse_ok || scan_end != scan_limit) return fail();
    for (let i = scan_fraction; i > 0; i -= 1) value = value / 10;
    return select(scan_negative, -value, value);
  }

  // At this scale, rounded half away from zero; of 18 digits at most.
  fn parse_decimal(view: i64, scale: i32): i64 {
    let value = scan_signed(view);
    if (!parse_ok || scan_end != scan_limit) return fail();
    if (scan_whole + scale > 18) return fail();
    for (let i = scan_fraction; i < scale; i += 1) value = value * 10;
    if (scan_fraction > scale) {
      for (let j = scan_fraction - 1; j > scale; j -= 1) value = value / 10;
      value = (value + 5) / 10;
    }
    return select(scan_negative, -value, value);
  }

  // Of 15 digits and a small exponent: then one multiplication or division of exact doubles rounds as it should.
  fn parse_double(view: i64): f64 {
    let digits = scan_signed(view);
    if (!parse_ok) return 0.0;
    let exponent = -scan_fraction;
    let end = scan_limit;
    let p = scan_end;
    if (ltu(p, end) && (load.u8(p) | 32) == 101) {
      p += 1;
      let sign = select(ltu(p, end), load.u8(p), 0);
      p += sign == 43 || sign == 45;
      if (end - p < 1 || end - p > 3) parse_ok = 0;
      let written = 0;
      while (ltu(p, end)) {
        let digit = load.u8(p) - 48;
        if (geu(digit, 10)) parse_ok = 0;
        written = written * 10 + digit;
        p += 1;
      }
      exponent += select(sign == 45, -written, written);
    }
    if (p != end || digits > 999999999999999 || exponent > 22 || exponent < -22) parse_ok = 0;
    if (parse_ok == 0) return 0.0;
    let power: f64 = 1.0;
    for (let i = select(exponent < 0, -exponent, exponent); i > 0; i -= 1) power = power * 10.0;
    let value = f64(digits);
    value = exponent < 0 ? value / power : value * power;
    return scan_negative ? -value : value;
  }

  // The two digits at p, or a number below 0.
  fn two_digits(p: i32): i32 {
    let tens = load.u8(p) - 48;
    let ones = load.u8(p + 1) - 48;
    return geu(tens, 10) || geu(ones, 10) ? -1 : tens * 10 + ones;
  }

  // yyyy-MM-dd: the day. With lenient a day up to 31 is cut to the end of the month.
  fn date_at(p: i32, lenient: i32): i32 {
    let century = two_digits(p);
    let year = century * 100 + two_digits(p + 2);
    let month = two_digits(p + 5);
    let day = two_digits(p + 8);
    let bad = century < 0 || two_digits(p + 2) < 0 || load.u8(p + 4) != 45 || load.u8(p + 7) != 45;
    if (bad || month < 1 || month > 12 || day < 1 || day > 31) {
      parse_ok = 0;
      return 0;
    }
    let last = month_length(year, month);
    if (day > last) {
      if (!lenient) parse_ok = 0;
      day = last;
    }
    return days_of(year, month, day);
  }

  fn parse_date(view: i64): i32 {
    parse_ok = i32(view >>> 32) == 10;
    if (parse_ok == 0) return 0;
    return date_at(i32(view), 0);
  }

  // yyyy-MM-dd, alone or with HH:mm:ss and a fraction: microseconds, cut to this many digits of the second.
  fn parse_timestamp(view: i64, precision: i32): i64 {
    let p = i32(view);
    let n = i32(view >>> 32);
    parse_ok = n == 10 || (n >= 19 && n <= 29 && n != 20);
    if (parse_ok == 0) return 0;
    let micros = i64(date_at(p, 1)) * 86400000000L;
    if (n == 10) return micros;
    let hour = two_digits(p + 11);
    let minute = two_digits(p + 14);
    let second = two_digits(p + 17);
    let bad = load.u8(p + 10) != 32 || load.u8(p + 13) != 58 || load.u8(p + 16) != 58;
    if (bad || geu(hour, 24) || geu(minute, 60) || geu(second, 60)) return fail();
    let part: i64 = 0;
    if (n > 20) {
      if (load.u8(p + 19) != 46) return fail();
      for (let i = 0; i < 6; i += 1) {
        part = part * 10;
        if (20 + i < n) {
          let digit = load.u8(p + 20 + i) - 48;
          if (geu(digit, 10)) return fail();
          if (i < precision) part += i64(digit);
        }
      }
      for (let j = 26; j < n; j += 1) if (geu(load.u8(p + j) - 48, 10)) return fail();
    }
    return micros + i64(hour * 3600 + minute * 60 + second) * 1000000L + part;
  }
`;
