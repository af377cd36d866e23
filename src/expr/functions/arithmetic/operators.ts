/**
 * `+ - * / %` and unary minus. Integers wrap around, integer division truncates, DECIMAL results follow Flink's rules
 * and are NULL when they do not fit, FLOAT is computed in 32 bits.
 */
import { EngineError } from '../../../base/errors.ts';
import { leastRestrictive } from '../../../types/coerce.ts';
import { type DataType, isExactNumeric, isInteger, isInterval, isNumeric, nullable } from '../../../types/data-type.ts';
import {
  addDecimals,
  asDecimal,
  type DecimalType,
  divideDecimals,
  divideType,
  moduloDecimals,
  moduloType,
  multiplyDecimals,
  plusType,
  rescale,
  timesType,
} from '../../../types/decimal.ts';
import type { Value } from '../../../types/value.ts';
import { type CallShape, defineScalar, type Evaluation, type Inference } from '../define.ts';
import { firstOf, INTERVAL, type Infer, infer, NUMERIC } from '../infer.ts';
import { castNumber, integer, wrapInteger } from '../numbers.ts';
import { addInterval, inferDatetimePlus, isDatetimePlus } from '../temporal/plus.ts';

type DecimalRule = (a: DecimalType, b: DecimalType) => DecimalType;

/** Both numeric: DECIMAL if one is and the other is exact, else their common type, to which both are cast. */
function inferNumbers(rule: DecimalRule): Infer {
  return (shape) => {
    const [a, b] = shape.types as [DataType, DataType];
    if (!isNumeric(a) || !isNumeric(b)) return { error: 'both operands must be numbers' };
    const isNull = a.nullable || b.nullable;
    if (isExactNumeric(a) && isExactNumeric(b) && (a.kind === 'DECIMAL' || b.kind === 'DECIMAL')) {
      const [x, y] = [asDecimal(a)!, asDecimal(b)!];
      return { type: nullable(rule(x, y), isNull), args: [x, y] };
    }
    const type = nullable(leastRestrictive([a, b])!, isNull);
    return { type, args: [type, type] };
  };
}

function inferIntervals(shape: CallShape): Inference {
  const [a, b] = shape.types as [DataType, DataType];
  if (!isInterval(a) || a.kind !== b.kind) return { error: 'the operands have no common type' };
  return { type: nullable(a, a.nullable || b.nullable) };
}

/** interval * number, number * interval. */
function inferScaledInterval(shape: CallShape): Inference {
  const [a, b] = shape.types as [DataType, DataType];
  const interval = isInterval(a) ? a : b;
  const number = isInterval(a) ? b : a;
  if (!isInterval(interval) || !isNumeric(number)) return { error: 'both operands must be numbers' };
  return { type: nullable(interval, a.nullable || b.nullable) };
}

export const plus = defineScalar({
  name: '+',
  syntax: 'operator',
  arity: 2,
  signature: '(NUMERIC, NUMERIC)\n(DATETIME, INTERVAL)\n(INTERVAL, INTERVAL)',
  doc: 'The sum.',
  examples: [
    ['1 + 2.5', '3.5'],
    ["DATE '2020-01-31' + INTERVAL '1' MONTH", "DATE '2020-02-29'"],
  ],
  infer: firstOf(inferDatetimePlus, inferIntervals, inferNumbers(plusType)),
  evaluate: ([a, b], call) => {
    if (isDatetimePlus(call)) return addInterval(a!, b!, call, 1);
    return arithmetic(a!, b!, call, { exact: (x, y) => x + y, real: (x, y) => x + y, decimal: addDecimals });
  },
});

export const minus = defineScalar({
  name: '-',
  syntax: 'operator',
  arity: 2,
  signature: '(NUMERIC, NUMERIC)\n(DATETIME, INTERVAL)\n(INTERVAL, INTERVAL)',
  doc: 'The difference. For that of two dates or times write (a - b) DAY.',
  examples: [
    ['1 - 2.5', '-1.5'],
    ["DATE '2020-03-31' - INTERVAL '1' MONTH", "DATE '2020-02-29'"],
  ],
  infer: firstOf(
    (shape) => (isInterval(shape.types[0]!) ? { error: 'an interval minus a date' } : inferDatetimePlus(shape)),
    inferIntervals,
    inferNumbers(plusType),
  ),
  evaluate: ([a, b], call) => {
    if (isDatetimePlus(call)) return addInterval(a!, b!, call, -1);
    return arithmetic(a!, b!, call, {
      exact: (x, y) => x - y,
      real: (x, y) => x - y,
      decimal: (x, xScale, y, yScale, type) => addDecimals(x, xScale, -y, yScale, type),
    });
  },
});

export const times = defineScalar({
  name: '*',
  syntax: 'operator',
  arity: 2,
  signature: '(NUMERIC, NUMERIC)\n(INTERVAL, NUMERIC)\n(NUMERIC, INTERVAL)',
  doc: 'The product.',
  examples: [['3 * 1.50', '4.50']],
  infer: firstOf(inferNumbers(timesType), inferScaledInterval),
  evaluate: ([a, b], call) => {
    if (isInterval(call.type)) return scaleInterval(a!, b!, call);
    return arithmetic(a!, b!, call, { exact: (x, y) => x * y, real: (x, y) => x * y, decimal: multiplyDecimals });
  },
});

export const divide = defineScalar({
  name: '/',
  syntax: 'operator',
  arity: 2,
  signature: '(NUMERIC, NUMERIC)',
  doc: 'The quotient: truncated for integers. Division of an exact number by zero fails.',
  examples: [
    ['7 / 2', '3'],
    ['-7 / 2', '-3'],
    ['7.0 / 2', '3.5'],
  ],
  infer: inferNumbers(divideType),
  evaluate: ([a, b], call) =>
    arithmetic(a!, b!, call, {
      exact: (x, y) => x / nonZero(y),
      real: (x, y) => x / y,
      decimal: (x, xScale, y, yScale, type) => divideDecimals(x, xScale, nonZero(y), yScale, type),
    }),
});

export const modulo = defineScalar({
  name: '%',
  aliases: ['MOD'],
  arity: 2,
  signature: '(EXACT_NUMERIC, EXACT_NUMERIC)',
  doc: 'The remainder of the division, with the sign of the first operand.',
  examples: [
    ['MOD(-7, 3)', '-1'],
    ['7.5 % 2', '1.5'],
  ],
  infer: (shape) => {
    const [a, b] = shape.types as [DataType, DataType];
    if (!isExactNumeric(a) || !isExactNumeric(b)) return { error: 'both operands must be exact numbers' };
    const isNull = a.nullable || b.nullable;
    const [x, y] = [asDecimal(a)!, asDecimal(b)!];
    if (x.scale === 0 && y.scale === 0) return { type: nullable(b, isNull) };
    return { type: nullable(moduloType(x, y), isNull), args: [x, y] };
  },
  evaluate: ([a, b], call) =>
    call.type.kind === 'DECIMAL'
      ? moduloDecimals(integer(a!), scale(call, 0), nonZero(integer(b!)), scale(call, 1), call.type)
      : wrapInteger(integer(a!) % nonZero(integer(b!)), call.type),
});

export const negate = defineScalar({
  name: 'NEGATE',
  syntax: 'operator',
  arity: 1,
  signature: '(NUMERIC)\n(INTERVAL)',
  doc: 'Unary minus; the smallest integer is its own negative.',
  examples: [['-(1.5)', '-1.5']],
  infer: firstOf(
    infer([NUMERIC], (shape) => shape.types[0]!),
    infer([INTERVAL], (shape) => shape.types[0]!),
  ),
  evaluate: ([a], call) => {
    if (typeof a === 'bigint') return call.type.kind === 'BIGINT' ? wrapInteger(-a, call.type) : -a;
    return isInteger(call.type) ? wrapInteger(-integer(a!), call.type) : -(a as number);
  },
});

export const unaryPlus = defineScalar({
  name: 'UNARY_PLUS',
  syntax: 'operator',
  arity: 1,
  signature: '(NUMERIC)\n(INTERVAL)',
  doc: 'The number itself.',
  infer: firstOf(
    infer([NUMERIC], (shape) => shape.types[0]!),
    infer([INTERVAL], (shape) => shape.types[0]!),
  ),
  evaluate: ([a]) => a!,
});

interface Rules {
  readonly exact: (a: bigint, b: bigint) => bigint;
  readonly real: (a: number, b: number) => number;
  readonly decimal: (a: bigint, aScale: number, b: bigint, bScale: number, to: DecimalType) => bigint | null;
}

function arithmetic(a: Value, b: Value, call: Evaluation, rules: Rules): Value {
  const type = call.type;
  switch (type.kind) {
    case 'DECIMAL':
      return rules.decimal(a as bigint, scale(call, 0), b as bigint, scale(call, 1), type);
    case 'FLOAT':
      return Math.fround(rules.real(a as number, b as number));
    case 'DOUBLE':
      return rules.real(a as number, b as number);
    case 'INTERVAL_YEAR_MONTH':
      return Number(BigInt.asIntN(32, rules.exact(integer(a), integer(b))));
    default:
      return wrapInteger(rules.exact(integer(a), integer(b)), type);
  }
}

function scaleInterval(a: Value, b: Value, call: Evaluation): Value {
  const [interval, number, numberType] = isInterval(call.argTypes[0]!)
    ? [a, b, call.argTypes[1]!]
    : [b, a, call.argTypes[0]!];
  const months = call.type.kind === 'INTERVAL_YEAR_MONTH';
  if (numberType.kind === 'DECIMAL') {
    const product = rescale(integer(interval) * (number as bigint), numberType.scale, 0);
    return months ? Number(product) : product;
  }
  const factor = castNumber(number, numberType, { kind: 'BIGINT', nullable: false });
  const product = integer(interval) * integer(factor);
  return months ? Number(BigInt.asIntN(32, product)) : BigInt.asIntN(64, product);
}

function scale(call: Evaluation, index: number): number {
  const type = call.argTypes[index]!;
  return type.kind === 'DECIMAL' ? type.scale : 0;
}

function nonZero(divisor: bigint): bigint {
  if (divisor === 0n) throw new EngineError('RUN-DIVISION-BY-ZERO', 'division by zero');
  return divisor;
}
