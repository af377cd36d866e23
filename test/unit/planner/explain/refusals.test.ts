/** What Flink 2.3.0 refuses to plan is refused too, with the telling part of its message. */
import { describe, expect, test } from 'vitest';
import type { ResolvedMode } from '../../../../src/dataflow/traits.ts';
import { type GoldenCase, goldenCases, planCase } from './golden-cases.ts';

/** Parts of Flink's messages for which this planner is responsible. */
const MESSAGES: readonly string[] = [
  'is currently only possible for INSERT-only table sources',
  'in batch mode is not allowed. The table source is unbounded',
  'produces a changelog stream that contains UPDATE_AFTER but no UPDATE_BEFORE',
  'on a non-time-attribute field is not supported',
  'ank end is not specified',
  'query has an upsert key that differs from the primary key of the sink table',
  'ON CONFLICT clause is only allowed for upsert sinks',
  'requires all source tables to define watermarks',
  'query contains more than one rowtime attribute column',
];

const FEATURES = [
  'changelog-normalize',
  'distinct-aggregate',
  'errors',
  'group-aggregate',
  'grouping-sets',
  'join-inner',
  'join-outer',
  'join-semi-anti',
  'limit-sort',
  'on-conflict',
  'set-operations',
  'sink-upsert',
  'topn',
  'unnest-lateral',
];

function messageOf(result: unknown): string | null {
  const error = (result as { readonly error?: { readonly message: string } } | undefined)?.error;
  return error === undefined ? null : (MESSAGES.find((message) => error.message.includes(message)) ?? null);
}

const refused = FEATURES.flatMap((feature) => goldenCases(feature)).flatMap((golden) =>
  (['STREAMING', 'BATCH'] as const).flatMap((mode): (readonly [string, GoldenCase, ResolvedMode, string])[] => {
    const message = messageOf(mode === 'STREAMING' ? golden.streaming : golden.batch);
    return message === null ? [] : [[`${mode} ${golden.feature}/${golden.name}`, golden, mode, message]];
  }),
);

describe('refused as Flink refuses it', () => {
  test('there are many such cases', () => expect(refused.length).toBeGreaterThan(60));
  test.each(refused)('%s', (_name, golden, mode, message) => expect(() => planCase(golden, mode)).toThrow(message));
});
