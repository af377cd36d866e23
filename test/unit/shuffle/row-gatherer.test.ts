import { expect, test } from 'vitest';
import { BatchBuilder } from '../../../src/columnar/builder.ts';
import { RowReader } from '../../../src/columnar/row-reader.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { RowGatherer } from '../../../src/shuffle/row-gatherer.ts';
import { BIGINT, type DataType, nullable, STRING } from '../../../src/types/data-type.ts';
import { RowKind } from '../../../src/types/row-kind.ts';
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

test.each([
  ['u8', { kind: 'BOOLEAN', nullable: true }, (i: number) => i % 3 === 0],
  ['i16', { kind: 'SMALLINT', nullable: true }, (i: number) => i * 7 - 300],
  ['i32', { kind: 'INT', nullable: true }, (i: number) => i * 1_000_003],
  ['i64', nullable(BIGINT), (i: number) => BigInt(i) << 40n],
  ['i128', { kind: 'DECIMAL', precision: 38, scale: 0, nullable: true }, (i: number) => BigInt(i) << 70n],
  ['view', nullable(STRING), (i: number) => `text ${i}`],
] as const)('chosen rows of %s, however many', (_, type: DataType, make: (i: number) => Value) => {
  const memory = new LinearMemory();
  const values = Array.from({ length: 50 }, (_, i) => (i % 5 === 2 ? null : make(i)));
  const builder = new BatchBuilder(memory, [type], values.length);
  for (const value of values) builder.append([value]);
  const batch = builder.finish();
  const numbers = memory.allocate(values.length * 4);
  for (let count = 0; count <= 13; count++) {
    const chosen = Array.from({ length: count }, (_, i) => (i * 17 + count * 3) % values.length);
    memory.u32.set(chosen, numbers >>> 2);
    const gatherer = new RowGatherer(memory, kernelCompiler(memory, new ModuleCache()), [type], 20, false);
    gatherer.append(batch, 0, 3);
    gatherer.append(batch, numbers, count);
    const made = gatherer.finish();
    const reader = new RowReader(memory, [type]);
    const rows = Array.from({ length: made.rowCount }, (_, i) => reader.row(made, i)[0]);
    expect(rows).toEqual([...values.slice(0, 3), ...chosen.map((i) => values[i])]);
    made.release();
  }
});

test('it grows with what it gathers: values, validity and kinds stay', () => {
  const memory = new LinearMemory();
  const { used } = memory.statistics;
  const types = [BIGINT, nullable(STRING)];
  const gatherer = new RowGatherer(memory, kernelCompiler(memory, new ModuleCache()), types, 2, true);
  const expected: Value[][] = [];
  for (let b = 0; b < 20; b++) {
    const builder = new BatchBuilder(memory, types, b + 1, b % 3 === 1);
    for (let i = 0; i <= b; i++) {
      const row = [BigInt(expected.length), i % 4 === 3 ? null : `row ${expected.length}`];
      const kind = b % 3 === 1 ? RowKind.DELETE : RowKind.INSERT;
      builder.append(row, kind);
      expected.push([kind, ...row]);
    }
    const batch = builder.finish();
    gatherer.append(batch, 0, batch.rowCount);
    batch.release();
    expect(gatherer.capacity).toBeGreaterThanOrEqual(gatherer.rowCount);
  }
  const made = gatherer.finish();
  const reader = new RowReader(memory, types);
  const rows = Array.from({ length: made.rowCount }, (_, i) => [reader.kind(made, i), ...reader.row(made, i)]);
  expect(rows).toEqual(expected);
  made.release();
  expect(memory.statistics.used).toBe(used);
});
