/** CASE, COALESCE, IF, IFNULL. NULLIF is a CASE (rewrite.ts). */
import { findCommonType, leastRestrictive } from '../../../types/coerce.ts';
import { type DataType, isBinary, isCharacter, nullable } from '../../../types/data-type.ts';
import { defineScalar, type Inference } from '../define.ts';

/** `CASE(condition, result, …, otherwise)`. */
export const caseWhen = defineScalar({
  name: 'CASE',
  syntax: 'special',
  arity: [3, Number.POSITIVE_INFINITY],
  strict: false,
  signature: ' WHEN BOOLEAN THEN ANY … ELSE ANY END',
  doc: 'The result of the first condition that is TRUE, else that of ELSE, else NULL.',
  examples: [['CASE WHEN FALSE THEN 1 ELSE 2 END', '2']],
  infer: (shape) => {
    const results = shape.types.filter((_, i) => i % 2 === 1 || i === shape.types.length - 1);
    for (let i = 0; i + 1 < shape.types.length; i += 2) {
      const kind = shape.types[i]!.kind;
      if (kind !== 'BOOLEAN') return { error: 'a condition must be BOOLEAN' };
    }
    if (results.every((type) => type.kind === 'NULL')) return { error: 'no result has a type' };
    const type = leastRestrictive(results);
    if (type === null) return { error: 'the results have no common type' };
    const isNull = results.some((each) => each.nullable);
    return {
      type: nullable(type, isNull),
      args: shape.types.map((each, i) =>
        i % 2 === 1 || i === shape.types.length - 1 ? nullable(type, each.nullable) : undefined,
      ),
    };
  },
  evaluateLazily: (args) => {
    for (let i = 0; i + 1 < args.length; i += 2) if (args[i]!() === true) return args[i + 1]!();
    return args.at(-1)!();
  },
});

function commonArguments(types: readonly DataType[], isNull: boolean): Inference {
  if (types.every((type) => type.kind === 'NULL')) return { error: 'no argument has a type' };
  const type = findCommonType(types);
  if (type === null) return { error: 'the arguments have no common type' };
  return { type: nullable(type, isNull), args: types.map((each) => nullable(type, each.nullable)) };
}

export const coalesce = defineScalar({
  name: 'COALESCE',
  arity: [1, Number.POSITIVE_INFINITY],
  strict: false,
  signature: '(ANY, …)',
  doc: 'The first argument that is not NULL.',
  examples: [['COALESCE(CAST(NULL AS INT), 2)', '2']],
  infer: (shape) =>
    commonArguments(
      shape.types,
      shape.types.every((type) => type.nullable),
    ),
  evaluateLazily: (args) => {
    for (const arg of args) {
      const value = arg();
      if (value !== null) return value;
    }
    return null;
  },
});

export const ifNull = defineScalar({
  name: 'IFNULL',
  arity: 2,
  strict: false,
  signature: '(ANY, ANY)',
  doc: 'The first argument, or the second if the first is NULL.',
  examples: [['IFNULL(CAST(NULL AS INT), 2)', '2']],
  infer: (shape) => {
    const [value, otherwise] = shape.types as [DataType, DataType];
    const inferred = commonArguments(shape.types, value.nullable && otherwise.nullable);
    const fits = isCharacter(value) || isBinary(value);
    return value.nullable || !fits || 'error' in inferred ? inferred : { type: value };
  },
  evaluateLazily: ([value, otherwise]) => value!() ?? otherwise!(),
});

export const ifThenElse = defineScalar({
  name: 'IF',
  arity: 3,
  strict: false,
  signature: '(condition BOOLEAN, ANY, ANY)',
  doc: 'The second argument if the condition is TRUE, else the third.',
  examples: [['IF(1 > 2, 1, 2)', '2']],
  infer: (shape) => {
    const [condition, ...results] = shape.types as [DataType, DataType, DataType];
    if (condition.kind !== 'BOOLEAN') return { error: 'the condition must be BOOLEAN' };
    if (results.some((type) => type.kind === 'NULL')) return { error: 'an untyped NULL needs a CAST' };
    const inferred = commonArguments(
      results,
      shape.types.some((type) => type.nullable),
    );
    if ('error' in inferred) return inferred;
    return { type: inferred.type, args: [undefined, ...inferred.args!] };
  },
  evaluateLazily: ([condition, then, otherwise]) => (condition!() === true ? then!() : otherwise!()),
});
