/**
 * Exact decimal arithmetic over unscaled bigints, with the result types of Flink's LogicalTypeMerging and its rules of
 * rounding (HALF_UP) and overflow (NULL). A value is only meaningful together with its scale.
 */
import { type DataType, decimal, MAX_DECIMAL_PRECISION } from './data-type.ts';

export type DecimalType = DataType & { readonly kind: 'DECIMAL' };

/** The fraction digits that a too wide result keeps at least. */
const MIN_ADJUSTED_SCALE = 6;

/** Significant digits of a quotient before it is rounded to the scale of its type. */
const QUOTIENT_DIGITS = 38;

/** The DECIMAL that holds every value of an exact numeric type; null for other types. */
export function asDecimal(type: DataType): DecimalType | null {
  switch (type.kind) {
    case 'DECIMAL':
      return type;
    case 'TINYINT':
      return { ...decimal(3, 0), nullable: type.nullable };
    case 'SMALLINT':
      return { ...decimal(5, 0), nullable: type.nullable };
    case 'INT':
      return { ...decimal(10, 0), nullable: type.nullable };
    case 'BIGINT':
      return { ...decimal(19, 0), nullable: type.nullable };
    default:
      return null;
  }
}

export function plusType(a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale);
  return adjusted(Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale);
}

export function timesType(a: DecimalType, b: DecimalType): DecimalType {
  return adjusted(a.precision + b.precision + 1, a.scale + b.scale);
}

export function divideType(a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(6, a.scale + b.precision + 1);
  return adjusted(a.precision - a.scale + b.scale + scale, scale);
}

export function moduloType(a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale);
  return adjusted(Math.min(a.precision - a.scale, b.precision - b.scale) + scale, scale);
}

/** The type of ROUND and TRUNCATE to `digits`. */
export function roundType(type: DecimalType, digits: number): DecimalType {
  if (digits >= type.scale) return decimal(type.precision, type.scale);
  const whole = 1 + type.precision - type.scale;
  if (digits < 0) return decimal(Math.min(MAX_DECIMAL_PRECISION, whole), 0);
  return decimal(Math.min(MAX_DECIMAL_PRECISION, whole + digits), digits);
}

/** The smallest DECIMAL that holds both; digits before the point win over digits after it. */
export function widerDecimal(a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale);
  const whole = Math.max(a.precision - a.scale, b.precision - b.scale);
  const precision = Math.min(whole + scale, MAX_DECIMAL_PRECISION);
  return decimal(precision, Math.min(scale, precision - Math.min(whole, precision)));
}

function adjusted(precision: number, scale: number): DecimalType {
  if (precision <= MAX_DECIMAL_PRECISION) return decimal(precision, scale);
  const whole = precision - scale;
  const kept = Math.max(MAX_DECIMAL_PRECISION - whole, Math.min(scale, MIN_ADJUSTED_SCALE));
  return decimal(MAX_DECIMAL_PRECISION, kept);
}

export function pow10(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

/** Division that rounds half away from zero; `divisor` is positive. */
function divideHalfUp(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  const rest = value % divisor;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  if (twice < divisor) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

/** The same number at another scale, rounded HALF_UP; no check for overflow. */
export function rescale(value: bigint, from: number, to: number): bigint {
  return to >= from ? value * pow10(to - from) : divideHalfUp(value, pow10(from - to));
}

/** @returns the value, or null if it has more digits than the precision allows */
export function fitDecimal(value: bigint, precision: number): bigint | null {
  const limit = pow10(precision);
  return value < limit && value > -limit ? value : null;
}

/** The number at the scale of `to`, rounded HALF_UP; null if it does not fit. */
export function castDecimal(value: bigint, fromScale: number, to: DecimalType): bigint | null {
  return fitDecimal(rescale(value, fromScale, to.scale), to.precision);
}

export function addDecimals(a: bigint, aScale: number, b: bigint, bScale: number, to: DecimalType): bigint | null {
  const scale = Math.max(aScale, bScale);
  return castDecimal(rescale(a, aScale, scale) + rescale(b, bScale, scale), scale, to);
}

export function multiplyDecimals(a: bigint, aScale: number, b: bigint, bScale: number, to: DecimalType): bigint | null {
  return castDecimal(a * b, aScale + bScale, to);
}

/**
 * The quotient to 38 significant digits, then to the scale of the type, each time HALF_UP: Flink rounds twice.
 *
 * @param b not zero
 */
export function divideDecimals(a: bigint, aScale: number, b: bigint, bScale: number, to: DecimalType): bigint | null {
  if (a === 0n) return 0n;
  const negative = a < 0n !== b < 0n;
  let dividend = abs(a);
  const divisor = abs(b);
  let scale = aScale - bScale;
  const missing = QUOTIENT_DIGITS + 1 - (digits(dividend) - digits(divisor));
  if (missing > 0) {
    dividend *= pow10(missing);
    scale += missing;
  }
  let quotient = dividend / divisor;
  const excess = digits(quotient) - QUOTIENT_DIGITS;
  const exact = divisor * pow10(Math.max(excess, 0));
  quotient = divideHalfUp(dividend, exact);
  scale -= Math.max(excess, 0);
  if (scale < 0) {
    quotient *= pow10(-scale);
    scale = 0;
  }
  return castDecimal(negative ? -quotient : quotient, scale, to);
}

/** The remainder with the sign of the dividend. @param b not zero */
export function moduloDecimals(a: bigint, aScale: number, b: bigint, bScale: number, to: DecimalType): bigint | null {
  const scale = Math.max(aScale, bScale);
  return castDecimal(rescale(a, aScale, scale) % rescale(b, bScale, scale), scale, to);
}

/** Plain notation with exactly `scale` digits after the point: `-0.50`. */
export function formatDecimal(value: bigint, scale: number): string {
  const text = abs(value)
    .toString()
    .padStart(scale + 1, '0');
  const sign = value < 0n ? '-' : '';
  if (scale === 0) return sign + text;
  return `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

/** As Java's BigDecimal prints itself: 0.000012 as it is, what is smaller or has a negative scale as 1.2E-7, 1E+5. */
export function formatBigDecimal(unscaled: bigint, scale: number): string {
  const text = abs(unscaled).toString();
  const exponent = text.length - 1 - scale;
  if (scale >= 0 && exponent >= -6) return formatDecimal(unscaled, scale);
  const mantissa = text.length === 1 ? text : `${text[0]}.${text.slice(1)}`;
  return `${unscaled < 0n ? '-' : ''}${mantissa}E${exponent >= 0 ? '+' : ''}${exponent}`;
}

/** A decimal number read from text: `unscaled * 10^-scale`. */
export interface ParsedDecimal {
  readonly unscaled: bigint;
  /** May be negative: 1E3 has scale -3. */
  readonly scale: number;
}

/** Reads `-12.50`, `.5`, `5.`, `1E-3`; no white space. @returns null if the text is not a number */
export function parseDecimal(text: string): ParsedDecimal | null {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/.exec(text);
  if (match === null) return null;
  const whole = match[2] ?? '';
  const fraction = match[3] ?? '';
  if (whole.length + fraction.length === 0) return null;
  const unscaled = BigInt(whole + fraction);
  return {
    unscaled: match[1] === '-' ? -unscaled : unscaled,
    scale: fraction.length - Number(match[4] ?? 0),
  };
}

/** The parsed number in the type, rounded HALF_UP; null if it does not fit. */
export function toDecimal(parsed: ParsedDecimal, to: DecimalType): bigint | null {
  if (parsed.unscaled === 0n) return 0n;
  if (digits(parsed.unscaled) - parsed.scale > to.precision - to.scale + 1) return null;
  if (parsed.scale > to.scale + digits(parsed.unscaled) + 1) return 0n;
  return castDecimal(
    parsed.scale < 0 ? parsed.unscaled * pow10(-parsed.scale) : parsed.unscaled,
    Math.max(parsed.scale, 0),
    to,
  );
}

/** The nearest double. */
export function decimalToNumber(value: bigint, scale: number): number {
  return Number(formatDecimal(value, scale));
}

/** Rounds towards zero at `digits` after the point (before it, if negative), keeping the scale. */
export function truncateAt(value: bigint, scale: number, places: number): bigint {
  if (places >= scale) return value;
  const unit = pow10(scale - places);
  return value - (value % unit);
}

/** Rounds HALF_UP at `places` after the point (before it, if negative), keeping the scale. */
export function roundAt(value: bigint, scale: number, places: number): bigint {
  if (places >= scale) return value;
  const unit = pow10(scale - places);
  return divideHalfUp(value, unit) * unit;
}

export function floorDecimal(value: bigint, scale: number): bigint {
  const unit = pow10(scale);
  const quotient = value / unit;
  return value < 0n && quotient * unit !== value ? quotient - 1n : quotient;
}

export function ceilDecimal(value: bigint, scale: number): bigint {
  return -floorDecimal(-value, scale);
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function digits(value: bigint): number {
  return abs(value).toString().length;
}
