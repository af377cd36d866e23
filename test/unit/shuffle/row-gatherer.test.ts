import { expect, test } from 'vitest';
import { BatchBuilder } from '../../../src/columnar/builder.ts';
import { RowReader } from '../../../src/columnar/row-reader.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { RowGatherer } from '../../../src/shuffle/row-gatherer.ts';
import { BIGINT, type DataType, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';

test.each([
  ['batches with strings are kept as long as what was made of them', nullable(STRING), 'one', 'three', true],
  ['batches without strings are not kept at all', nullable(BIGINT), 1n, 3n, false],
] as const)('%s', (_, type: DataType, first: Value, third: Value, kept) => {
  const memory = new LinearMemory();
  const { used } = memory.statistics;
  const gatherer = new RowGatherer(memory, kernelCompiler(memory, new ModuleCache()), [type], 10, false);
  const builder = new BatchBuilder(memory, [type], 3);
  for (const value of [first, null, third]) builder.append([value]);
  const batch = builder.finish();
  const numbers = memory.allocate(8);
  memory.u32.set([0, 2], numbers >>> 2);
  gatherer.append(batch, numbers, 2);
  gatherer.append(batch, 0, 2);
  memory.free(numbers);
  expect(batch.shared).toBe(kept);
  batch.release();
  const made = gatherer.finish();
  const reader = new RowReader(memory, [type]);
  const rows = Array.from({ length: made.rowCount }, (_, i) => [...reader.row(made, i)]);
  expect(rows).toEqual([[first], [third], [first], [null]]);
  made.release();
  expect(memory.statistics.used).toBe(used);
});
