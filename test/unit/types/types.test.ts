import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addMonths,
  civilFromDays,
  dayOfYear,
  daysFromCivil,
  isoDayOfWeek,
  isoWeek,
} from '../../../src/types/calendar.ts';
import { findCommonType, leastRestrictive } from '../../../src/types/coerce.ts';
import {
  array,
  BIGINT,
  char,
  DATE,
  type DataType,
  DOUBLE,
  decimal,
  FLOAT,
  INT,
  map,
  NULL_TYPE,
  nullable,
  row,
  SMALLINT,
  STRING,
  timestamp,
  timestampLtz,
  varchar,
} from '../../../src/types/data-type.ts';
import {
  divideDecimals,
  divideType,
  formatBigDecimal,
  formatDecimal,
  parseDecimal,
  plusType,
  rescale,
  timesType,
  toDecimal,
} from '../../../src/types/decimal.ts';
import { formatDouble, formatFloat, parseDouble } from '../../../src/types/float.ts';
import {
  formatDayTime,
  formatYearMonth,
  parseDayTime,
  parseIntervalLiteral,
  parseYearMonth,
} from '../../../src/types/interval.ts';
import { type Json, valueFromJson, valueToJson } from '../../../src/types/json.ts';
import { printType } from '../../../src/types/print.ts';
import { formatTimestamp, parseTimestamp, toInstant, toLocal, truncateTimestamp } from '../../../src/types/temporal.ts';
import { timeZone } from '../../../src/types/time-zone.ts';
import { compareStrings, compareValues, type Value, valueKey, valuesEqual } from '../../../src/types/value.ts';

const UTC_MILLIS_PER_DAY = 86_400_000;

test('the calendar agrees with that of JavaScript', () => {
  fc.assert(
    fc.property(fc.integer({ min: -700_000, max: 3_000_000 }), (days) => {
      const date = new Date(days * UTC_MILLIS_PER_DAY);
      const civil = civilFromDays(days);
      expect(civil).toEqual({ year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() });
      expect(daysFromCivil(civil.year, civil.month, civil.day)).toBe(days);
      expect(isoDayOfWeek(days) % 7).toBe(date.getUTCDay());
    }),
  );
});

test('months, weeks and days of the year', () => {
  const jan31 = daysFromCivil(2020, 1, 31);
  expect(civilFromDays(addMonths(jan31, 1))).toEqual({ year: 2020, month: 2, day: 29 });
  expect(civilFromDays(addMonths(jan31, -13))).toEqual({ year: 2018, month: 12, day: 31 });
  expect(dayOfYear(daysFromCivil(2020, 12, 31))).toBe(366);
  expect(isoWeek(daysFromCivil(2021, 1, 3))).toEqual({ year: 2020, week: 53 });
  expect(isoWeek(daysFromCivil(2019, 12, 30))).toEqual({ year: 2020, week: 1 });
});

test('types print as in Flink', () => {
  expect(printType(decimal(10, 2))).toBe('DECIMAL(10, 2) NOT NULL');
  expect(printType(nullable(array(INT)))).toBe('ARRAY<INT NOT NULL>');
  expect(printType(map(STRING, nullable(STRING)))).toBe('MAP<STRING NOT NULL, STRING> NOT NULL');
  expect(printType(row([{ name: 'a`b', type: char(3) }]))).toBe('ROW<`a``b` CHAR(3) NOT NULL> NOT NULL');
  expect(printType({ ...timestampLtz(3), time: 'proctime' } as DataType)).toBe('TIMESTAMP_LTZ(3) NOT NULL *PROCTIME*');
});

test('common types', () => {
  expect(leastRestrictive([SMALLINT, nullable(BIGINT)])).toEqual(nullable(BIGINT));
  expect(leastRestrictive([INT, decimal(5, 2)])).toEqual(decimal(12, 2));
  expect(leastRestrictive([char(1), char(3)])).toEqual(varchar(3));
  expect(leastRestrictive([NULL_TYPE, INT])).toEqual(nullable(INT));
  expect(leastRestrictive([FLOAT, DOUBLE])).toEqual(FLOAT);
  expect(findCommonType([FLOAT, DOUBLE])).toEqual(DOUBLE);
  expect(leastRestrictive([DATE, timestamp(3)])).toBeNull();
  expect(findCommonType([timestamp(3), DATE])).toEqual(DATE);
  expect(leastRestrictive([timestamp(0), timestampLtz(3)])).toEqual(timestampLtz(3));
  expect(leastRestrictive([INT, STRING])).toBeNull();
});

test('decimal result types', () => {
  expect(plusType(decimal(38, 37), decimal(38, 37))).toEqual(decimal(38, 36));
  expect(timesType(decimal(38, 37), decimal(38, 10))).toEqual(decimal(38, 8));
  expect(divideType(decimal(38, 37), decimal(38, 18))).toEqual(decimal(38, 19));
});

test('decimals round half away from zero and keep every digit', () => {
  expect(rescale(-105n, 2, 1)).toBe(-11n);
  expect(rescale(104n, 2, 1)).toBe(10n);
  expect(formatDecimal(-5n, 2)).toBe('-0.05');
  expect(formatBigDecimal(0n, 18)).toBe('0E-18');
  expect(formatBigDecimal(12n, 7)).toBe('0.0000012');
  expect(divideDecimals(1n, 0, 3n, 0, decimal(38, 37))).toBe(BigInt('3'.repeat(37)));
  expect(divideDecimals(2n, 0, -3n, 0, decimal(5, 2))).toBe(-67n);
  expect(toDecimal(parseDecimal('999.995')!, decimal(5, 2))).toBeNull();
  expect(toDecimal(parseDecimal('1E-400')!, decimal(5, 2))).toBe(0n);
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), fc.nat({ max: 38 }), (value, scale) => {
      expect(toDecimal(parseDecimal(formatDecimal(value, scale))!, decimal(38, scale))).toBe(value);
    }),
  );
});

test('floating point in the notation of Java', () => {
  expect([1, 1e7, 123456.789, 1e-5, 0.001, -0, Number.MIN_VALUE].map(formatDouble)).toEqual([
    '1.0',
    '1.0E7',
    '123456.789',
    '1.0E-5',
    '0.001',
    '-0.0',
    '4.9E-324',
  ]);
  expect(formatFloat(Math.fround(3.4028235e38))).toBe('3.4028235E38');
  expect(formatFloat(Math.fround(0.1))).toBe('0.1');
  expect(formatFloat(Math.fround(123456789))).toBe('1.23456792E8');
  expect(['+Infinity', ' 1d ', '0x1p1', '-NaN', '1.1.1'].map(parseDouble)).toEqual([
    Number.POSITIVE_INFINITY,
    1,
    2,
    Number.NaN,
    null,
  ]);
  fc.assert(
    fc.property(fc.double(), (value) => {
      expect(parseDouble(formatDouble(value))).toBe(value);
    }),
  );
});

test('intervals', () => {
  expect(formatDayTime(-5_400_000n)).toBe('-0 01:30:00.000');
  expect(formatYearMonth(-14)).toBe('-1-02');
  expect(parseDayTime(formatDayTime(-93_784_567n))).toBe(-93_784_567n);
  expect(parseYearMonth('+10-11')).toBe(131);
  expect(parseIntervalLiteral('-1 02:03:04.5', 'DAY', 'SECOND')).toBe(-93_784_500n);
  expect(parseIntervalLiteral('1-13', 'YEAR', 'MONTH')).toBeNull();
  expect(parseIntervalLiteral('2', 'WEEK', 'WEEK')).toBe(1_209_600_000n);
});

test('timestamps as text', () => {
  expect(formatTimestamp(-1n, 9)).toBe('1969-12-31 23:59:59.999999999');
  expect(truncateTimestamp(-1n, 3)).toBe(-1_000_000n);
  expect(parseTimestamp('2021-02-29 00:00:00')).toBe(parseTimestamp('2021-02-28'));
  expect(parseTimestamp('2020-02-29T12:34:56')).toBeNull();
});

test('time zones: gaps are jumped over, of two occurrences the first is taken', () => {
  const newYork = timeZone('America/New_York');
  const at = (text: string): bigint => parseTimestamp(text)!;
  expect(toInstant(at('2021-03-14 02:30:00'), newYork)).toBe(at('2021-03-14 07:30:00'));
  expect(toInstant(at('2021-11-07 01:30:00'), newYork)).toBe(at('2021-11-07 05:30:00'));
  expect(toInstant(at('2021-11-07 01:30:00'), newYork, 'later')).toBe(at('2021-11-07 06:30:00'));
  expect(toLocal(at('2021-07-01 00:00:00'), timeZone('Asia/Seoul'))).toBe(at('2021-07-01 09:00:00'));
  expect(toLocal(0n, timeZone('GMT+8'))).toBe(at('1970-01-01 08:00:00'));
  expect(() => timeZone('Nowhere')).toThrow('unknown time zone Nowhere');
});

test('strings are ordered by their UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const bytes = Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(Math.sign(compareStrings(a, b))).toBe(bytes);
    }),
  );
  expect(compareStrings('😀', '\ufffd')).toBeGreaterThan(0);
});

test('grouping tells 0.0 from -0.0 and knows one NaN', () => {
  expect(valuesEqual(0, -0, DOUBLE)).toBe(false);
  expect(valuesEqual(Number.NaN, Number.NaN, DOUBLE)).toBe(true);
  expect(compareValues(Number.NaN, Number.POSITIVE_INFINITY, DOUBLE)).toBeGreaterThan(0);
  expect(valueKey(['a', 'b,'], array(STRING))).not.toBe(valueKey(['a,', 'b'], array(STRING)));
});

test('values survive JSON', () => {
  const cases: readonly (readonly [Value, DataType, Json])[] = [
    [2n ** 60n, BIGINT, '1152921504606846976'],
    [7n, BIGINT, 7],
    [2n ** 53n, BIGINT, 2 ** 53],
    [-(2n ** 53n) - 1n, BIGINT, '-9007199254740993'],
    [Number.NaN, DOUBLE, 'NaN'],
    [-0, DOUBLE, '-0.0'],
    [1250n, decimal(10, 2), '12.50'],
    [18321, DATE, '2020-02-29'],
    [1_714_557_600_000_000_000n, timestamp(3), '2024-05-01 10:00:00.000'],
    [0n, timestampLtz(0), '1970-01-01 00:00:00Z'],
    [Uint8Array.of(0, 255), { kind: 'VARBINARY', length: 2, nullable: false }, '00ff'],
    [[1, null], array(nullable(INT)), [1, null]],
    [
      [
        ['b', 1],
        ['a', 2],
      ],
      map(STRING, INT),
      [
        ['a', 2],
        ['b', 1],
      ],
    ],
    [
      [1, 'x'],
      row([
        { name: 'a', type: INT },
        { name: 'b', type: STRING },
      ]),
      { a: 1, b: 'x' },
    ],
  ];
  for (const [value, type, json] of cases) {
    expect(valueToJson(value, type)).toEqual(json);
    expect(valueKey(valueFromJson(json, type), type)).toBe(valueKey(value, type));
  }
  expect(() => valueFromJson('x', INT)).toThrow('cannot read "x" as INT NOT NULL');
});
