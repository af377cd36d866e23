/** AND, OR, NOT and the IS tests, in three-valued logic. */
import { BOOLEAN, nullable } from '../../../types/data-type.ts';
import type { Value } from '../../../types/value.ts';
import { defineScalar, type ScalarFunction } from '../define.ts';
import { ANY, BOOLEAN_FAMILY, infer, inferVariadic } from '../infer.ts';

const BOOLEANS = inferVariadic([BOOLEAN_FAMILY], () => BOOLEAN);

/** `decisive` is the value that settles the result whatever the others are. */
function connective(name: string, doc: string, decisive: boolean): ScalarFunction {
  return defineScalar({
    name,
    syntax: 'operator',
    arity: [2, Number.POSITIVE_INFINITY],
    strict: false,
    signature: '(BOOLEAN, BOOLEAN, …)',
    doc,
    infer: BOOLEANS,
    evaluateLazily: (args) => {
      let result: Value = !decisive;
      for (const arg of args) {
        const value = arg();
        if (value === decisive) return decisive;
        if (value === null) result = null;
      }
      return result;
    },
  });
}

export const and = connective('AND', 'FALSE if an operand is, else NULL if one is, else TRUE.', false);
export const or = connective('OR', 'TRUE if an operand is, else NULL if one is, else FALSE.', true);

export const not = defineScalar({
  name: 'NOT',
  syntax: 'operator',
  arity: 1,
  signature: '(BOOLEAN)',
  doc: 'The opposite; NULL stays NULL.',
  infer: infer([BOOLEAN_FAMILY], () => BOOLEAN),
  evaluate: ([value]) => value === false,
});

function nullTest(name: string, doc: string, holds: (value: Value) => boolean): ScalarFunction {
  return defineScalar({
    name,
    syntax: 'operator',
    arity: 1,
    strict: false,
    signature: '(ANY)',
    doc,
    infer: infer([ANY], () => BOOLEAN, 'never'),
    evaluate: ([value]) => holds(value!),
  });
}

export const isNull = nullTest('IS NULL', 'Is it NULL?', (value) => value === null);
export const isNotNull = nullTest('IS NOT NULL', 'Is it not NULL?', (value) => value !== null);

function truthTest(name: string, doc: string, holds: (value: Value) => boolean): ScalarFunction {
  return defineScalar({
    name,
    syntax: 'operator',
    arity: 1,
    strict: false,
    signature: '(BOOLEAN)',
    doc,
    infer: infer([BOOLEAN_FAMILY], () => nullable(BOOLEAN, false), 'never'),
    evaluate: ([value]) => holds(value!),
  });
}

export const isTrue = truthTest('IS TRUE', 'Is it TRUE?', (value) => value === true);
export const isNotTrue = truthTest('IS NOT TRUE', 'Is it FALSE or NULL?', (value) => value !== true);
export const isFalse = truthTest('IS FALSE', 'Is it FALSE?', (value) => value === false);
export const isNotFalse = truthTest('IS NOT FALSE', 'Is it TRUE or NULL?', (value) => value !== false);
export const isUnknown = truthTest(
  'IS UNKNOWN',
  'Is the truth value unknown, that is NULL?',
  (value) => value === null,
);
export const isNotUnknown = truthTest('IS NOT UNKNOWN', 'Is it TRUE or FALSE?', (value) => value !== null);
