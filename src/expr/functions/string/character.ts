/** Characters: how many, their numbers, choices among strings, and what they are. */

import {
  BOOLEAN,
  BYTES,
  type DataType,
  INT,
  isBinary,
  isCharacter,
  NULL_TYPE,
  nullable,
  STRING,
  varbinary,
  varchar,
} from '../../../types/data-type.ts';
import { defineScalar, type ScalarFunction } from '../define.ts';
import { BINARY, CHARACTER, either, firstOf, INTEGER_NUMERIC, infer, inferVariadic, NUMERIC } from '../infer.ts';
import { codePointLength } from './code-points.ts';
import { textFunction } from './text-function.ts';

export const charLength = textFunction(
  'CHAR_LENGTH',
  ['CHARACTER_LENGTH'],
  '(STRING) → INT',
  'The number of characters.',
  infer([CHARACTER], () => INT),
  1,
  ([text]) => codePointLength(text as string),
  [["CHAR_LENGTH('한국어')", '3']],
);

export const ascii = textFunction(
  'ASCII',
  [],
  '(STRING) → INT',
  'The first byte of the string in UTF-8, as a signed number; 0 if it is empty.',
  infer([CHARACTER], () => INT),
  1,
  ([text]) => new Int8Array(new TextEncoder().encode((text as string).slice(0, 2)))[0] ?? 0,
  [["ASCII('a')", '97']],
);

export const chr = textFunction(
  'CHR',
  [],
  '(INT) → STRING',
  'The character with this number, modulo 256; the empty string if it is negative.',
  infer([INTEGER_NUMERIC], () => STRING, 'always'),
  1,
  ([number]) => {
    const code = BigInt(number as number | bigint);
    return code < 0n ? '' : String.fromCharCode(Number(code & 255n));
  },
  [['CHR(97)', "CAST('a' AS STRING)"]],
);

export const elt = defineScalar({
  name: 'ELT',
  arity: [2, Number.POSITIVE_INFINITY],
  strict: false,
  signature: '(index INT, STRING, …)\n(index INT, BYTES, …)',
  doc: 'The argument with this number, counted from 1 after the index; NULL if there is none.',
  examples: [["ELT(2, 'a', 'b')", "CAST('b' AS CHAR(1))"]],
  infer: (shape) => {
    const [index, ...choices] = shape.types as readonly [DataType, ...DataType[]];
    const literal = shape.literals[0];
    if (typeof literal === 'number' && literal < 0) return { error: 'the index must not be negative' };
    const inferred = firstOf(
      inferVariadic([INTEGER_NUMERIC, CHARACTER], () => STRING, 'always'),
      inferVariadic([INTEGER_NUMERIC, BINARY], () => BYTES, 'always'),
    )({ types: [index, ...choices], literals: shape.literals });
    if ('error' in inferred) return inferred;
    const common = commonString(choices);
    return { type: nullable(common, true) };
  },
  evaluate: ([index, ...choices]) => (index === null ? null : (choices[Number(index) - 1] ?? null)),
});

/** The type of a choice among strings: as they are if all are alike, else varying of the greatest length. */
function commonString(types: readonly DataType[]): DataType {
  const first = types[0] ?? NULL_TYPE;
  const lengths = types.map((type) => ('length' in type ? type.length : 0));
  if (types.every((type) => type.kind === first.kind) && new Set(lengths).size === 1) return first;
  const length = Math.max(...lengths);
  return isBinary(first) ? varbinary(length) : varchar(length);
}

/** IS_ALPHA and its like accept numbers too, and give FALSE for NULL. */
function charTest(name: string, doc: string, holds: (text: string) => boolean, numbers: boolean): ScalarFunction {
  return defineScalar({
    name,
    arity: 1,
    strict: false,
    signature: '(STRING) → BOOLEAN\n(NUMERIC) → BOOLEAN',
    doc,
    infer: infer([either(CHARACTER, NUMERIC)], () => BOOLEAN, 'never'),
    evaluate: ([value], call) =>
      value === null ? false : isCharacter(call.argTypes[0]!) ? holds(value as string) : numbers,
  });
}

export const isAlpha = charTest('IS_ALPHA', 'Letters only, and at least one?', (text) => /^\p{L}+$/u.test(text), false);

export const isDecimal = charTest(
  'IS_DECIMAL',
  'Can it be read as a number?',
  (text) => /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(text),
  true,
);

export const isDigit = charTest('IS_DIGIT', 'Digits only, and at least one?', (text) => /^\p{Nd}+$/u.test(text), true);
