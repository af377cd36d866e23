/**
 * FLOAT and DOUBLE as text, in Java's notation, which is Flink's: `1.0`, `1.0E7`, `1.0E-5`, `NaN`, `Infinity`; the
 * shortest digits that read back as the same number, but of large integers as many as Java (before 19) writes:
 * 1.23456792E8.
 */

export function formatDouble(value: number): string {
  const size = Math.abs(value);
  // Here JS writes the same digits, without an exponent too.
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  return notation(value, (magnitude) => integerDigits(magnitude, 53) ?? shortestDouble(magnitude));
}

/** @param value already rounded to 32 bits */
export function formatFloat(value: number): string {
  return notation(value, (magnitude) => integerDigits(magnitude, 24) ?? shortestFloat(magnitude));
}

/**
 * Reads what Java's Double.parseDouble reads: surrounding white space, `NaN`, `Infinity`, a suffix d or f, hexadecimal.
 *
 * @returns null if the text is not a number
 */
export function parseDouble(text: string): number | null {
  const trimmed = text.replace(/^[\0-\x20]+|[\0-\x20]+$/g, '');
  const special = /^([+-]?)(NaN|Infinity)$/.exec(trimmed);
  if (special !== null) return special[1] === '-' && special[2] !== 'NaN' ? -Infinity : Number(special[2]);
  const hexadecimal = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)[dDfF]?$/.exec(trimmed);
  if (hexadecimal !== null) {
    const [, sign, whole = '', fraction = '', exponent] = hexadecimal;
    if (whole.length + fraction.length === 0) return null;
    const value = Number.parseInt(whole + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length);
    return sign === '-' ? -value : value;
  }
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?$/.test(trimmed)) return null;
  return Number(trimmed.replace(/[dDfF]$/, ''));
}

function notation(value: number, shortest: (magnitude: number) => string): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  if (magnitude === Infinity) return `${sign}Infinity`;
  if (magnitude === 0) return `${sign}0.0`;
  const [mantissa = '', exponentText = '0'] = shortest(magnitude).split('e');
  const digits = mantissa.replace('.', '').replace(/(?<=.)0+$/, '');
  const exponent = Number(exponentText);
  if (exponent < -3 || exponent >= 7) return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent}`;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/**
 * Of an integer below 2^63 that has more bits than the type's fraction, Java drops only the decimal digits that are
 * sure to be below half a unit in the last place.
 *
 * @returns `d.ddde+x`, or null if the rule does not apply
 */
function integerDigits(magnitude: number, bits: 24 | 53): string | null {
  const exponent = Math.floor(Math.log2(magnitude));
  if (!Number.isInteger(magnitude) || exponent <= bits || exponent > 62) return null;
  const sure = exponent - bits - 1;
  const dropped = sure > 1 ? Math.floor(Math.log10(2 ** sure)) : 0;
  const unit = 10n ** BigInt(dropped);
  const digits = String((BigInt(magnitude) + unit / 2n) / unit);
  const significant = digits.replace(/0+$/, '');
  return `${significant[0]}.${significant.slice(1) || '0'}e+${digits.length - 1 + dropped}`;
}

/** `d.ddde±x`; the smallest subnormal has two digits in Java, because one is never enough there. */
function shortestDouble(magnitude: number): string {
  return magnitude === Number.MIN_VALUE ? '4.9e-324' : magnitude.toExponential();
}

function shortestFloat(magnitude: number): string {
  if (magnitude === 2 ** -149) return '1.4e-45';
  for (let digits = 0; digits < 9; digits++) {
    const text = magnitude.toExponential(digits);
    if (Math.fround(Number(text)) === magnitude) return text;
  }
  return magnitude.toExponential();
}
