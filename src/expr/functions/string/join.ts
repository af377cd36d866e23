/** Strings joined, repeated, reversed and padded. */
import {
  BYTES,
  binary,
  char,
  type DataType,
  isBinary,
  isCharacter,
  nullable,
  STRING,
  varbinary,
  varchar,
} from '../../../types/data-type.ts';
import type { Value } from '../../../types/value.ts';
import { type CallShape, defineScalar, type Inference, type ScalarFunction } from '../define.ts';
import { BINARY, CHARACTER, firstOf, INTEGER, infer, inferVariadic } from '../infer.ts';
import { codePointLength, sliceCodePoints } from './code-points.ts';
import { cappedLength, textFunction } from './text-function.ts';

/** `||`: CHAR lengths add up, and so do those of VARCHAR. */
function inferJoin(shape: CallShape): Inference {
  const [a, b] = shape.types as [DataType, DataType];
  const isNull = a.nullable || b.nullable;
  if (isCharacter(a) && isCharacter(b)) {
    const length = cappedLength(a.length + b.length);
    return { type: nullable(a.kind === 'CHAR' && b.kind === 'CHAR' ? char(length) : varchar(length), isNull) };
  }
  if (isBinary(a) && isBinary(b)) {
    const length = cappedLength(a.length + b.length);
    return { type: nullable(a.kind === 'BINARY' && b.kind === 'BINARY' ? binary(length) : varbinary(length), isNull) };
  }
  return { error: 'both operands must be strings' };
}

function joinBytes(parts: readonly Value[]): Uint8Array {
  const bytes = parts as readonly Uint8Array[];
  const joined = new Uint8Array(bytes.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of bytes) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

function join(parts: readonly Value[]): Value {
  return parts[0] instanceof Uint8Array ? joinBytes(parts) : parts.join('');
}

export const concatOperator = defineScalar({
  name: '||',
  syntax: 'operator',
  arity: 2,
  signature: '(STRING, STRING)\n(BYTES, BYTES)',
  doc: 'Both strings, one after the other.',
  examples: [["'a' || 'b'", "'ab'"]],
  infer: inferJoin,
  evaluate: join,
});

export const concat = defineScalar({
  name: 'CONCAT',
  arity: [1, Number.POSITIVE_INFINITY],
  signature: '(STRING, …)\n(BYTES, …)',
  doc: 'All strings, one after the other; NULL if one is NULL.',
  examples: [["CONCAT('a', 'b', 'c')", "CAST('abc' AS STRING)"]],
  infer: firstOf(
    inferVariadic([CHARACTER], () => STRING),
    inferVariadic([BINARY], () => BYTES),
  ),
  evaluate: join,
});

export const concatWs = defineScalar({
  name: 'CONCAT_WS',
  arity: [1, Number.POSITIVE_INFINITY],
  strict: false,
  signature: '(separator STRING, STRING, …)',
  doc: 'The strings that are not NULL with the separator between them; NULL if the separator is NULL.',
  examples: [["CONCAT_WS('-', 'a', CAST(NULL AS STRING), 'b')", "CAST('a-b' AS STRING)"]],
  infer: inferVariadic([CHARACTER], () => STRING, 'any'),
  evaluate: ([separator, ...parts]) =>
    separator === null ? null : parts.filter((part) => part !== null).join(separator as string),
});

export const repeat = textFunction(
  'REPEAT',
  [],
  '(text STRING, times INT) → STRING',
  'The string, repeated.',
  infer([CHARACTER, INTEGER], () => STRING),
  2,
  ([text, times]) => (text as string).repeat(Math.max(0, times as number)),
  [["REPEAT('ab', 2)", "CAST('abab' AS STRING)"]],
);

export const reverse = textFunction(
  'REVERSE',
  [],
  '(STRING) → STRING',
  'The characters in reverse order.',
  infer([CHARACTER], () => STRING, 'always'),
  1,
  ([text]) =>
    Array.from(text as string)
      .reverse()
      .join(''),
  [["REVERSE('abc')", "CAST('cba' AS STRING)"]],
);

function pad(name: string, doc: string, onLeft: boolean): ScalarFunction {
  return textFunction(
    name,
    [],
    '(text STRING, length INT, pad STRING) → STRING',
    doc,
    infer([CHARACTER, INTEGER, CHARACTER], () => STRING),
    3,
    ([text, length, filler]) => padded(text as string, length as number, filler as string, onLeft),
  );
}

function padded(text: string, length: number, filler: string, onLeft: boolean): string | null {
  if (length < 0 || filler === '') return null;
  const missing = length - codePointLength(text);
  if (missing <= 0) return sliceCodePoints(text, 0, length);
  const padding = sliceCodePoints(filler.repeat(Math.ceil(missing / codePointLength(filler))), 0, missing);
  return onLeft ? padding + text : text + padding;
}

export const lpad = pad('LPAD', 'Filled up on the left to `length` characters, or cut to it.', true);

export const rpad = pad('RPAD', 'Filled up on the right to `length` characters, or cut to it.', false);
