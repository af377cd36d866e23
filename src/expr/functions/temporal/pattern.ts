/**
 * Date patterns in Java's letters (`yyyy-MM-dd HH:mm:ss.SSS`): formatting and parsing. Two readers exist in Flink and
 * so here: the strict one of DateTimeFormatter (TO_TIMESTAMP) and the lenient one of SimpleDateFormat
 * (UNIX_TIMESTAMP, TO_DATE), which takes any number of digits, lets months and days overflow and ignores what
 * follows.
 */
import { EngineError } from '../../../base/errors.ts';
import { dayOfYear, daysFromCivil, daysInMonth, isoDayOfWeek } from '../../../types/calendar.ts';
import { type Clock, clockOf, NANOS_PER_SECOND, timestampOf } from '../../../types/temporal.ts';

export type Dialect = 'formatter' | 'simple';

export interface Token {
  /** A pattern letter, or null for literal text. */
  readonly letter: string | null;
  readonly count: number;
  readonly text: string;
}

const MONTHS: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAYS: readonly string[] = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

const LETTERS: Readonly<Record<Dialect, string>> = {
  formatter: 'yuMLdDHhkKmsSnNAEeaQqwWFGYzZXxV',
  simple: 'yMLdDHhkKmsSEuawWFGYzZX',
};

/** @throws EngineError RUN-PATTERN if a letter means nothing */
export function tokenize(pattern: string, dialect: Dialect): readonly Token[] {
  const tokens: Token[] = [];
  for (const match of pattern.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/g)) {
    const [whole, quoted, letter] = match;
    if (quoted !== undefined)
      tokens.push({ letter: null, count: 0, text: quoted === '' ? "'" : quoted.replaceAll("''", "'") });
    else if (letter !== undefined) tokens.push(letterToken(letter, whole, pattern, dialect));
    else if (whole === "'" || (dialect === 'formatter' && /[{}#]/.test(whole))) throw badPattern(pattern);
    else tokens.push({ letter: null, count: 0, text: whole });
  }
  return tokens;
}

function letterToken(letter: string, whole: string, pattern: string, dialect: Dialect): Token {
  if (!LETTERS[dialect].includes(letter)) throw badPattern(pattern);
  return { letter, count: whole.length, text: whole };
}

function badPattern(pattern: string): EngineError {
  return new EngineError('RUN-PATTERN', `invalid date pattern '${pattern}'`, {
    hint: "letters are those of Java: 'yyyy-MM-dd HH:mm:ss.SSS'; other letters need quotes",
  });
}

/** @throws EngineError RUN-PATTERN if the pattern is not valid, or asks for the zone of a timestamp that has none */
export function checkPattern(pattern: string, dialect: Dialect, hasZone: boolean): void {
  const zoned = tokenize(pattern, dialect).some((token) => token.letter !== null && 'zZXxV'.includes(token.letter));
  if (zoned && !hasZone) throw badPattern(pattern);
}

/** Do all letters of the pattern mean something? */
export function isPattern(pattern: string): boolean {
  try {
    tokenize(pattern, 'formatter');
    return true;
  } catch (error) {
    if (error instanceof EngineError) return false;
    throw error;
  }
}

/** What a pattern may print beside the clock. */
export interface Zone {
  readonly name: string;
  /** Seconds ahead of UTC. */
  readonly offset: number;
}

/** @throws EngineError RUN-PATTERN if the pattern is not valid */
function formatPattern(clock: Clock, pattern: string, dialect: Dialect, zone: Zone): string {
  return tokenize(pattern, dialect)
    .map((token) => (token.letter === null ? token.text : formatField(clock, token.letter, token.count, dialect, zone)))
    .join('');
}

function formatField(clock: Clock, letter: string, count: number, dialect: Dialect, zone: Zone): string {
  const number = (value: number): string => String(value).padStart(count, '0');
  switch (letter) {
    case 'y':
    case 'Y': {
      const year = letter === 'Y' ? weekYear(clock) : clock.year;
      const ofEra = year > 0 ? year : 1 - year;
      return count === 2 ? String(ofEra % 100).padStart(2, '0') : String(ofEra).padStart(count, '0');
    }
    case 'u':
      return dialect === 'simple' ? number(isoDayOfWeek(clock.days)) : number(clock.year);
    case 'M':
    case 'L':
      return count >= 4
        ? MONTHS[clock.month - 1]!
        : count === 3
          ? MONTHS[clock.month - 1]!.slice(0, 3)
          : number(clock.month);
    case 'd':
      return number(clock.day);
    case 'D':
      return number(dayOfYear(clock.days));
    case 'H':
      return number(clock.hour);
    case 'k':
      return number(clock.hour === 0 ? 24 : clock.hour);
    case 'K':
      return number(clock.hour % 12);
    case 'h':
      return number(clock.hour % 12 === 0 ? 12 : clock.hour % 12);
    case 'm':
      return number(clock.minute);
    case 's':
      return number(clock.second);
    case 'S':
      return dialect === 'simple'
        ? number(Math.floor(clock.nano / 1_000_000))
        : String(clock.nano).padStart(9, '0').slice(0, count).padEnd(count, '0');
    case 'n':
      return number(clock.nano);
    case 'N':
      return number((clock.hour * 3600 + clock.minute * 60 + clock.second) * 1_000_000_000 + clock.nano);
    case 'A':
      return number((clock.hour * 3600 + clock.minute * 60 + clock.second) * 1000 + Math.floor(clock.nano / 1_000_000));
    case 'E': {
      const name = DAYS[isoDayOfWeek(clock.days) - 1]!;
      return count >= 4 ? name : name.slice(0, 3);
    }
    case 'e':
      return number((isoDayOfWeek(clock.days) % 7) + 1);
    case 'a':
      return clock.hour < 12 ? 'AM' : 'PM';
    case 'Q':
    case 'q':
      return number(Math.floor((clock.month + 2) / 3));
    case 'w':
      return number(weekOfYear(clock));
    case 'W':
      return number(weekOfMonth(clock));
    case 'F':
      return number(Math.floor((clock.day - 1) / 7) + 1);
    case 'G':
      return clock.year > 0 ? 'AD' : 'BC';
    case 'z':
    case 'V':
      return zone.name;
    default:
      return formatOffset(zone.offset, letter, count);
  }
}

function formatOffset(offset: number, letter: string, count: number): string {
  if (letter === 'X' && offset === 0) return 'Z';
  const magnitude = Math.abs(offset);
  const hours = String(Math.floor(magnitude / 3600)).padStart(2, '0');
  const minutes = String(Math.floor(magnitude / 60) % 60).padStart(2, '0');
  const colon = letter !== 'Z' && count === 3 ? ':' : '';
  const tail = letter !== 'Z' && count === 1 ? '' : colon + minutes;
  return `${offset < 0 ? '-' : '+'}${hours}${tail}`;
}

/** Weeks of the United States: they start on Sunday, and the first one holds January 1st. */
function weekOfYear(clock: Clock): number {
  const start = startOfWeek(clock.days);
  const nextYear = startOfWeek(daysFromCivil(clock.year + 1, 1, 1));
  if (start >= nextYear) return 1;
  return Math.floor((start - startOfWeek(daysFromCivil(clock.year, 1, 1))) / 7) + 1;
}

function weekYear(clock: Clock): number {
  return startOfWeek(clock.days) >= startOfWeek(daysFromCivil(clock.year + 1, 1, 1)) ? clock.year + 1 : clock.year;
}

function weekOfMonth(clock: Clock): number {
  const first = startOfWeek(daysFromCivil(clock.year, clock.month, 1));
  return Math.floor((startOfWeek(clock.days) - first) / 7) + 1;
}

function startOfWeek(days: number): number {
  return days - (isoDayOfWeek(days) % 7);
}

/** Fields found in a text; absent ones are undefined. */
interface Fields {
  year?: number;
  month?: number;
  day?: number;
  dayOfYear?: number;
  hour?: number;
  hour12?: number;
  pm?: boolean;
  minute?: number;
  second?: number;
  nano?: number;
}

/**
 * Reads a text by a pattern; fields that the pattern lacks are those of 1970-01-01 00:00:00.
 *
 * @returns nanoseconds on the local clock, or null if the text does not fit
 * @throws EngineError RUN-PATTERN if the pattern is not valid
 */
export function parsePattern(text: string, pattern: string, dialect: Dialect): bigint | null {
  const tokens = tokenize(pattern, dialect);
  const fields: Fields = {};
  let at = 0;
  for (const [i, token] of tokens.entries()) {
    if (token.letter === null) {
      if (!text.startsWith(token.text, at)) return null;
      at += token.text.length;
    } else {
      const next = tokens[i + 1]?.letter;
      const adjacent = next !== undefined && next !== null && /[yMdDHhkKmsSu]/.test(next);
      const read = readField(text, at, token, adjacent, dialect, fields);
      if (read === null) return null;
      at = read;
    }
  }
  if (dialect === 'formatter' && at !== text.length) return null;
  return dialect === 'formatter' ? resolveStrictly(fields) : resolveLeniently(fields);
}

/** @returns where the field ends, or null if there is none */
function readField(
  text: string,
  at: number,
  token: Token,
  adjacent: boolean,
  dialect: Dialect,
  fields: Fields,
): number | null {
  const letter = token.letter!;
  if ((letter === 'M' || letter === 'L') && token.count >= 3) {
    return readName(text, at, MONTHS, (index) => {
      fields.month = index + 1;
    });
  }
  if (letter === 'E') return readName(text, at, DAYS, () => undefined);
  if (letter === 'a') {
    const marker = /^(AM|PM)/i.exec(text.slice(at));
    if (marker === null) return null;
    fields.pm = marker[1]!.toUpperCase() === 'PM';
    return at + 2;
  }
  const digits = digitsAt(text, at, letter, token.count, adjacent, dialect);
  if (digits === null) return null;
  setField(fields, letter, token.count, digits, dialect);
  return at + digits.length;
}

function digitsAt(
  text: string,
  at: number,
  letter: string,
  count: number,
  adjacent: boolean,
  dialect: Dialect,
): string | null {
  const fraction = letter === 'S' && dialect === 'formatter';
  const exact = !fraction && (adjacent || (dialect === 'formatter' && (count === 2 || count === 3)));
  const least = exact || (dialect === 'formatter' && count > 1 && !fraction) ? count : 1;
  const most = exact ? count : 19;
  return new RegExp(`^\\d{${least},${most}}`).exec(text.slice(at))?.[0] ?? null;
}

function readName(text: string, at: number, names: readonly string[], found: (index: number) => void): number | null {
  const rest = text.slice(at).toLowerCase();
  const index = names.findIndex((name) => rest.startsWith(name.slice(0, 3).toLowerCase()));
  if (index < 0) return null;
  found(index);
  const full = names[index]!;
  return at + (rest.startsWith(full.toLowerCase()) ? full.length : 3);
}

function setField(fields: Fields, letter: string, count: number, digits: string, dialect: Dialect): void {
  const value = Number(digits);
  switch (letter) {
    case 'y':
    case 'u':
    case 'Y':
      fields.year = count === 2 && digits.length === 2 ? 2000 + value : value;
      return;
    case 'M':
    case 'L':
      fields.month = value;
      return;
    case 'd':
      fields.day = value;
      return;
    case 'D':
      fields.dayOfYear = value;
      return;
    case 'H':
      fields.hour = value;
      return;
    case 'k':
      fields.hour = value % 24;
      return;
    case 'h':
      fields.hour12 = value % 12;
      return;
    case 'K':
      fields.hour12 = value;
      return;
    case 'm':
      fields.minute = value;
      return;
    case 's':
      fields.second = value;
      return;
    case 'S':
      fields.nano = dialect === 'simple' ? value * 1_000_000 : Number(digits.padEnd(9, '0').slice(0, 9));
      return;
    default:
      return;
  }
}

function hourOf(fields: Fields): number {
  if (fields.hour !== undefined) return fields.hour;
  return (fields.hour12 ?? 0) + (fields.pm === true ? 12 : 0);
}

function nanoOfDay(fields: Fields): bigint {
  const seconds = hourOf(fields) * 3600 + (fields.minute ?? 0) * 60 + (fields.second ?? 0);
  return BigInt(seconds) * NANOS_PER_SECOND + BigInt(fields.nano ?? 0);
}

/** Fields within their ranges; a day beyond the end of its month is the month's last day (SMART resolution). */
function resolveStrictly(fields: Fields): bigint | null {
  const { year = 1970, month = 1, day = 1, minute = 0, second = 0 } = fields;
  const hour = hourOf(fields);
  const endOfDay = hour === 24 && minute === 0 && second === 0 && (fields.nano ?? 0) === 0;
  if (month < 1 || month > 12 || day < 1 || day > 31) return null;
  if ((hour > 23 && !endOfDay) || minute > 59 || second > 59) return null;
  const days =
    fields.dayOfYear === undefined
      ? daysFromCivil(year, month, Math.min(day, daysInMonth(year, month)))
      : daysFromCivil(year, 1, 1) + fields.dayOfYear - 1;
  return timestampOf(days, nanoOfDay(fields));
}

/** Fields of any size: the 32nd of a month is a day of the next. */
function resolveLeniently(fields: Fields): bigint {
  const { year = 1970, month = 1, day = 1 } = fields;
  const total = year * 12 + month - 1;
  const first = daysFromCivil(Math.floor(total / 12), (((total % 12) + 12) % 12) + 1, 1);
  const days = fields.dayOfYear === undefined ? first + day - 1 : daysFromCivil(year, 1, 1) + fields.dayOfYear - 1;
  return timestampOf(days, nanoOfDay(fields));
}

/** A local timestamp by a pattern, in a zone whose offset is known. */
export function formatTimestampPattern(nanos: bigint, pattern: string, dialect: Dialect, zone: Zone): string {
  return formatPattern(clockOf(nanos), pattern, dialect, zone);
}
