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

test('validity is written from the first batch on that has some, also for the rows before it', () => {
  const memory = new LinearMemory();
  const { used } = memory.statistics;
  const type = nullable(BIGINT);
  const gatherer = () => new RowGatherer(memory, kernelCompiler(memory, new ModuleCache()), [type], 10, false);
  const builder = new BatchBuilder(memory, [BIGINT], 3);
  for (const value of [1n, 2n, 3n]) builder.append([value]);
  const valid = builder.finish();
  const nulls = new BatchBuilder(memory, [type], 2);
  for (const value of [null, 5n]) nulls.append([value]);
  const mixed = nulls.finish();

  const [plain, both] = [gatherer(), gatherer()];
  plain.append(valid, 0, 3);
  both.append(valid, 0, 3);
  both.append(mixed, 0, 2);
  both.append(valid, 0, 1);
  for (const batch of [valid, mixed]) batch.release();
  const [first, second] = [plain.finish(), both.finish()];
  expect(first.columns[0]!.validity).toBe(0);
  const reader = new RowReader(memory, [type]);
  const values = Array.from({ length: second.rowCount }, (_, i) => reader.row(second, i)[0]);
  expect(values).toEqual([1n, 2n, 3n, null, 5n, 1n]);
  for (const batch of [first, second]) batch.release();
  expect(memory.statistics.used).toBe(used);
});
