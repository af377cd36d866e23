import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../src/columnar/batch.ts';
import { BatchBuilder } from '../../../src/columnar/builder.ts';
import { RowReader } from '../../../src/columnar/row-reader.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { PartMaker } from '../../../src/shuffle/part-maker.ts';
import { RowCollector } from '../../../src/shuffle/row-collector.ts';
import { BIGINT, nullable, STRING } from '../../../src/types/data-type.ts';
import { RowKind } from '../../../src/types/row-kind.ts';
import type { Value } from '../../../src/types/value.ts';

const types = [BIGINT, nullable(STRING)];
const CAPACITY = 10;

function collector(capacity = CAPACITY) {
  const memory = new LinearMemory();
  const { used } = memory.statistics;
  const parts = new PartMaker(memory, kernelCompiler(memory, new ModuleCache()), types);
  const reader = new RowReader(memory, types);
  /** By batch: kind and number of each row. */
  const emitted: [RowKind, Value, Value][][] = [];
  const seen: Batch[] = [];
  const rows = new RowCollector(parts, capacity, (batch) => {
    seen.push(batch);
    emitted.push(
      Array.from({ length: batch.rowCount }, (_, i) => {
        const [id, name] = reader.row(batch, i);
        return [reader.kind(batch, i), id!, name!];
      }),
    );
  });
  const lend = (from: number, count: number, kind: RowKind | null, use: (batch: Batch) => void): void => {
    const builder = new BatchBuilder(memory, types, count, kind !== null);
    for (let i = from; i < from + count; i++) builder.append(rowOf(i), kind ?? RowKind.INSERT);
    const batch = builder.finish();
    use(batch);
    batch.release();
  };
  const addBatch = (from: number, count: number, kind: RowKind | null = null): void =>
    lend(from, count, kind, (batch) => rows.addBatch(batch));
  const addRows = (from: number, count: number, chosen: readonly number[]): void =>
    lend(from, count, null, (batch) => {
      const numbers = memory.allocate(chosen.length * 4);
      memory.u32.set(chosen, numbers >>> 2);
      rows.addRows(batch, numbers, chosen.length);
      memory.free(numbers);
    });
  const ids = (): number[][] => emitted.map((batch) => batch.map(([, id]) => Number(id)));
  return { rows, emitted, seen, addBatch, addRows, ids, lend, leaked: () => memory.statistics.used - used };
}

const rowOf = (i: number): [bigint, string | null] => [BigInt(i), i % 3 === 0 ? null : `row ${i}`];

describe('a collector', () => {
  test('fills batches to the last row, over the ends of those that come, and keeps the order', () => {
    const { rows, addRows, ids, emitted, leaked } = collector();
    const expected: number[] = [];
    for (let b = 0; b < 40; b++) {
      const chosen = Array.from({ length: 30 }, (_, i) => i).filter((i) => (i * 7 + b * 5) % (2 + (b % 4)) === 0);
      addRows(b * 30, 30, chosen);
      expected.push(...chosen.map((i) => b * 30 + i));
    }
    expect(rows.rowCount).toBe(expected.length % CAPACITY);
    expect(ids().every((batch) => batch.length === CAPACITY)).toBe(true);
    rows.flush();
    expect(emitted.flat()).toEqual(expected.map((i) => [RowKind.INSERT, ...rowOf(i)]));
    expect(rows.rowCount).toBe(0);
    rows.flush();
    expect(ids()).toHaveLength(Math.ceil(expected.length / CAPACITY));
    expect(leaked()).toBe(0);
  });

  test('small batches are joined, large ones are passed on as they are, after what waits', () => {
    const { rows, addBatch, lend, ids, seen, leaked } = collector();
    addBatch(0, 4);
    addBatch(4, 5);
    addBatch(9, 3);
    expect(ids()).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8]]);
    lend(12, 6, null, (batch) => {
      rows.addBatch(batch);
      expect(seen.at(-1)).toBe(batch);
    });
    expect(ids().slice(1)).toEqual([
      [9, 10, 11],
      [12, 13, 14, 15, 16, 17],
    ]);
    expect(leaked()).toBe(0);
  });

  test('rows with kinds do not join those without; the other way round they do', () => {
    const { rows, addBatch, emitted, leaked } = collector();
    addBatch(0, 2);
    addBatch(2, 2, RowKind.DELETE);
    addBatch(4, 2);
    rows.flush();
    expect(emitted.map((batch) => batch.map(([kind]) => kind))).toEqual([
      [RowKind.INSERT, RowKind.INSERT],
      [RowKind.DELETE, RowKind.DELETE, RowKind.INSERT, RowKind.INSERT],
    ]);
    expect(leaked()).toBe(0);
  });

  test('few rows take little room, and many grow to full batches', () => {
    const { rows, addRows, ids, leaked } = collector(20_000);
    addRows(0, 5, [4]);
    expect(leaked()).toBeLessThan(65_536);
    const all = Array.from({ length: 3000 }, (_, i) => i);
    for (let b = 0; b < 14; b++) addRows(5 + b * 3000, 3000, all);
    expect(ids().map((batch) => batch.length)).toEqual([20_000, 20_000]);
    rows.flush();
    expect(ids().flat()).toEqual([4, ...Array.from({ length: 42_000 }, (_, i) => i + 5)]);
    expect(leaked()).toBe(0);
  });

  test('what is dropped is given back', () => {
    const { rows, addBatch, ids, leaked } = collector();
    addBatch(0, 4);
    expect(leaked()).toBeGreaterThan(0);
    rows.drop();
    expect([leaked(), ids(), rows.rowCount]).toEqual([0, [], 0]);
  });
});
