/**
 * FLOAT and DOUBLE as text, in Java's notation, which is Flink's: `1.0`, `1.0E7`, `1.0E-5`, `NaN`, `Infinity`; the shortest
 * digits that read back as the same number.
 */

export function formatDouble(value: number): string {
  return notation(value, shortestDouble);
}

/** @param value already rounded to 32 bits */
export function formatFloat(value: number): string {
  return notation(value, shortestFloat);
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
  const digits = mantissa.replace('.', '');
  const exponent = Number(exponentText);
  if (exponent < -3 || exponent >= 7) return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent}`;
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
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
