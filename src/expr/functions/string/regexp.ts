/** Functions with regular expressions, in Java's syntax. An invalid pattern gives NULL. */
import { array, BOOLEAN, INT, nullable, STRING } from '../../../types/data-type.ts';
import type { Value } from '../../../types/value.ts';
import { defineScalar, type ScalarFunction } from '../define.ts';
import { CHARACTER, INTEGER, INTEGER_NUMERIC, infer } from '../infer.ts';
import { codePointLength } from './code-points.ts';
import { memoRegExp } from './pattern.ts';

export const regexp = defineScalar({
  name: 'REGEXP',
  arity: 2,
  signature: '(text STRING, pattern STRING) → BOOLEAN',
  doc: 'Does the pattern occur in the text? FALSE if the pattern is empty or invalid.',
  examples: [["REGEXP('a1', '[0-9]')", 'TRUE']],
  infer: infer([CHARACTER, CHARACTER], () => BOOLEAN),
  evaluate: ([text, pattern], call) =>
    pattern !== '' && (memoRegExp(call, pattern as string)?.test(text as string) ?? false),
});

export const regexpExtract = defineScalar({
  name: 'REGEXP_EXTRACT',
  arity: [2, 3],
  signature: '(text STRING, pattern STRING) → STRING\n(text STRING, pattern STRING, group INT) → STRING',
  doc: 'The first match, or a group of it (0, the default, is the whole match); NULL if there is none.',
  examples: [["REGEXP_EXTRACT('foo12', '([a-z]+)([0-9]+)', 2)", "CAST('12' AS STRING)"]],
  infer: infer([CHARACTER, CHARACTER, INTEGER], () => STRING, 'always'),
  evaluate: ([text, pattern, group], call) =>
    memoRegExp(call, pattern as string)?.exec(text as string)?.[Number(group ?? 0)] ?? null,
});

export const regexpReplace = defineScalar({
  name: 'REGEXP_REPLACE',
  arity: 3,
  signature: '(text STRING, pattern STRING, replacement STRING) → STRING',
  doc: 'Every match replaced by the text, in which `$1` means nothing special.',
  examples: [["REGEXP_REPLACE('a1b2', '[0-9]', '-')", "CAST('a-b-' AS STRING)"]],
  infer: infer([CHARACTER, CHARACTER, CHARACTER], () => STRING),
  evaluate: ([text, pattern, replacement], call) => {
    const expression = memoRegExp(call, pattern as string, 'g');
    if (expression === null) return null;
    return (text as string).replace(expression, () => replacement as string);
  },
});

/** A function of all matches; NULL if an argument is NULL or the pattern is invalid. */
function overMatches(
  name: string,
  doc: string,
  signature: string,
  returns: typeof STRING,
  evaluate: (matches: readonly RegExpExecArray[], text: string) => Value,
): ScalarFunction {
  return defineScalar({
    name,
    arity: 2,
    signature,
    doc,
    infer: infer([CHARACTER, CHARACTER], () => returns, 'always'),
    evaluate: ([text, pattern], call) => {
      const expression = memoRegExp(call, pattern as string, 'g');
      return expression === null ? null : evaluate([...(text as string).matchAll(expression)], text as string);
    },
  });
}

export const regexpCount = overMatches(
  'REGEXP_COUNT',
  'How often the pattern occurs.',
  '(text STRING, pattern STRING) → INT',
  INT,
  (matches) => matches.length,
);

export const regexpInstr = overMatches(
  'REGEXP_INSTR',
  'The position of the first match, 0 if there is none.',
  '(text STRING, pattern STRING) → INT',
  INT,
  (matches, text) => (matches.length === 0 ? 0 : codePointLength(text.slice(0, matches[0]!.index)) + 1),
);

export const regexpSubstr = overMatches(
  'REGEXP_SUBSTR',
  'The first match.',
  '(text STRING, pattern STRING) → STRING',
  STRING,
  (matches) => matches[0]?.[0] ?? null,
);

export const regexpExtractAll = defineScalar({
  name: 'REGEXP_EXTRACT_ALL',
  arity: [2, 3],
  signature: '(text STRING, pattern STRING) → ARRAY<STRING>\n(text STRING, pattern STRING, group INT) → ARRAY<STRING>',
  doc: 'The given group (the first, by default; 0 is the whole match) of every match.',
  infer: infer([CHARACTER, CHARACTER, INTEGER_NUMERIC], () => array(nullable(STRING, true)), 'always'),
  evaluate: ([text, pattern, group], call) => {
    const expression = memoRegExp(call, pattern as string, 'g');
    if (expression === null) return null;
    const index = Number(group ?? 1);
    const groups = (new RegExp(`${expression.source}|`, expression.flags.replace('g', '')).exec('')?.length ?? 1) - 1;
    if (index < 0 || index > groups) return null;
    return [...(text as string).matchAll(expression)].map((match) => match[index] ?? null);
  },
});
