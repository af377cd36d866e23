/**
 * Offsets of time zones, from the runtime's own table (Intl). The one cache is per zone object, so callers keep the
 * zone.
 */
import { EngineError } from '../base/errors.ts';
import { daysFromCivil } from './calendar.ts';

export interface TimeZone {
  readonly name: string;
  /** Offset from UTC, in seconds, that holds at this instant (seconds since the epoch). */
  offsetAt(epochSecond: number): number;
}

const NAMED_OFFSET = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/;

export const UTC: TimeZone = { name: 'UTC', offsetAt: () => 0 };

/** The zone of that name, which is asked for, and looked up, when it is first used: that takes long. */
export function zoneWhenUsed(name: () => string): TimeZone {
  let found: TimeZone | null = null;
  const zone = (): TimeZone => {
    found ??= timeZone(name());
    return found;
  };
  return {
    get name() {
      return zone().name;
    },
    offsetAt: (epochSecond) => zone().offsetAt(epochSecond),
  };
}

/**
 * @param name an IANA name (`Asia/Seoul`), `UTC`, `Z`, or an offset (`+09:00`, `GMT+8`)
 * @throws EngineError CONFIG-VALUE if there is no such zone
 */
export function timeZone(name: string): TimeZone {
  const zone = findTimeZone(name);
  if (zone !== null) return zone;
  throw new EngineError('CONFIG-VALUE', `unknown time zone ${name}`, {
    hint: "use an IANA name such as 'Asia/Seoul', 'UTC', or an offset such as '+09:00'",
  });
}

/** As `timeZone`, but null if there is no such zone. */
export function findTimeZone(name: string): TimeZone | null {
  if (name === 'UTC' || name === 'Z' || name === 'GMT') return UTC;
  const fixed = NAMED_OFFSET.exec(name);
  if (fixed !== null) {
    const [, sign, hours, minutes = '0', seconds = '0'] = fixed;
    const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    if (offset > 18 * 3600) return null;
    return { name, offsetAt: () => (sign === '-' ? -offset : offset) };
  }
  return intlZone(name);
}

/** Seconds from the epoch to the ends of what Intl can format. */
const FORMAT_LIMIT = 8_639_999_000_000;

function intlZone(name: string): TimeZone | null {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return null;
  }
  let lastQuarter = Number.NaN;
  let lastOffset = 0;
  return {
    name,
    offsetAt(epochSecond) {
      const quarter = Math.floor(Math.max(-FORMAT_LIMIT, Math.min(FORMAT_LIMIT, epochSecond)) / 900);
      if (quarter !== lastQuarter) {
        lastOffset = offsetByFormat(format, quarter * 900);
        lastQuarter = quarter;
      }
      return lastOffset;
    },
  };
}

function offsetByFormat(format: Intl.DateTimeFormat, epochSecond: number): number {
  const parts = new Map(format.formatToParts(epochSecond * 1000).map((part) => [part.type, part.value]));
  const of = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  const year = parts.get('era') === 'BC' ? 1 - of('year') : of('year');
  const days = daysFromCivil(year, of('month'), of('day'));
  return days * 86_400 + of('hour') * 3600 + of('minute') * 60 + of('second') - epochSecond;
}

/** Local wall clock (seconds since 1970-01-01 00:00:00 on that clock) of an instant. */
export function toLocalSecond(zone: TimeZone, epochSecond: number): number {
  return epochSecond + zone.offsetAt(epochSecond);
}

/**
 * Which of two instants a wall clock time is that occurs twice: java.time takes the earlier, SimpleDateFormat the
 * later.
 */
export type Overlap = 'earlier' | 'later';

/**
 * The instant of a wall clock time. One that is skipped (clocks set forward) is moved by the length of the gap.
 */
export function toEpochSecond(zone: TimeZone, localSecond: number, overlap: Overlap = 'earlier'): number {
  const before = zone.offsetAt(localSecond - 86_400);
  const after = zone.offsetAt(localSecond + 86_400);
  const candidates = [localSecond - before, localSecond - after];
  const valid = candidates.filter((instant) => zone.offsetAt(instant) === localSecond - instant);
  if (valid.length === 0) return localSecond - before;
  return overlap === 'earlier' ? Math.min(...valid) : Math.max(...valid);
}
