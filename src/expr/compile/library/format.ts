/** Numbers, dates and times as text. Functions that write at an address give the address behind what they wrote. */
import { kernels } from '../../../kernel/text.ts';
import { calendarLibrary } from './calendar.ts';

export const formatLibrary = kernels('format', [calendarLibrary])`
  extern fn reserve(n: i32): i32;
  global civil_month: i32;
  global civil_day: i32;

  fn view_of(p: i32, n: i32): i64 {
    return (u64(n) << 32) | u64(p);
  }

  // Number of decimal digits of an unsigned number.
  fn digit_count(value: i64): i32 {
    let count = 1;
    while (geu(value, 10000)) {
      value = divu(value, 10000);
      count += 4;
    }
    return count + (value >= 10) + (value >= 100) + (value >= 1000);
  }

  // Writes the last count digits of an unsigned number.
  fn put_digits(p: i32, value: i64, count: i32): i32 {
    let at = p + count;
    while (gtu(at, p)) {
      let rest = divu(value, 10);
      at -= 1;
      store.u8(at, 48 + i32(value - rest * 10));
      value = rest;
    }
    return p + count;
  }

  // Two digits of a number below 100.
  fn put_two(p: i32, value: i32): i32 {
    let tens = value / 10;
    store.u16(p, 0x3030 + tens + ((value - tens * 10) << 8));
    return p + 2;
  }

  // At least count digits.
  fn put_number(p: i32, value: i32, count: i32): i32 {
    let digits = digit_count(u64(value));
    return put_digits(p, u64(value), select(digits < count, count, digits));
  }

  fn put_byte(p: i32, byte: i32): i32 {
    store.u8(p, byte);
    return p + 1;
  }

  fn format_i64(value: i64): i64 {
    let negative = i32(value >>> 63);
    let magnitude = select(negative, -value, value);
    let count = digit_count(magnitude);
    let p = reserve(count + negative);
    if (negative) store.u8(p, 45);
    drop(put_digits(p + negative, magnitude, count));
    return view_of(p, count + negative);
  }

  // With so many digits, 1 to 18, after the point.
  fn format_decimal(value: i64, scale: i32): i64 {
    let negative = i32(value >>> 63);
    let magnitude = select(negative, -value, value);
    let count = digit_count(magnitude);
    count = select(count > scale, count, scale + 1);
    let p = reserve(count + negative + 1);
    if (negative) store.u8(p, 45);
    let unit: i64 = 1;
    for (let i = 0; i < scale; i += 1) unit = unit * 10;
    let whole = divu(magnitude, unit);
    let at = put_digits(p + negative, whole, count - scale);
    drop(put_digits(put_byte(at, 46), magnitude - whole * unit, scale));
    return view_of(p, count + negative + 1);
  }

  // The shortest decimal that reads back as the number, where its digits, from 10^6 to 10^-9, make an integer below
  // most; else the view 0. Decimals so short are the shortest for their nearest double or float.
  fn format_real(value: f64, most: i64, single: i32): i64 {
    let magnitude = abs(value);
    if (!(magnitude < 10000000.0 && magnitude >= 0.001)) return 0;
    let unit: f64 = 1.0;
    for (let scale = 0; scale < 10; scale += 1) {
      let digits = nearest(magnitude * unit);
      if (digits >= f64(most)) return 0;
      let read = digits / unit;
      if (single ? f32(read) == f32(magnitude) : read == magnitude) {
        let whole = i64(digits);
        if (value < 0.0) whole = -whole;
        if (scale == 0) return format_decimal(whole * 10, 1);
        return format_decimal(whole, scale);
      }
      unit = unit * 10.0;
    }
    return 0;
  }

  // yyyy-MM-dd of a year from 0 to 9999.
  fn put_date(p: i32, days: i32): i32 {
    let year = civil_year(days);
    let century = year / 100;
    p = put_byte(put_two(put_two(p, century), year - century * 100), 45);
    p = put_byte(put_two(p, civil_month), 45);
    return put_two(p, civil_day);
  }

  // HH:mm:ss of microseconds since midnight, with so many digits of the second.
  fn put_time(p: i32, micros: i64, precision: i32): i32 {
    let seconds = i32(micros / 1000000);
    p = put_byte(put_two(p, seconds / 3600), 58);
    p = put_byte(put_two(p, seconds / 60 % 60), 58);
    p = put_two(p, seconds % 60);
    if (precision == 0) return p;
    p = put_byte(p, 46);
    let part = micros - i64(seconds) * 1000000;
    for (let i = precision; i < 6; i += 1) part = part / 10;
    p = put_digits(p, part, select(precision < 6, precision, 6));
    for (let j = 6; j < precision; j += 1) p = put_byte(p, 48);
    return p;
  }

  fn format_date(days: i32): i64 {
    let p = reserve(10);
    return view_of(p, put_date(p, days) - p);
  }

  fn format_time(micros: i64, precision: i32): i64 {
    let p = reserve(9 + precision);
    return view_of(p, put_time(p, micros, precision) - p);
  }

  fn format_timestamp(days: i32, micros: i64, precision: i32): i64 {
    let p = reserve(20 + precision);
    return view_of(p, put_time(put_byte(put_date(p, days), 32), micros, precision) - p);
  }
`;
