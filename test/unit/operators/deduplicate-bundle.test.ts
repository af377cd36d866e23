/** Deduplication by arrival in mini-batches: golden changelogs, and beyond the budget. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { operatorSpec } from '../../../src/operators/define.ts';
import type { DeduplicateParams } from '../../../src/operators/specs.ts';
import { INT, nullable, STRING } from '../../../src/types/data-type.ts';
import { type Change, type HarnessOptions, OperatorHarness, schemaOfTypes } from './harness.ts';

type GoldenRow = Readonly<Record<'id' | 'v', string | number | null>>;
interface Golden {
  readonly tables: readonly { readonly rows: readonly (readonly [Change['kind'], GoldenRow])[] }[];
  readonly streamingMiniBatch: {
    readonly settings: Readonly<Record<string, string>>;
    readonly changelog: readonly (readonly [string, GoldenRow])[];
  };
}

function make(keep: 'first' | 'last', options: HarnessOptions): OperatorHarness {
  const params: DeduplicateParams = {
    ...{ keys: [0], keep, rowtime: null, generateUpdateBefore: true, generateInsert: true, stateTtl: 0 },
    miniBatch: true,
  };
  const schema = schemaOfTypes([nullable(STRING), nullable(INT)]);
  return new OperatorHarness(operatorSpec('deduplicate', 'Deduplicate', params, [schema], schema), options);
}

test.each(['first', 'last'] as const)('keep-%s: the changes of each key are those of Flink', (keep) => {
  const file = join(import.meta.dirname, `../../golden/changelogs/deduplicate/proctime-keep-${keep}.json`);
  const { tables, streamingMiniBatch } = JSON.parse(readFileSync(file, 'utf8')) as Golden;
  const harness = make(keep, { settings: streamingMiniBatch.settings });
  harness.process(tables[0]!.rows.map(([kind, { id, v }]): Change => ({ kind, row: [id, v] })));
  harness.end();
  const perKey = (changes: readonly (readonly [string, unknown, unknown])[]) =>
    ['a', 'b', null].map((key) => changes.filter(([, id]) => id === key));
  const received = harness.take().map(({ kind, row: [id, v] }) => [kind, id, v] as const);
  expect(perKey(received)).toEqual(perKey(streamingMiniBatch.changelog.map(([kind, { id, v }]) => [kind, id, v])));
  harness.close();
  expect(harness.budget.used).toBe(0);
});

test('beyond the budget it folds as before', () => {
  const settings = { 'table.exec.mini-batch.size': '1000', 'table.exec.mini-batch.allow-latency': '1 h' };
  const run = (managed: number) => {
    const harness = make('last', { settings, managed });
    for (let part = 0; part < 8; part++) {
      harness.process(Array.from({ length: 700 }, (_, i) => [`a rather long key ${(i * 7 + part) % 900}`, i + part]));
    }
    harness.end();
    const changes = harness.take();
    const { spilledBytes } = harness.spill;
    harness.close();
    const text = changes.map(({ kind, row }) => `${kind} ${row.join(' ')}`).sort();
    return { text, spilledBytes };
  };
  const little = run(64 << 10);
  expect(little.spilledBytes).toBeGreaterThan(0);
  expect(little.text).toEqual(run(64 << 20).text);
});
