/**
 * Intervals as text, as Flink prints them: `+1-02` (years-months) and `+1 02:03:04.500` (days, hours, minutes,
 * seconds).
 */

export const MILLIS_PER_DAY = 86_400_000n;

export function formatYearMonth(months: number): string {
  const magnitude = Math.abs(months);
  const sign = months < 0 ? '-' : '+';
  return `${sign}${Math.floor(magnitude / 12)}-${String(magnitude % 12).padStart(2, '0')}`;
}

export function formatDayTime(millis: bigint): string {
  const magnitude = millis < 0n ? -millis : millis;
  const sign = millis < 0n ? '-' : '+';
  const ofDay = Number(magnitude % MILLIS_PER_DAY);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = [Math.floor(ofDay / 3_600_000), Math.floor(ofDay / 60_000) % 60, Math.floor(ofDay / 1000) % 60];
  const fraction = String(ofDay % 1000).padStart(3, '0');
  return `${sign}${magnitude / MILLIS_PER_DAY} ${clock.map(two).join(':')}.${fraction}`;
}

/** Units of time by name, singular; also those of Flink's literals with an S at the end. */
export type TimeUnit =
  | 'MILLENNIUM'
  | 'CENTURY'
  | 'DECADE'
  | 'YEAR'
  | 'QUARTER'
  | 'MONTH'
  | 'WEEK'
  | 'DAY'
  | 'HOUR'
  | 'MINUTE'
  | 'SECOND'
  | 'MILLISECOND'
  | 'MICROSECOND'
  | 'NANOSECOND';

/** Months of the units that intervals of years and months are made of. */
export const MONTHS_PER: Readonly<Partial<Record<TimeUnit, number>>> = { YEAR: 12, QUARTER: 3, MONTH: 1 };

/** Milliseconds of the units that intervals of days and seconds are made of. */
export const MILLIS_PER: Readonly<Partial<Record<TimeUnit, bigint>>> = {
  WEEK: 7n * MILLIS_PER_DAY,
  DAY: MILLIS_PER_DAY,
  HOUR: 3_600_000n,
  MINUTE: 60_000n,
  SECOND: 1000n,
};

/** The inverse of `formatYearMonth`; null if the text has another form. */
export function parseYearMonth(text: string): number | null {
  const match = /^([+-])(\d+)-(\d\d)$/.exec(text);
  if (match === null) return null;
  const months = Number(match[2]) * 12 + Number(match[3]);
  return match[1] === '-' ? -months : months;
}

/** The inverse of `formatDayTime`; null if the text has another form. */
export function parseDayTime(text: string): bigint | null {
  const match = /^([+-])(\d+) (\d\d):(\d\d):(\d\d)\.(\d{3})$/.exec(text);
  if (match === null) return null;
  const [, sign, days, hours, minutes, seconds, fraction] = match;
  const clock = Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1000 + Number(fraction);
  const millis = BigInt(days!) * MILLIS_PER_DAY + BigInt(clock);
  return sign === '-' ? -millis : millis;
}

/**
 * Reads the text of an INTERVAL literal: `INTERVAL '1 02:03' DAY TO MINUTE` is `parseIntervalLiteral('1 02:03',
 * 'DAY', 'MINUTE')`.
 *
 * @param from the first unit; `to` the last one, equal for a single unit
 * @returns months (number) or milliseconds (bigint); null if the text does not fit the units
 */
export function parseIntervalLiteral(text: string, from: TimeUnit, to: TimeUnit): number | bigint | null {
  const sign = text.trim().startsWith('-') ? -1 : 1;
  const body = text.trim().replace(/^[+-]/, '');
  if (from in MONTHS_PER) return parseMonths(body, sign, from, to);
  return parseMillis(body, sign, from, to);
}

function parseMonths(body: string, sign: number, from: TimeUnit, to: TimeUnit): number | null {
  if (from === to) return /^\d+$/.test(body) ? sign * Number(body) * MONTHS_PER[from]! : null;
  const match = /^(\d+)-(\d+)$/.exec(body);
  if (match === null || Number(match[2]) > 11) return null;
  return sign * (Number(match[1]) * 12 + Number(match[2]));
}

const CLOCK_UNITS: readonly TimeUnit[] = ['DAY', 'HOUR', 'MINUTE', 'SECOND'];
const CLOCK_LIMIT: Readonly<Partial<Record<TimeUnit, number>>> = { HOUR: 23, MINUTE: 59, SECOND: 59 };

function parseMillis(body: string, sign: number, from: TimeUnit, to: TimeUnit): bigint | null {
  const units = from === to ? [from] : CLOCK_UNITS.slice(CLOCK_UNITS.indexOf(from), CLOCK_UNITS.indexOf(to) + 1);
  const pattern = units
    .map((unit, i) => {
      const separator = i === 0 ? '' : units[i - 1] === 'DAY' ? ' +' : ':';
      return `${separator}(\\d+)${unit === 'SECOND' ? '(?:\\.(\\d{1,9}))?' : ''}`;
    })
    .join('');
  const match = new RegExp(`^${pattern}$`).exec(body);
  if (match === null) return null;
  let millis = 0n;
  for (const [i, unit] of units.entries()) {
    const part = BigInt(match[i + 1]!);
    if (i > 0 && part > BigInt(CLOCK_LIMIT[unit]!)) return null;
    millis += part * MILLIS_PER[unit]!;
  }
  const fraction = units.at(-1) === 'SECOND' ? match[units.length + 1] : undefined;
  if (fraction !== undefined) millis += BigInt(fraction.padEnd(3, '0').slice(0, 3));
  return sign < 0 ? -millis : millis;
}
