/** The catalogue describes itself: every example holds, names are unique, every entry says what it does. */
import { expect, test } from 'vitest';
import { evaluate } from '../../../src/expr/evaluate.ts';
import type { ScalarFunction } from '../../../src/expr/functions/define.ts';
import { functions } from '../../../src/expr/functions/index.ts';
import { parseExpression } from '../../../src/sql/parse.ts';
import { CONTEXT, Scope } from './golden/bind.ts';

function holds(left: string, right: string): unknown {
  const expr = new Scope([]).bind(parseExpression(`${left} IS NOT DISTINCT FROM ${right}`));
  return evaluate(expr, [], CONTEXT);
}

const withExamples = functions.scalars.filter((fn) => fn.examples.length > 0);

test.each(withExamples.map((fn): [string, ScalarFunction] => [fn.name, fn]))('examples of %s', (_name, fn) => {
  for (const [left, right] of fn.examples) expect(holds(left, right), `${left} is ${right}`).toBe(true);
});

test('names and aliases are unique, in upper case', () => {
  const names = functions.scalars.flatMap((fn) => [fn.name, ...fn.aliases]);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name !== name.toUpperCase())).toEqual([]);
});

test('every function says what it does', () => {
  for (const fn of [...functions.scalars, ...functions.aggregates]) expect(fn.doc, fn.name).toMatch(/\S.*[.?]$/s);
});
