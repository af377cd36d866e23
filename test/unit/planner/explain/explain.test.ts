/** Whole EXPLAIN texts of Flink 2.3.0, from the optimised plan on; numbers of nodes are not compared. */
import { describe, expect, test } from 'vitest';
import type { ResolvedMode } from '../../../../src/dataflow/traits.ts';
import { explainCase, goldenCases } from './golden-cases.ts';

const STREAMING = [
  'aggregate-distinct-several',
  'aggregate-one-phase',
  'anti-join-not-in',
  'changelog-insert-upsert-sink',
  'changelog-join-aggregate',
  'changelog-topn',
  'hint-broadcast-buyer',
  'hint-broadcast-purchase',
  'hint-nest-loop-buyer',
  'hint-shuffle-merge-buyer-purchase',
  'join-two-tables',
  'join-two-tables-no-statistics',
  'json-plan-aggregate',
  'lateral-unnest',
  'left-join-broadcast',
  'right-join-small-right',
  'self-join-reuse',
  'semi-join',
  'statement-set-reuse',
  'theta-join',
];

/** With two subtasks, as Flink plans whatever the parallelism is. */
const BATCH = [
  'aggregate-one-phase',
  'hint-broadcast-buyer',
  'hint-broadcast-purchase',
  'hint-invalid-full-broadcast',
  'hint-nest-loop-buyer',
  'hint-shuffle-hash-purchase',
  'hint-shuffle-merge-buyer-purchase',
  'lateral-unnest',
  'left-join-broadcast',
  'statement-set-batch',
  'theta-join',
];

const cases = new Map(goldenCases('explain').map((golden) => [golden.name, golden]));

function tidy(text: string): readonly string[] {
  return text
    .slice(text.indexOf('== Optimized Physical Plan'))
    .trim()
    .replace(/"id" : \d+/g, '"id"')
    .replace(/(?<=\w)\[\d+\](?=")|(?<=")\[\d+\](?=:)/g, '')
    .split('\n');
}

function check(name: string, mode: ResolvedMode): void {
  const golden = cases.get(name)!;
  const wanted = (mode === 'STREAMING' ? golden.streaming : golden.batch) as string;
  expect(tidy(explainCase(golden, mode, mode === 'STREAMING' ? 1 : 2))).toEqual(tidy(wanted));
}

describe('EXPLAIN', () => {
  test.each(STREAMING)('STREAMING %s', (name) => check(name, 'STREAMING'));
  test.each(BATCH)('BATCH %s', (name) => check(name, 'BATCH'));

  test('PLAN_ADVICE is for STREAMING', () => {
    expect(() => explainCase(cases.get('all-details')!, 'BATCH')).toThrow('not supported under batch mode');
  });
});
