/**
 * `= <> < <= > >=`, IS [NOT] DISTINCT FROM, IN, GREATEST and LEAST. Operands of different types are cast to a common
 * one; what Flink refuses to compare is refused here too (a number with a string by `=`).
 */
import { EngineError } from '../../../base/errors.ts';
import { findCommonType, leastRestrictive } from '../../../types/coerce.ts';
import {
  BOOLEAN,
  type DataType,
  isCharacter,
  isDatetime,
  isNumeric,
  nullable,
  STRING,
} from '../../../types/data-type.ts';
import { UTC } from '../../../types/time-zone.ts';
import { compareValues, type Value } from '../../../types/value.ts';
import { castValue } from '../conversion/cast.ts';
import { type CallShape, defineScalar, type Inference, type ScalarFunction } from '../define.ts';
import { type Comparison, comparisonType, isNested, sqlEquals, sqlLess } from './common.ts';

/** Can a literal be read as the date or time it is compared with? */
function isReadable(value: Value | undefined, from: DataType, to: DataType): boolean {
  if (value === undefined || value === null || !isCharacter(from)) return true;
  try {
    castValue(value, from, to, UTC);
    return true;
  } catch (error) {
    if (error instanceof EngineError) return false;
    throw error;
  }
}

function inferComparison(kind: Comparison, alwaysKnown: boolean) {
  return (shape: CallShape): Inference => {
    const [a, b] = shape.types as [DataType, DataType];
    const type = comparisonType(a, b, kind);
    if (typeof type === 'string') return { error: type };
    const lenient = kind === 'equality' && isDatetime(type);
    if (lenient && shape.literals.some((value, i) => !isReadable(value, shape.types[i]!, type))) {
      return { error: 'the text is no date or time' };
    }
    const unread = lenient && shape.types.some((each, i) => isCharacter(each) && shape.literals[i] === undefined);
    const isNull = !alwaysKnown && (a.nullable || b.nullable || unread);
    return { type: nullable(BOOLEAN, isNull), args: [nullable(type, a.nullable), nullable(type, b.nullable)], lenient };
  };
}

function comparison(
  name: string,
  doc: string,
  kind: Comparison,
  holds: (a: Value, b: Value, type: DataType) => boolean,
): ScalarFunction {
  return defineScalar({
    name,
    syntax: 'operator',
    arity: 2,
    signature: '(ANY, ANY)',
    doc,
    infer: inferComparison(kind, false),
    evaluate: ([a, b], call) => holds(a!, b!, call.argTypes[0]!),
  });
}

export const equal = comparison('=', 'Equal.', 'equality', sqlEquals);
export const notEqual = comparison('<>', 'Not equal.', 'equality', (a, b, type) => !sqlEquals(a, b, type));
export const less = comparison('<', 'Less.', 'order', (a, b, type) => sqlLess(a, b, type, false));
export const lessOrEqual = comparison('<=', 'Less or equal.', 'order', (a, b, type) => sqlLess(a, b, type, true));
export const greater = comparison('>', 'Greater.', 'order', (a, b, type) => sqlLess(b, a, type, false));
export const greaterOrEqual = comparison('>=', 'Greater or equal.', 'order', (a, b, type) => sqlLess(b, a, type, true));

function distinctness(name: string, doc: string, whenDistinct: boolean): ScalarFunction {
  return defineScalar({
    name,
    syntax: 'operator',
    arity: 2,
    strict: false,
    signature: '(ANY, ANY)',
    doc,
    infer: inferComparison('equality', true),
    evaluate: ([a, b], call) => {
      const distinct = a === null || b === null ? a !== b : !sqlEquals(a!, b!, call.argTypes[0]!);
      return distinct === whenDistinct;
    },
  });
}

export const isDistinctFrom = distinctness('IS DISTINCT FROM', 'Different, where NULL equals NULL.', true);
export const isNotDistinctFrom = distinctness('IS NOT DISTINCT FROM', 'Equal, where NULL equals NULL.', false);

/** A list of values compared with the first: all in one type; a mix with strings is compared as strings. */
function inferIn(shape: CallShape): Inference {
  const types = shape.types;
  const type = leastRestrictive(types) ?? typeBesideStrings(types);
  if (typeof type === 'string') return { error: type };
  return {
    type: nullable(
      BOOLEAN,
      types.some((each) => each.nullable),
    ),
    args: types.map((each) => nullable(type, each.nullable)),
  };
}

/** Strings beside numbers make all strings; beside dates, times and BOOLEAN they are read as those. */
function typeBesideStrings(types: readonly DataType[]): DataType | string {
  const others = types.filter((type) => !isCharacter(type) && type.kind !== 'NULL');
  const other = leastRestrictive(others);
  if (other === null || others.length === types.length) return 'the values have no common type';
  if (isNumeric(other)) return STRING;
  return isDatetime(other) || other.kind === 'BOOLEAN' ? other : 'the values have no common type';
}

export const isIn = defineScalar({
  name: 'IN',
  syntax: 'special',
  arity: [2, Number.POSITIVE_INFINITY],
  strict: false,
  signature: ' value IN (ANY, …)',
  doc: 'TRUE if one of the list equals the value, NULL if none does and the value or one of the list is NULL.',
  examples: [
    ['2 IN (1, 2, NULL)', 'TRUE'],
    ['3 IN (1, 2, NULL)', 'CAST(NULL AS BOOLEAN)'],
  ],
  infer: inferIn,
  evaluate: ([value, ...list], call) => {
    if (value === null) return null;
    const type = call.argTypes[0]!;
    if (list.some((each) => each !== null && sqlEquals(value!, each, type))) return true;
    return list.includes(null) ? null : false;
  },
});

function extreme(name: string, doc: string, sign: 1 | -1): ScalarFunction {
  return defineScalar({
    name,
    arity: [1, Number.POSITIVE_INFINITY],
    signature: '(COMPARABLE, …)',
    doc,
    infer: (shape) => {
      const type = findCommonType(shape.types);
      if (shape.types.some((each) => each.kind === 'NULL')) return { error: 'an untyped NULL needs a CAST' };
      if (type === null || isNested(type)) return { error: 'the arguments have no common order' };
      return {
        type: nullable(
          type,
          shape.types.some((each) => each.nullable),
        ),
        args: shape.types.map(() => type),
      };
    },
    evaluate: (args, call) =>
      args.reduce((best, each) => (compareValues(each, best, call.type) * sign > 0 ? each : best)),
  });
}

export const greatest = extreme('GREATEST', 'The greatest argument; NULL if one is NULL.', 1);
export const least = extreme('LEAST', 'The least argument; NULL if one is NULL.', -1);
