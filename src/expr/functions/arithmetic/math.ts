/** Functions of numbers: those of doubles, rounding, sign, and numbers written in other bases. */

import { EngineError } from '../../../base/errors.ts';
import { char, DOUBLE, INT, isInteger, STRING } from '../../../types/data-type.ts';
import { castDecimal, parseDecimal, pow10, roundAt, roundType, truncateAt } from '../../../types/decimal.ts';
import { formatDouble, formatFloat } from '../../../types/float.ts';
import type { Value } from '../../../types/value.ts';
import { type CallShape, defineScalar, type Evaluation, type Inference, type ScalarFunction } from '../define.ts';
import { CHARACTER, firstOf, INTEGER, INTEGER_NUMERIC, infer, NUMERIC, numericAs } from '../infer.ts';
import { integer, wrapInteger } from '../numbers.ts';
import { JavaRandom } from './java-random.ts';

const DOUBLE_ARGUMENT = numericAs(DOUBLE);

/** A function of one double. */
function real(name: string, doc: string, apply: (x: number) => number): ScalarFunction {
  return defineScalar({
    name,
    arity: 1,
    signature: '(NUMERIC) → DOUBLE',
    doc,
    infer: infer([DOUBLE_ARGUMENT], () => DOUBLE),
    evaluate: ([x]) => apply(x as number),
  });
}

export const sqrt = real('SQRT', 'The square root; NaN of a negative number.', Math.sqrt);
export const exp = real('EXP', 'e to the power of x.', Math.exp);
export const ln = real('LN', 'The natural logarithm.', Math.log);
export const log2 = real('LOG2', 'The logarithm to base 2.', (x) => Math.log(x) / Math.log(2));
export const log10 = real('LOG10', 'The logarithm to base 10.', Math.log10);
export const sin = real('SIN', 'The sine.', Math.sin);
export const cos = real('COS', 'The cosine.', Math.cos);
export const tan = real('TAN', 'The tangent.', Math.tan);
export const cot = real('COT', 'The cotangent.', (x) => 1 / Math.tan(x));
export const asin = real('ASIN', 'The arc sine.', Math.asin);
export const acos = real('ACOS', 'The arc cosine.', Math.acos);
export const atan = real('ATAN', 'The arc tangent.', Math.atan);
export const sinh = real('SINH', 'The hyperbolic sine.', Math.sinh);
export const cosh = real('COSH', 'The hyperbolic cosine.', Math.cosh);
export const tanh = real('TANH', 'The hyperbolic tangent.', Math.tanh);
export const degrees = real('DEGREES', 'Radians as degrees.', (x) => x * (180 / Math.PI));
export const radians = real('RADIANS', 'Degrees as radians.', (x) => x * (Math.PI / 180));

export const log = defineScalar({
  name: 'LOG',
  arity: [1, 2],
  signature: '(x NUMERIC) → DOUBLE\n(base NUMERIC, x NUMERIC) → DOUBLE',
  doc: 'The natural logarithm, or that to a base.',
  examples: [['LOG(1)', 'CAST(0 AS DOUBLE)']],
  infer: infer([DOUBLE_ARGUMENT, DOUBLE_ARGUMENT], () => DOUBLE),
  evaluate: ([a, b]) => (b === undefined ? Math.log(a as number) : Math.log(b as number) / Math.log(a as number)),
});

export const power = defineScalar({
  name: 'POWER',
  aliases: ['POW'],
  arity: 2,
  signature: '(x NUMERIC, y NUMERIC) → DOUBLE',
  doc: 'x to the power of y.',
  examples: [['POWER(2, 10)', 'CAST(1024 AS DOUBLE)']],
  infer: infer([DOUBLE_ARGUMENT, DOUBLE_ARGUMENT], () => DOUBLE),
  evaluate: ([x, y]) => (x as number) ** (y as number),
});

export const atan2 = defineScalar({
  name: 'ATAN2',
  arity: 2,
  signature: '(y NUMERIC, x NUMERIC) → DOUBLE',
  doc: 'The angle of the point (x, y).',
  infer: infer([DOUBLE_ARGUMENT, DOUBLE_ARGUMENT], () => DOUBLE),
  evaluate: ([y, x]) => Math.atan2(y as number, x as number),
});

function constant(name: string, doc: string, value: number): ScalarFunction {
  return defineScalar({
    name,
    arity: 0,
    signature: '() → DOUBLE',
    doc,
    infer: infer([], () => DOUBLE),
    evaluate: () => value,
  });
}

export const pi = constant('PI', 'The ratio of a circle’s circumference to its diameter.', Math.PI);
export const e = constant('E', 'The base of the natural logarithm.', Math.E);

export const abs = defineScalar({
  name: 'ABS',
  arity: 1,
  signature: '(NUMERIC)',
  doc: 'The magnitude; the smallest integer of a type stays as it is.',
  examples: [['ABS(-1.5)', '1.5']],
  infer: infer([NUMERIC], (shape) => shape.types[0]!),
  evaluate: ([x], call) => {
    if (isInteger(call.type)) return (x as number) < 0 ? wrapInteger(-integer(x!), call.type) : x!;
    if (typeof x === 'bigint') return x < 0n ? -x : x;
    return Math.abs(x as number);
  },
});

export const sign = defineScalar({
  name: 'SIGN',
  arity: 1,
  signature: '(NUMERIC)',
  doc: '-1, 0 or 1, of the type of the argument.',
  examples: [['SIGN(-5)', '-1']],
  infer: infer([NUMERIC], (shape) => shape.types[0]!),
  evaluate: ([x], call) => {
    if (call.type.kind === 'DECIMAL') return BigInt(signum(x as bigint)) * pow10(call.type.scale);
    return isInteger(call.type) ? wrapInteger(BigInt(signum(x as bigint)), call.type) : Math.sign(x as number);
  },
});

function signum(x: bigint | number): number {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

/** DECIMAL gets the scale of a literal number of places; of one that is not a literal it keeps its own. */
function inferRounding(shape: CallShape): Inference {
  return infer([NUMERIC, INTEGER], (each) => {
    const type = each.types[0]!;
    if (type.kind !== 'DECIMAL') return type;
    const places = each.types.length === 1 ? 0 : each.literals[1];
    return typeof places === 'number' ? roundType(type, places) : type;
  })(shape);
}

/** Rounds a double through its decimal text, as Flink does: 2.675 at 2 places is 2.68. */
function roundReal(x: number, places: number, text: string, mode: 'round' | 'truncate'): number {
  const parsed = parseDecimal(text);
  if (parsed === null) return x;
  const { unscaled, scale } =
    parsed.scale < 0 ? { unscaled: parsed.unscaled * pow10(-parsed.scale), scale: 0 } : parsed;
  const rounded = mode === 'round' ? roundAt(unscaled, scale, places) : truncateAt(unscaled, scale, places);
  return Number(`${rounded}e${-scale}`);
}

function rounding(name: string, doc: string, mode: 'round' | 'truncate'): ScalarFunction {
  const apply = mode === 'round' ? roundAt : truncateAt;
  return defineScalar({
    name,
    arity: [1, 2],
    signature: '(NUMERIC)\n(NUMERIC, places INT)',
    doc,
    infer: inferRounding,
    evaluate: ([x, places = 0], call) => {
      const from = call.argTypes[0]!;
      const digits = places as number;
      if (call.type.kind === 'DECIMAL' && from.kind === 'DECIMAL') {
        return castDecimal(apply(x as bigint, from.scale, digits), from.scale, call.type);
      }
      if (isInteger(call.type)) return wrapInteger(apply(integer(x!), 0, digits), call.type);
      const number = x as number;
      const text = call.type.kind === 'FLOAT' ? formatFloat(number) : formatDouble(number);
      const rounded = roundReal(number, digits, text, mode);
      return call.type.kind === 'FLOAT' ? Math.fround(rounded) : rounded;
    },
  });
}

export const round = rounding('ROUND', 'Rounded half away from zero to a number of places, 0 if not given.', 'round');
export const truncate = rounding('TRUNCATE', 'Cut to a number of places, 0 if not given.', 'truncate');

/** The low 64 bits in a base: negative numbers in two's complement. */
function inBase(value: Value, base: 2 | 16): string {
  return BigInt.asUintN(64, integer(value)).toString(base).toUpperCase();
}

export const bin = defineScalar({
  name: 'BIN',
  arity: 1,
  signature: '(INTEGER) → STRING',
  doc: 'In binary; negative numbers as 64 bits in two’s complement.',
  examples: [['BIN(5)', "CAST('101' AS STRING)"]],
  infer: infer([INTEGER_NUMERIC], () => STRING),
  evaluate: ([x]) => inBase(x!, 2),
});

export const hexadecimal = defineScalar({
  name: 'HEX',
  arity: 1,
  signature: '(INTEGER) → STRING\n(STRING) → STRING',
  doc: 'A number, or the bytes of a string, in hexadecimal.',
  examples: [["HEX('ab')", "CAST('6162' AS STRING)"]],
  infer: firstOf(
    infer([INTEGER_NUMERIC], () => STRING),
    infer([CHARACTER], () => STRING),
  ),
  evaluate: ([x]) =>
    typeof x === 'string'
      ? Array.from(new TextEncoder().encode(x), (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('')
      : inBase(x!, 16),
});

export const rand = defineScalar({
  name: 'RAND',
  arity: [0, 1],
  deterministic: false,
  signature: '() → DOUBLE\n(seed INT) → DOUBLE',
  doc: 'A random number from 0 (inclusive) to 1 (exclusive); with a seed the same series in every run.',
  infer: infer([INTEGER], () => DOUBLE),
  evaluate: ([seed], call) => (seed === undefined ? call.context.random() : seeded(seed, call).nextDouble()),
});

export const randInteger = defineScalar({
  name: 'RAND_INTEGER',
  arity: [1, 2],
  deterministic: false,
  signature: '(bound INT) → INT\n(seed INT, bound INT) → INT',
  doc: 'A random integer from 0 (inclusive) to the bound (exclusive); with a seed the same series in every run.',
  infer: infer([INTEGER, INTEGER], () => INT),
  evaluate: (args, call) => {
    const bound = Number(args.at(-1));
    if (bound < 1 || bound >= 2 ** 31) {
      throw new EngineError('RUN-ARGUMENT', `the bound of RAND_INTEGER must be a positive INT, not ${bound}`);
    }
    return args.length === 1 ? Math.floor(call.context.random() * bound) : seeded(args[0]!, call).nextBelow(bound);
  },
});

/** As in Flink a literal seed begins one series for the call, any other seed a new one for each row. */
function seeded(seed: Value, call: Evaluation): JavaRandom {
  const begin = (): JavaRandom => new JavaRandom(BigInt(seed as number | bigint));
  return call.literalArgs[0] ? call.memo.get('series', String(seed), begin) : begin();
}

export const uuid = defineScalar({
  name: 'UUID',
  arity: 0,
  deterministic: false,
  signature: '() → CHAR(36)',
  doc: 'A random UUID (version 4).',
  infer: infer([], () => char(36)),
  evaluate: (_args, call) =>
    'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (slot) => {
      const digit = Math.floor(call.context.random() * 16);
      return (slot === 'x' ? digit : (digit & 3) | 8).toString(16);
    }),
});
