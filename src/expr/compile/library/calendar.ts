/**
 * The proleptic Gregorian calendar over day numbers, as types/calendar.ts has it: years of any sign, months added with
 * the day cut to the end of the month, ISO weeks. Globals hold second results.
 */
import { kernels } from '../../../kernel/text.ts';

export const calendarLibrary = kernels('calendar')`
  global civil_month: i32;
  global civil_day: i32;

  // a / b towards minus infinity; b is positive.
  fn floor_div(a: i32, b: i32): i32 {
    let q = a / b;
    return q - (a - q * b < 0);
  }

  // The year of a day; its month and day in civil_month and civil_day. Eras of 400 years begin in March.
  fn civil_year(days: i32): i32 {
    let z = days + 719468;
    let era = floor_div(z, 146097);
    let doe = z - era * 146097;
    let yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    civil_day = doy - (153 * mp + 2) / 5 + 1;
    civil_month = mp + select(mp < 10, 3, -9);
    return yoe + era * 400 + (mp >= 10);
  }

  fn days_of(year: i32, month: i32, day: i32): i32 {
    let y = year - (month <= 2);
    let era = floor_div(y, 400);
    let yoe = y - era * 400;
    let doy = (153 * (month + select(month > 2, -3, 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
  }

  fn month_length(year: i32, month: i32): i32 {
    if (month != 2) return 30 + ((month + (month > 7)) & 1);
    return 28 + ((year & 3) == 0 && (year % 100 != 0 || year % 400 == 0));
  }

  fn add_months(days: i32, months: i32): i32 {
    let total = civil_year(days) * 12;
    total = total + civil_month - 1 + months;
    let day = civil_day;
    let year = floor_div(total, 12);
    let month = total - year * 12 + 1;
    let last = month_length(year, month);
    return days_of(year, month, select(day < last, day, last));
  }

  // Whole months from one timestamp to another, each a day and what is left of it.
  fn months_between(from: i32, from_rest: i64, to: i32, to_rest: i64): i32 {
    let months = civil_year(to) * 12;
    months += civil_month;
    let first = civil_year(from) * 12;
    months -= first + civil_month;
    let reached = add_months(from, months);
    if (from <= to && reached > to) months -= 1;
    if (from > to && reached < to) months += 1;
    if (add_months(from, months) == to && to_rest < from_rest) months -= 1;
    return months;
  }

  // The first day of the period of so many months; centuries and millennia begin with the first year of theirs.
  fn month_floor(days: i32, months: i32): i32 {
    let year = civil_year(days);
    let month = civil_month;
    if (months >= 1200) {
      let years = months / 12;
      return days_of(floor_div(year - 1, years) * years + 1, 1, 1);
    }
    let total = floor_div(year * 12 + month - 1, months) * months;
    let first = floor_div(total, 12);
    return days_of(first, total - first * 12 + 1, 1);
  }

  // Monday is 1.
  fn iso_day_of_week(days: i32): i32 {
    return days + 3 - floor_div(days + 3, 7) * 7 + 1;
  }

  fn iso_year(days: i32): i32 {
    return civil_year(days - iso_day_of_week(days) + 4);
  }

  fn iso_week(days: i32): i32 {
    let thursday = days - iso_day_of_week(days) + 4;
    return (thursday - days_of(civil_year(thursday), 1, 1)) / 7 + 1;
  }

  fn day_of_year(days: i32): i32 {
    return days - days_of(civil_year(days), 1, 1) + 1;
  }
`;
