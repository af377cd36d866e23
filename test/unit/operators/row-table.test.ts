import { afterEach, expect, test } from 'vitest';
import { CompileContext } from '../../../src/expr/compile/context.ts';
import { operand } from '../../../src/expr/compile/operand.ts';
import { call, type I32, i32, i64, libraryFunction } from '../../../src/kernel/build.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { fn } from '../../../src/kernel/function-builder.ts';
import { hashLibrary } from '../../../src/kernel/library/hash.ts';
import { type CompiledKernel, kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { MemoryBudget } from '../../../src/memory/budget.ts';
import { FAIL, RESERVE } from '../../../src/operators/codegen/kernel-host.ts';
import { RowLayout } from '../../../src/operators/codegen/row-layout.ts';
import { RowTable, type Segment, type SegmentKeeper } from '../../../src/operators/codegen/row-table.ts';
import { BIGINT } from '../../../src/types/data-type.ts';

const KEY = { ...BIGINT, nullable: false };
let close: () => void = () => {};
afterEach(() => close());

/** A set of 64-bit numbers with kernels that add (giving 1 for a new one), remove and look up. */
function numberSet(expectedRows?: number, keeper?: SegmentKeeper) {
  const memory = new LinearMemory();
  const before = memory.statistics.used;
  const budget = new MemoryBudget(256 << 20);
  const consumer = budget.consumer('test');
  const compiler = kernelCompiler(memory, new ModuleCache());
  const layout = new RowLayout([KEY]);
  const table = new RowTable({ memory, compiler }, consumer, {
    rowSize: layout.size,
    name: 'numbers',
    ...(expectedRows === undefined ? {} : { expectedRows }),
    ...(keeper === undefined ? {} : { keeper }),
  });
  const kernel = (
    name: string,
    found: (f: ReturnType<typeof fn>, at: ReturnType<RowTable['find']>, hash: I32, key: never) => void,
  ) => {
    const f = fn(name, { params: { key: i64 }, result: i32 });
    const unused = () => {
      throw new Error('no columns');
    };
    const context = new CompileContext(f, unused, undefined as never, FAIL, RESERVE);
    const hash = f.let('hash', i32.wrap_i64(call(libraryFunction(hashLibrary, 'hash_i64'), f.param.key) as never));
    const at = table.find(context, hash, (row) => i64.eq(i64.load(row), f.param.key));
    found(f as never, at, hash, f.param.key as never);
    return f.finish();
  };
  const kernels = compiler.compile(
    [
      kernel('add', (f, { row, slot }, hash, key) => {
        f.if(row, () => f.return(i32.const(0)));
        table.insert(f, hash, slot, row);
        layout.store(f, row, 0, operand(KEY, key, null));
        f.return(i32.const(1));
      }),
      kernel('remove', (f, { row, slot }) => {
        f.if(i32.eqz(row), () => f.return(i32.const(0)));
        table.remove(f, slot, row);
        f.return(i32.const(1));
      }),
      kernel('has', (f, { row }) => f.return(i32.ne(row, i32.const(0)))),
    ],
    { externs: table.externs },
  );
  close = () => {
    table.close();
    expect(budget.used, 'managed memory').toBe(0);
    consumer.close();
    expect(memory.statistics.used, 'linear memory').toBe(before);
  };
  const of = (kernelOf: CompiledKernel) => (key: number) => Number(kernelOf(BigInt(key) * 977n));
  return { table, memory, add: of(kernels['add']!), remove: of(kernels['remove']!), has: of(kernels['has']!) };
}

test('rows are found again while segments split and the directory doubles', () => {
  const { table, add, has } = numberSet();
  for (let key = 0; key < 50_000; key++) if (add(key) !== 1) throw new Error(`${key} is there twice`);
  expect(table.count).toBe(50_000);
  for (let key = 0; key < 50_000; key++) if (has(key) !== 1 || add(key) !== 0) throw new Error(`${key} is lost`);
  for (let key = 50_000; key < 60_000; key++) if (has(key) !== 0) throw new Error(`${key} is there`);
  const seen = new Set<number>();
  table.forEachRow((row) => seen.add(row));
  expect(seen.size).toBe(50_000);
});

test('segments share the rows out by the low bits of the hash', () => {
  const { table, add } = numberSet();
  for (let key = 0; key < 20_000; key++) add(key);
  const segments = table.segments();
  expect(segments.length).toBeGreaterThan(60);
  // Every prefix is covered once: 2^-depth adds up to one.
  expect(segments.reduce((sum, { depth }) => sum + 2 ** -depth, 0)).toBe(1);
  expect(segments.reduce((sum, { address }) => sum + table.segmentRows(address), 0)).toBe(20_000);
  for (let slot = 0; slot < table.slotCount; slot++) {
    if (table.rowOfSlot(slot) <= 1) continue;
    const holders = segments.filter(({ prefix, depth }) => (table.hashOfSlot(slot) & (2 ** depth - 1)) === prefix);
    expect(holders).toHaveLength(1);
    slot += 97;
  }
});

test('rows that come and go do not make the table grow', () => {
  const { table, add, remove } = numberSet();
  for (let key = 0; key < 1000; key++) add(key);
  const { slotCount } = table;
  for (let key = 1000; key < 30_000; key++) {
    if (remove(key - 1000) !== 1 || add(key) !== 1) throw new Error(`${key} cannot come`);
  }
  expect(table.count).toBe(1000);
  expect(table.slotCount).toBeLessThanOrEqual(slotCount * 4);
});

test('a table made for many rows does not split until it has them', () => {
  const { table, add } = numberSet(10_000);
  const { slotCount } = table;
  for (let key = 0; key < 8000; key++) add(key);
  expect(table.slotCount).toBe(slotCount);
  table.clear();
  expect(table.count).toBe(0);
  expect(add(1)).toBe(1);
});

test('the directory notes which segments were used and changed', () => {
  const changing: Segment[] = [];
  const { table, add, has } = numberSet(undefined, {
    load: () => {},
    beforeChange: (segment) => changing.push(segment),
  });
  for (let key = 0; key < 5000; key++) add(key);
  table.setEpoch(2);
  for (const segment of table.segments()) table.untouch(segment);
  expect(table.segments().filter(({ touched }) => touched)).toEqual([]);
  expect(table.segments().every(({ epoch }) => epoch === 1)).toBe(true);
  changing.length = 0;
  for (let again = 0; again < 2; again++) has(17);
  expect(changing).toEqual([expect.objectContaining({ epoch: 1 })]);
  const [changed, ...others] = table.segments().filter(({ touched }) => touched);
  expect(others).toEqual([]);
  expect(changed!.epoch).toBe(2);
});

test('a segment out of memory is asked for when a key of it comes', () => {
  const missed: number[] = [];
  const load = (hash: number): void => {
    const segment = table.missing(hash);
    missed.push(segment.handle);
    table.adopt(segment);
    for (const [rowHash, key] of stored.get(segment.handle)!) memory.i64[table.addRow(rowHash) >>> 3] = key;
  };
  const { table, memory, add, has } = numberSet(undefined, { load, beforeChange: () => {} });
  const stored = new Map<number, [number, bigint][]>();
  for (let key = 0; key < 5000; key++) add(key);
  const victims = table.segments().filter((_, i) => i % 2 === 0);
  victims.forEach((segment, handle) => {
    const rows: [number, bigint][] = [];
    for (let slot = 0; slot < table.slotCount; slot++) {
      const hash = table.hashOfSlot(slot);
      const row = table.rowOfSlot(slot);
      if (row > 1 && (hash & (2 ** segment.depth - 1)) === segment.prefix) rows.push([hash, memory.i64[row >>> 3]!]);
    }
    stored.set(handle, rows);
    table.evict(segment, handle);
  });
  expect(table.count).toBeLessThan(5000);
  expect(table.segments().filter(({ address }) => address === 0)).toHaveLength(victims.length);
  for (let key = 0; key < 10_000; key++) expect(has(key)).toBe(key < 5000 ? 1 : 0);
  expect(missed.sort((a, b) => a - b)).toEqual(victims.map((_, handle) => handle));
  expect(table.count).toBe(5000);
});
