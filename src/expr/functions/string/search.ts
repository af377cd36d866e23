/** Strings searched and replaced in. Positions count characters and start at 1. */
import { BOOLEAN, INT, STRING } from '../../../types/data-type.ts';
import type { Value } from '../../../types/value.ts';
import { defineScalar, type ScalarFunction } from '../define.ts';
import { BINARY, CHARACTER, firstOf, INTEGER, INTEGER_NUMERIC, infer } from '../infer.ts';
import { positionOf } from './code-points.ts';
import { textFunction } from './text-function.ts';

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
