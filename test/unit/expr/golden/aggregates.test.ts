/** The golden aggregate queries that are a plain SELECT of aggregates, through the reference accumulators. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type AggregateCase, checkAggregate } from './aggregate-query.ts';
import { readTables } from './tables.ts';

/** Why Weir answers otherwise, by the beginning of the query. */
const EXCEPTIONS: readonly (readonly [start: string, reason: string])[] = [
  ['SELECT APPROX_COUNT_DISTINCT(b)', 'Flink cannot count distinct BOOLEANs'],
  ['SELECT g, APPROX_COUNT_DISTINCT(b)', 'Flink cannot count distinct BOOLEANs'],
  ['SELECT g, PERCENTILE(si, ARRAY', 'the last digit of the interpolation'],
  ['SELECT g, PERCENTILE(de, ARRAY', 'the last digit of the interpolation'],
  ['SELECT g, PERCENTILE(dx, ARRAY', 'the last digit of the interpolation'],
  ['SELECT SUM(i) FILTER (WHERE NULL)', 'the planner refuses an untyped condition, not this test'],
  ['SELECT m, COUNT(*) FROM col GROUP BY m', 'the planner refuses to group by a map, not this test'],
];

/** OVER, GROUPING SETS, HAVING, DISTINCT and expressions over aggregates are tested with the planner. */
const OTHER_SHAPES = 27;

test('golden aggregate queries', () => {
  const tables = readTables();
  const text = readFileSync(new URL('../../../golden/aggregates.jsonl', import.meta.url), 'utf8');
  const cases = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AggregateCase);
  const results = cases.map((golden) => ({ sql: golden.sql, difference: checkAggregate(golden, tables) }));
  const excepted = (sql: string): boolean => EXCEPTIONS.some(([start]) => sql.startsWith(start));
  const differing = results.filter(({ difference }) => typeof difference === 'string');
  expect(differing.filter(({ sql }) => !excepted(sql))).toEqual([]);
  expect(differing).toHaveLength(EXCEPTIONS.length);
  expect(results.filter(({ difference }) => difference === undefined)).toHaveLength(OTHER_SHAPES);
});
