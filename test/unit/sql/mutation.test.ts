import { describe, expect, it } from 'vitest';
import { parseScript } from '../../../src/sql/parse.ts';
import { print } from '../../../src/sql/print.ts';
import { corpusStatements, randomFrom, withoutSpans } from './support.ts';

const MUTATIONS_EACH = 12;
const FRAGMENTS = [
  '(',
  ')',
  ',',
  ';',
  "'",
  '`',
  '/*',
  '--',
  'SELECT',
  'FROM',
  'NOT',
  '<',
  '.',
  '=',
  '*',
  '\u{1f600}',
  '"',
  '\\',
  '\0',
];

/** One to three edits: a piece removed, doubled, moved, or a fragment put in. */
function mutate(text: string, random: (n: number) => number): string {
  let result = text;
  for (let edits = 1 + random(3); edits > 0; edits--) {
    const from = random(result.length + 1);
    const to = Math.min(result.length, from + random(12));
    const piece = result.slice(from, to);
    const rest = result.slice(0, from) + result.slice(to);
    const at = random(rest.length + 1);
    const kinds = [
      () => rest,
      () => result.slice(0, to) + piece + result.slice(to),
      () => rest.slice(0, at) + piece + rest.slice(at),
      () => `${result.slice(0, from)} ${FRAGMENTS[random(FRAGMENTS.length)]} ${result.slice(from)}`,
    ];
    result = kinds[random(kinds.length)]!();
  }
  return result;
}

describe('mutated statements', () => {
  it.each(corpusStatements().map((text, seed) => ({ text, seed })))(
    'either parse, and then print, or fail with a place: $seed',
    ({ text, seed }) => {
      const random = randomFrom(seed + 1);
      for (let i = 0; i < MUTATIONS_EACH; i++) {
        const mutant = mutate(text, random);
        const { statements, error } = parseScript(mutant);
        if (error !== undefined) {
          expect(['SQL-SYNTAX', 'SQL-NESTING']).toContain(error.code);
          const { span } = error.detail;
          expect(span, mutant).toBeDefined();
          expect(span!.offset + span!.length, mutant).toBeLessThanOrEqual(mutant.length);
          expect(error.message).not.toMatch(/undefined|\.$/);
        }
        for (const statement of statements) {
          const again = parseScript(print(statement));
          expect(withoutSpans(again.statements), mutant).toEqual([withoutSpans(statement)]);
        }
      }
    },
  );
});
