/** Strings cut and trimmed. Positions count characters and start at 1. */

import { varying } from '../../../types/coerce.ts';
import { type DataType, isCharacter, STRING, varchar } from '../../../types/data-type.ts';
import type { CallShape, ScalarFunction } from '../define.ts';
import { CHARACTER, either, INTEGER, type Infer, infer, orNull } from '../infer.ts';
import { codePointLength, sliceCodePoints, substring } from './code-points.ts';
import { cappedLength, textFunction } from './text-function.ts';

const firstVarying = (shape: CallShape): DataType => varying(shape.types[0]!);

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
    return varchar(cappedLength(text.length + by.length));
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
