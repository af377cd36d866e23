/**
 * DATE, TIME and TIMESTAMP values as text and back. What CAST reads is laxer than what a literal may be; both are here.
 * Values are those of value.ts: days, milliseconds of the day, nanoseconds since the epoch.
 */
import { type Civil, civilFromDays, daysFromCivil, daysInMonth } from './calendar.ts';
import { type Overlap, type TimeZone, toEpochSecond, toLocalSecond } from './time-zone.ts';

export const NANOS_PER_SECOND = 1_000_000_000n;
export const NANOS_PER_MILLI = 1_000_000n;
export const MILLIS_PER_DAY = 86_400_000;
export const NANOS_PER_DAY = 86_400n * NANOS_PER_SECOND;

/** A point of a wall clock, taken apart. */
export interface Clock extends Civil {
  readonly days: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 to 999,999,999. */
  readonly nano: number;
}

export function clockOf(nanos: bigint): Clock {
  const days = Number(floorDiv(nanos, NANOS_PER_DAY));
  const ofDay = nanos - BigInt(days) * NANOS_PER_DAY;
  const second = Number(ofDay / NANOS_PER_SECOND);
  return {
    ...civilFromDays(days),
    days,
    hour: Math.floor(second / 3600),
    minute: Math.floor(second / 60) % 60,
    second: second % 60,
    nano: Number(ofDay % NANOS_PER_SECOND),
  };
}

/** Nanoseconds since the epoch of a day and a nanosecond of it. */
export function timestampOf(days: number, nanoOfDay: bigint): bigint {
  return BigInt(days) * NANOS_PER_DAY + nanoOfDay;
}

/** Splits a timestamp into its day and the nanosecond of that day. */
export function splitTimestamp(nanos: bigint): { readonly days: number; readonly nanoOfDay: bigint } {
  const days = floorDiv(nanos, NANOS_PER_DAY);
  return { days: Number(days), nanoOfDay: nanos - days * NANOS_PER_DAY };
}

export function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

/** Cuts a timestamp to `precision` digits of the second, towards the past. */
export function truncateTimestamp(nanos: bigint, precision: number): bigint {
  const unit = 10n ** BigInt(9 - precision);
  return floorDiv(nanos, unit) * unit;
}

/** An instant (TIMESTAMP_LTZ) on the wall clock of a zone (TIMESTAMP). */
export function toLocal(instant: bigint, zone: TimeZone): bigint {
  const second = floorDiv(instant, NANOS_PER_SECOND);
  return instant + (BigInt(toLocalSecond(zone, Number(second))) - second) * NANOS_PER_SECOND;
}

/** A wall clock time of a zone (TIMESTAMP) as an instant (TIMESTAMP_LTZ). */
export function toInstant(local: bigint, zone: TimeZone, overlap?: Overlap): bigint {
  const second = floorDiv(local, NANOS_PER_SECOND);
  return local + (BigInt(toEpochSecond(zone, Number(second), overlap)) - second) * NANOS_PER_SECOND;
}

export function formatDate(days: number): string {
  const { year, month, day } = civilFromDays(days);
  return `${formatYear(year)}-${two(month)}-${two(day)}`;
}

/** @param precision digits of the second that are printed; more than three are zeros */
export function formatTime(millis: number, precision: number): string {
  const clock = [Math.floor(millis / 3_600_000), Math.floor(millis / 60_000) % 60, Math.floor(millis / 1000) % 60];
  return clock.map(two).join(':') + fraction((millis % 1000) * 1_000_000, precision);
}

export function formatTimestamp(nanos: bigint, precision: number): string {
  const clock = clockOf(nanos);
  const time = [clock.hour, clock.minute, clock.second].map(two).join(':');
  return `${formatDate(clock.days)} ${time}${fraction(clock.nano, precision)}`;
}

/** What CAST(… AS DATE) reads: `2020-02-29`, `2020-2-9`, `2020-02`, `2020`; a time after a space is ignored. */
export function parseDate(text: string): number | null {
  const match = /^(\d{1,4})(?:-(\d{1,2})(?:-(\d{1,2})(?: .*)?)?)?$/s.exec(trimSpace(text));
  if (match === null) return null;
  return dateOf(Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1));
}

/** What CAST(… AS TIME) reads: `12:34:56.789`, `1:2`, `12`. */
export function parseTime(text: string): number | null {
  const match = /^(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?)?$/.exec(trimSpace(text));
  if (match === null) return null;
  return timeOf(match[1]!, match[2] ?? '0', match[3] ?? '0', match[4] ?? '');
}

/**
 * What CAST(… AS TIMESTAMP) reads: `2020-02-29 12:34:56.123456789`, fields of one digit, or a date alone. The 29th to
 * 31st of a shorter month is its last day, 24:00:00 the start of the next one: java.time's SMART resolution.
 */
export function parseTimestamp(text: string): bigint | null {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{0,9}))?)?$/.exec(text);
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1 || day > 31) return null;
  const days = daysFromCivil(year, month, Math.min(day, daysInMonth(year, month)));
  const [hour, minute, second] = [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0)];
  const nano = BigInt((match[7] ?? '').padEnd(9, '0'));
  const endOfDay = hour === 24 && minute === 0 && second === 0 && nano === 0n;
  if ((hour > 23 && !endOfDay) || minute > 59 || second > 59) return null;
  return timestampOf(days, BigInt(hour * 3600 + minute * 60 + second) * NANOS_PER_SECOND + nano);
}

/** The text of a DATE literal: `2020-02-29`, a year from 1 on. */
export function parseDateLiteral(text: string): number | null {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (match === null || Number(match[1]) === 0) return null;
  return dateOf(Number(match[1]), Number(match[2]), Number(match[3]));
}

/** The text of a TIME literal, with the precision of its type: 0, or 1 to 3 digits of the second. */
export function parseTimeLiteral(text: string): { readonly value: number; readonly precision: number } | null {
  const match = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d*))?$/.exec(text);
  if (match === null) return null;
  const digits = (match[4] ?? '').slice(0, 3);
  const value = timeOf(match[1]!, match[2]!, match[3]!, digits);
  return value === null ? null : { value, precision: digits.length };
}

/** The text of a TIMESTAMP literal, with the precision of its type: 0 to 9 digits of the second. A date is midnight. */
export function parseTimestampLiteral(text: string): { readonly value: bigint; readonly precision: number } | null {
  const match = /^(\S+?)(?: (\d{1,2}:\d{1,2}:\d{1,2})(?:\.(\d*))?)?$/.exec(text);
  if (match === null) return null;
  const days = parseDateLiteral(match[1]!);
  const time = parseTime(match[2] ?? '0:0:0');
  if (days === null || time === null) return null;
  const digits = (match[3] ?? '').slice(0, 9);
  const nano = BigInt(time) * NANOS_PER_MILLI + BigInt(digits.padEnd(9, '0'));
  return { value: timestampOf(days, nano), precision: digits.length };
}

/** @returns the day number, or null if there is no such day */
export function dateOf(year: number, month: number, day: number): number | null {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  return daysFromCivil(year, month, day);
}

function timeOf(hour: string, minute: string, second: string, digits: string): number | null {
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const millis = Number(digits.padEnd(3, '0').slice(0, 3));
  return (Number(hour) * 3600 + Number(minute) * 60 + Number(second)) * 1000 + millis;
}

function formatYear(year: number): string {
  if (year < 0) return `-${String(-year).padStart(4, '0')}`;
  return String(year).padStart(4, '0');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function fraction(nano: number, precision: number): string {
  return precision === 0 ? '' : `.${String(nano).padStart(9, '0').slice(0, precision)}`;
}

/** Java's trim: everything up to U+0020 at both ends. */
export function trimSpace(text: string): string {
  return text.replace(/^[\0-\x20]+|[\0-\x20]+$/g, '');
}
