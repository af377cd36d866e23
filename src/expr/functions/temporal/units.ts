/** Units of time in EXTRACT, FLOOR, CEIL, TIMESTAMPADD and TIMESTAMPDIFF. */

/** What a unit is worth in months or in nanoseconds. */
export type UnitLength =
  | { readonly kind: 'months'; readonly months: number }
  | { readonly kind: 'nanos'; readonly nanos: bigint };

const DAY = 86_400_000_000_000n;

const LENGTHS: Readonly<Record<string, UnitLength>> = {
  MILLENNIUM: { kind: 'months', months: 12_000 },
  CENTURY: { kind: 'months', months: 1200 },
  DECADE: { kind: 'months', months: 120 },
  YEAR: { kind: 'months', months: 12 },
  QUARTER: { kind: 'months', months: 3 },
  MONTH: { kind: 'months', months: 1 },
  WEEK: { kind: 'nanos', nanos: 7n * DAY },
  DAY: { kind: 'nanos', nanos: DAY },
  HOUR: { kind: 'nanos', nanos: 3_600_000_000_000n },
  MINUTE: { kind: 'nanos', nanos: 60_000_000_000n },
  SECOND: { kind: 'nanos', nanos: 1_000_000_000n },
  MILLISECOND: { kind: 'nanos', nanos: 1_000_000n },
  MICROSECOND: { kind: 'nanos', nanos: 1000n },
  NANOSECOND: { kind: 'nanos', nanos: 1n },
};

/** Other names: those of ODBC. */
const ALIASES: Readonly<Record<string, string>> = {
  SQL_TSI_YEAR: 'YEAR',
  SQL_TSI_QUARTER: 'QUARTER',
  SQL_TSI_MONTH: 'MONTH',
  SQL_TSI_WEEK: 'WEEK',
  SQL_TSI_DAY: 'DAY',
  SQL_TSI_HOUR: 'HOUR',
  SQL_TSI_MINUTE: 'MINUTE',
  SQL_TSI_SECOND: 'SECOND',
  SQL_TSI_MICROSECOND: 'MICROSECOND',
  FRAC_SECOND: 'MICROSECOND',
  SQL_TSI_FRAC_SECOND: 'NANOSECOND',
};

/** The unit's own name; as it is if it has no other. */
export function unitName(name: string): string {
  const upper = name.toUpperCase();
  return ALIASES[upper] ?? upper;
}

/** @returns null if there is no such unit */
export function unitLength(name: string): UnitLength | null {
  return LENGTHS[unitName(name)] ?? null;
}
