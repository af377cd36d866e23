/** Statements that someone mistyped: a few words removed, doubled, exchanged or taken from another statement. */
import { tokenize } from '../../../src/sql/lexer.ts';

export type Next = (below: number) => number;

/** Numerical Recipes' generator. */
export function sequence(seed: number): Next {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What people write in the wrong place. */
const FRAGMENTS = [
  ...['(', ')', ',', "'", '.', '*', '-', '0', '1e999', "''", 'NULL', 'x', 'a.b.c', '-- ', '/*', '`', '[1]', '?'],
  ...['SELECT', 'FROM', 'WHERE', 'NOT', 'DISTINCT', 'GROUP BY', 'ORDER BY', 'OVER ()', 'IS NULL', 'UNION ALL', 'CASE'],
  ...['COUNT(*)', 'SUM(1)', '(SELECT 1)', 'IN (1)', "INTERVAL '1' DAY", 'CAST(NULL AS INT)', 'ARRAY[1]', 'LIMIT 1'],
];

/** The words of the statement, each with the space before it. */
export function wordsOf(text: string): readonly string[] {
  const { tokens } = tokenize(text);
  let end = 0;
  return tokens.map(({ span }) => {
    const word = text.slice(end, span.offset + span.length);
    end = span.offset + span.length;
    return word;
  });
}

/** One to three edits. @param pool words of other statements */
export function mutant(words: readonly string[], pool: readonly string[], next: Next): string {
  const result = [...words];
  for (let edits = 1 + next(3); edits > 0; edits--) {
    const at = next(result.length);
    const other = next(result.length);
    const put = (word: string): void => {
      result[at] = ` ${word}`;
    };
    const kinds = [
      () => result.splice(at, 1 + next(3)),
      () => result.splice(at, 0, result[at]!),
      () => result.splice(at, 0, result[other]!),
      () => ([result[at], result[other]] = [result[other]!, result[at]!]),
      () => put(pool[next(pool.length)]!.trim()),
      () => put(FRAGMENTS[next(FRAGMENTS.length)]!),
      () => result.splice(at, 0, ` ${FRAGMENTS[next(FRAGMENTS.length)]}`),
    ];
    kinds[next(kinds.length)]!();
    if (result.length === 0) result.push(' SELECT');
  }
  return result.join('');
}
