/** Strings joined, cut, searched, padded and changed in case. Positions count characters and start at 1. */

import { varying } from '../../../types/coerce.ts';
import {
  BOOLEAN,
  BYTES,
  binary,
  char,
  type DataType,
  INT,
  isBinary,
  isCharacter,
  MAX_LENGTH,
  NULL_TYPE,
  nullable,
  STRING,
  varbinary,
  varchar,
} from '../../../types/data-type.ts';
import type { Value } from '../../../types/value.ts';
import { type CallShape, defineScalar, type Inference, type ScalarFunction } from '../define.ts';
import {
  BINARY,
  CHARACTER,
  either,
  firstOf,
  INTEGER,
  INTEGER_NUMERIC,
  type Infer,
  infer,
  inferVariadic,
  NUMERIC,
  orNull,
} from '../infer.ts';
import { codePointLength, positionOf, sliceCodePoints, substring } from './code-points.ts';

const firstVarying = (shape: CallShape): DataType => varying(shape.types[0]!);

function isLong(length: number): number {
  return Math.min(length, MAX_LENGTH);
}

/** `||`: CHAR lengths add up, and so do those of VARCHAR. */
function inferJoin(shape: CallShape): Inference {
  const [a, b] = shape.types as [DataType, DataType];
  const isNull = a.nullable || b.nullable;
  if (isCharacter(a) && isCharacter(b)) {
    const length = isLong(a.length + b.length);
    return { type: nullable(a.kind === 'CHAR' && b.kind === 'CHAR' ? char(length) : varchar(length), isNull) };
  }
  if (isBinary(a) && isBinary(b)) {
    const length = isLong(a.length + b.length);
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

/** A string function of strings: its result type and what it does. */
function textFunction(
  name: string,
  aliases: readonly string[],
  signature: string,
  doc: string,
  inference: Infer,
  arity: number | readonly [number, number],
  evaluate: (args: readonly Value[]) => Value,
  examples: readonly (readonly [string, string])[] = [],
): ScalarFunction {
  return defineScalar({ name, aliases, signature, doc, examples, arity, infer: inference, evaluate });
}

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

export const upper = textFunction(
  'UPPER',
  [],
  '(STRING)',
  'In upper case.',
  infer([CHARACTER], (shape) => shape.types[0]!),
  1,
  ([text]) => (text as string).toUpperCase(),
  [["UPPER('aB')", "'AB'"]],
);

export const lower = textFunction(
  'LOWER',
  [],
  '(STRING)',
  'In lower case.',
  infer([CHARACTER], (shape) => shape.types[0]!),
  1,
  ([text]) => (text as string).toLowerCase(),
  [["LOWER('aB')", "'ab'"]],
);

export const initcap = textFunction(
  'INITCAP',
  [],
  '(STRING)',
  'Every word of ASCII letters and digits with its first letter in upper and the rest in lower case.',
  infer([CHARACTER], (shape) => shape.types[0]!),
  1,
  ([text]) => initialCapitals(text as string),
  [["INITCAP('hello wORLD')", "'Hello World'"]],
);

/** Words are made of ASCII letters and digits, and only those letters change, as in Flink. */
function initialCapitals(text: string): string {
  let inWord = false;
  let result = '';
  for (const point of text) {
    const letter = /[A-Za-z]/.test(point);
    result += letter ? (inWord ? point.toLowerCase() : point.toUpperCase()) : point;
    inWord = letter || /[0-9]/.test(point);
  }
  return result;
}

export const substr = textFunction(
  'SUBSTRING',
  ['SUBSTR'],
  '(text STRING, from INT)\n(text STRING, from INT, length INT)',
  'The characters from `from` on, at most `length`; a negative `from` counts from the end.',
  infer([CHARACTER, INTEGER, INTEGER], firstVarying, 'always'),
  [2, 3],
  ([text, from, length]) => substring(text as string, from as number, length as number | undefined),
  [["SUBSTRING('hello', 2, 3)", "CAST('ell' AS STRING)"]],
);

export const left = textFunction(
  'LEFT',
  [],
  '(text STRING, length INT)',
  'The first `length` characters.',
  infer([CHARACTER, INTEGER], firstVarying, 'always'),
  2,
  ([text, length]) => sliceCodePoints(text as string, 0, Math.max(0, length as number)),
  [["LEFT('hello', 2)", "CAST('he' AS STRING)"]],
);

export const right = textFunction(
  'RIGHT',
  [],
  '(text STRING, length INT)',
  'The last `length` characters.',
  infer([CHARACTER, INTEGER], firstVarying, 'always'),
  2,
  ([text, length]) =>
    (length as number) <= 0
      ? ''
      : sliceCodePoints(text as string, Math.max(0, codePointLength(text as string) - (length as number))),
  [["RIGHT('hello', 2)", "CAST('lo' AS STRING)"]],
);

export const position = textFunction(
  'POSITION',
  [],
  '(part STRING IN text STRING)',
  'The position of the first occurrence, 0 if there is none.',
  infer([CHARACTER, CHARACTER, INTEGER], () => INT),
  [2, 3],
  ([part, text, from]) => positionOf(part as string, text as string, (from as number | undefined) ?? 1),
  [["POSITION('l' IN 'hello')", '3']],
);

export const instr = textFunction(
  'INSTR',
  [],
  '(text STRING, part STRING) → INT',
  'The position of the first occurrence of `part`, 0 if there is none.',
  infer([CHARACTER, CHARACTER, INTEGER, INTEGER], () => INT),
  [2, 4],
  ([text, part, from, occurrence]) =>
    nthPosition(part as string, text as string, (from as number | undefined) ?? 1, (occurrence as number) ?? 1),
  [["INSTR('hello', 'l')", '3']],
);

function nthPosition(part: string, text: string, from: number, occurrence: number): number {
  let found = positionOf(part, text, from);
  for (let i = 1; i < occurrence && found > 0; i++) found = positionOf(part, text, found + 1);
  return found;
}

export const locate = textFunction(
  'LOCATE',
  [],
  '(part STRING, text STRING)\n(part STRING, text STRING, from INT)',
  'The position of the first occurrence of `part` at or after `from`, 0 if there is none.',
  infer([CHARACTER, CHARACTER, INTEGER_NUMERIC], () => INT),
  [2, 3],
  ([part, text, from]) => (part === '' ? 1 : positionOf(part as string, text as string, Number(from ?? 1))),
  [["LOCATE('l', 'hello', 4)", '4']],
);

export const replace = textFunction(
  'REPLACE',
  [],
  '(text STRING, from STRING, to STRING) → STRING',
  'Every occurrence of `from` replaced by `to`.',
  infer([CHARACTER, CHARACTER, CHARACTER], () => STRING),
  3,
  ([text, from, to]) => (text as string).replaceAll(from as string, () => to as string),
  [["REPLACE('abcabc', 'b', 'x')", "CAST('axcaxc' AS STRING)"]],
);

export const translate = defineScalar({
  name: 'TRANSLATE',
  aliases: ['TRANSLATE3'],
  arity: 3,
  strict: false,
  signature: '(text STRING, from STRING, to STRING) → STRING',
  doc: 'Every character of `from` replaced by that of `to` at the same place, or dropped if `to` is shorter.',
  examples: [["TRANSLATE('hello', 'el', 'ip')", "CAST('hippo' AS STRING)"]],
  infer: infer([CHARACTER, CHARACTER, CHARACTER], () => STRING, 'first'),
  evaluate: ([text, from, to]) => {
    if (text === null || from === null || from === '') return text!;
    const target = Array.from((to as string | null) ?? '');
    const mapping = new Map<string, string>();
    for (const [i, point] of Array.from(from as string).entries()) {
      if (!mapping.has(point)) mapping.set(point, target[i] ?? '');
    }
    return Array.from(text as string, (point) => mapping.get(point) ?? point).join('');
  },
});

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

/** Characters of `set` taken off the ends. */
function strip(text: string, set: string, atStart: boolean, atEnd: boolean): string {
  const points = Array.from(text);
  const drop = new Set(Array.from(set));
  let from = 0;
  let to = points.length;
  if (atStart) while (from < to && drop.has(points[from]!)) from++;
  if (atEnd) while (to > from && drop.has(points[to - 1]!)) to--;
  return points.slice(from, to).join('');
}

export const trim = textFunction(
  'TRIM',
  [],
  '([BOTH | LEADING | TRAILING] characters STRING FROM text STRING)',
  'Without the given characters (blanks, if none are given) at the ends.',
  infer([CHARACTER, CHARACTER, CHARACTER], (shape) => varying(shape.types[2]!)),
  3,
  ([side, set, text]) => strip(text as string, set as string, side !== 'TRAILING', side !== 'LEADING'),
  [["TRIM(BOTH 'x' FROM 'xax')", "CAST('a' AS STRING)"]],
);

function stripAt(name: string, doc: string, atStart: boolean, atEnd: boolean, inference: Infer): ScalarFunction {
  return textFunction(
    name,
    [],
    '(text STRING)\n(text STRING, characters STRING)',
    doc,
    inference,
    [1, 2],
    ([text, set]) => strip(text as string, (set as string | undefined) ?? ' ', atStart, atEnd),
  );
}

const VARYING_ENDS = infer([CHARACTER, CHARACTER], firstVarying);
export const ltrim = stripAt('LTRIM', 'Without the given characters (blanks) at the start.', true, false, VARYING_ENDS);
export const rtrim = stripAt('RTRIM', 'Without the given characters (blanks) at the end.', false, true, VARYING_ENDS);
export const btrim = stripAt(
  'BTRIM',
  'Without the given characters (blanks) at both ends.',
  true,
  true,
  infer([orNull(CHARACTER, STRING), orNull(CHARACTER, STRING)], () => STRING),
);

export const overlay = textFunction(
  'OVERLAY',
  [],
  '(text STRING PLACING by STRING FROM start INT [FOR length INT])',
  'The characters from `start` on, as many as `by` has or `length`, replaced by `by`.',
  infer([CHARACTER, CHARACTER, INTEGER, INTEGER], (shape) => {
    const [text, by] = shape.types as [DataType, DataType];
    if (!isCharacter(text) || !isCharacter(by)) return 'the first two arguments must be strings';
    return varchar(isLong(text.length + by.length));
  }),
  [3, 4],
  ([text, by, start, length]) => overlaid(text as string, by as string, start as number, length as number | undefined),
  [["OVERLAY('abcdef' PLACING 'XY' FROM 2)", "CAST('aXYdef' AS STRING)"]],
);

function overlaid(text: string, by: string, start: number, length: number | undefined): string {
  const count = codePointLength(text);
  if (start <= 0 || start > count) return text;
  const replaced = length ?? codePointLength(by);
  const tail = replaced <= 0 ? '' : sliceCodePoints(text, start - 1 + replaced);
  return sliceCodePoints(text, 0, start - 1) + by + tail;
}

function endTest(name: string, doc: string, holds: (text: string, part: string) => boolean): ScalarFunction {
  return defineScalar({
    name,
    arity: 2,
    signature: '(text STRING, part STRING) → BOOLEAN\n(text BYTES, part BYTES) → BOOLEAN',
    doc,
    infer: firstOf(
      infer([CHARACTER, CHARACTER], () => BOOLEAN),
      infer([BINARY, BINARY], () => BOOLEAN),
    ),
    evaluate: ([text, part]) => holds(latin1(text!), latin1(part!)),
  });
}

/** Bytes as a string of the same length, so that one test serves both. */
function latin1(value: Value): string {
  return value instanceof Uint8Array ? String.fromCharCode(...value) : (value as string);
}

export const startsWith = endTest('STARTSWITH', 'Does the text begin so?', (text, part) => text.startsWith(part));
export const endsWith = endTest('ENDSWITH', 'Does the text end so?', (text, part) => text.endsWith(part));

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

export const splitIndex = textFunction(
  'SPLIT_INDEX',
  [],
  '(text STRING, delimiter STRING, index INT) → STRING',
  'The 0-based part of `text` between delimiters; NULL if there is none.',
  infer([CHARACTER, either(CHARACTER, INTEGER), INTEGER], () => STRING, 'always'),
  3,
  ([text, delimiter, index]) => {
    if ((index as number) < 0) return null;
    const separator = typeof delimiter === 'number' ? String.fromCharCode(delimiter) : (delimiter as string);
    return splitText(text as string, separator)[index as number] ?? null;
  },
  [["SPLIT_INDEX('a,b,c', ',', 1)", "CAST('b' AS STRING)"]],
);

/** An empty separator splits at white space, as the Java library under Flink does. */
function splitText(text: string, separator: string): readonly string[] {
  if (text === '') return [];
  return separator === '' ? text.split(/\s/) : text.split(separator);
}

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
