/** SUM, $SUM0 and AVG: integers wrap around (SUM in its type, AVG in 64 bits), DECIMAL overflows to NULL. */
import { type DataType, decimal, isApproximate, isInteger, isNumeric, nullable } from '../../../types/data-type.ts';
import { castDecimal, divideDecimals, fitDecimal } from '../../../types/decimal.ts';
import type { Value } from '../../../types/value.ts';
import {
  type AggregateFunction,
  type AggregateShape,
  type Aggregation,
  defineAggregate,
  type Inference,
} from '../define.ts';
import { integer, wrapInteger } from '../numbers.ts';

/** `count` also tells an empty sum (NULL) from zero. */
interface Sum {
  count: bigint;
  exact: bigint;
  real: number;
}

/** Nullable if the argument is or the group may be empty. */
export function overNumbers(shape: AggregateShape, result: (type: DataType) => DataType): Inference {
  const type = shape.types[0]!;
  if (type.kind === 'NULL') return { error: 'an untyped NULL needs a CAST' };
  if (!isNumeric(type)) return { error: 'the argument must be a number' };
  return { type: nullable(result(type), type.nullable || !shape.neverEmpty) };
}

function sumType(type: DataType): DataType {
  return type.kind === 'DECIMAL' ? decimal(38, type.scale) : type;
}

function avgType(type: DataType): DataType {
  return type.kind === 'DECIMAL' ? decimal(38, Math.max(6, type.scale)) : type;
}

/** SUM of FLOAT stays in 32 bits, AVG adds in 64. */
type Width = 'narrow' | 'wide';

function addTo(sum: Sum, value: Value, sign: 1 | -1, call: Aggregation, width: Width): void {
  if (value === null) return;
  sum.count += BigInt(sign);
  const type = call.argTypes[0]!;
  if (!isApproximate(type)) {
    sum.exact += BigInt(sign) * integer(value);
    return;
  }
  const real = sum.real + sign * (value as number);
  sum.real = type.kind === 'FLOAT' && width === 'narrow' ? Math.fround(real) : real;
}

function merge(sum: Sum, other: Sum): void {
  sum.count += other.count;
  sum.exact += other.exact;
  sum.real += other.real;
}

function total(sum: Sum, call: Aggregation): Value {
  const type = call.type;
  if (isInteger(type)) return wrapInteger(sum.exact, type);
  if (type.kind === 'DECIMAL') return fitDecimal(sum.exact, type.precision);
  return type.kind === 'FLOAT' ? Math.fround(sum.real) : sum.real;
}

function average(sum: Sum, call: Aggregation): Value {
  const type = call.type;
  const from = call.argTypes[0]!;
  if (type.kind === 'DECIMAL' && from.kind === 'DECIMAL') {
    const fitted = castDecimal(sum.exact, from.scale, decimal(38, from.scale));
    return fitted === null ? null : divideDecimals(fitted, from.scale, sum.count, 0, type);
  }
  if (isInteger(type)) return wrapInteger(BigInt.asIntN(64, sum.exact) / sum.count, type);
  const quotient = sum.real / Number(sum.count);
  return type.kind === 'FLOAT' ? Math.fround(quotient) : quotient;
}

function summing(
  name: string,
  doc: string,
  width: Width,
  infer: (shape: AggregateShape) => Inference,
  result: (sum: Sum, call: Aggregation) => Value,
): AggregateFunction<Sum> {
  return defineAggregate<Sum>({
    name,
    signature: '(NUMERIC)',
    doc,
    arity: 1,
    infer,
    create: () => ({ count: 0n, exact: 0n, real: 0 }),
    accumulate: (sum, [value], call) => addTo(sum, value!, 1, call, width),
    retract: (sum, [value], call) => addTo(sum, value!, -1, call, width),
    merge,
    result,
  });
}

export const sum = summing(
  'SUM',
  'The sum of the values that are not NULL, NULL if there are none; integers keep their type and wrap around.',
  'narrow',
  (shape) => overNumbers(shape, sumType),
  (each, call) => (each.count === 0n ? null : total(each, call)),
);

export const sum0 = summing(
  '$SUM0',
  'As SUM, but 0 if there is nothing to add: what adds up partial counts.',
  'narrow',
  (shape) => {
    const inferred = overNumbers(shape, sumType);
    return 'error' in inferred ? inferred : { type: nullable(inferred.type, false) };
  },
  total,
);

export const avg = summing(
  'AVG',
  'The mean of the values that are not NULL, NULL if there are none; of integers truncated to their type.',
  'wide',
  (shape) => overNumbers(shape, avgType),
  (each, call) => (each.count === 0n ? null : average(each, call)),
);
