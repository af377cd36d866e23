/**
 * Streaming plans with their changelog modes, against those of Flink 2.3.0 for the same statements. Where a plan is
 * another one, differences.ts says why; an entry there that is no longer needed fails too.
 */
import { describe, expect, test } from 'vitest';
import { DIFFERENCES } from './differences.ts';
import { type GoldenCase, goldenCases, goldenPlan, planCase, printedPlan } from './golden-cases.ts';

const FEATURES = [
  'changelog-normalize',
  'deduplicate',
  'distinct-aggregate',
  'group-aggregate',
  'grouping-sets',
  'join-inner',
  'join-outer',
  'join-semi-anti',
  'limit-sort',
  'on-conflict',
  'set-operations',
  'sink-upsert',
  'subquery',
  'topn',
  'ttl-hint',
  'unnest-lateral',
  'views-cte',
];

/** Indentation, name and changelog mode of each line. */
function shape(lines: readonly string[]): readonly string[] {
  return lines.map((line) => {
    const node = /^([ :+|-]*\w+)\(/.exec(line)?.[1] ?? '';
    return `${node} ${/changelogMode=\[([^\]]*)\]/.exec(line)?.[1] ?? ''}`;
  });
}

function check(golden: GoldenCase): void {
  const difference = DIFFERENCES[`${golden.feature}/${golden.name}`];
  if (difference?.level === 'refused') {
    expect(() => planCase(golden)).toThrow('not supported');
    return;
  }
  const wanted = goldenPlan(golden.explain!.streaming!);
  const printed = printedPlan(planCase(golden));
  if (difference === undefined) expect(printed).toEqual(wanted);
  else {
    expect(printed, 'no longer different').not.toEqual(wanted);
    if (difference.level === 'shape') expect(shape(printed)).toEqual(shape(wanted));
    else expect(shape(printed), 'only names differ').not.toEqual(shape(wanted));
  }
}

describe.each(FEATURES)('%s', (feature) => {
  const cases = goldenCases(feature).filter((golden) => golden.explain?.streaming);
  test.each(cases.map((golden) => [golden.name, golden] as const))('%s', (_name, golden) => check(golden));
});
