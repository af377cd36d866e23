import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodeFileSystem } from '../../../../src/base/fs.ts';
import { RecordCodec } from '../../../../src/columnar/records/record-codec.ts';
import { fromColumns } from '../../../../src/columnar/records/record-columns.ts';
import { inferShape } from '../../../../src/columnar/records/record-shape.ts';
import { NO_TIMESTAMP, type RecordBatch } from '../../../../src/dataflow/records.ts';
import { LinearMemory } from '../../../../src/memory/arena.ts';
import { MemoryBudget } from '../../../../src/memory/budget.ts';
import { SpillDirectory } from '../../../../src/memory/spill-file.ts';
import { Piece } from '../../../../src/operators/stream/sorted/run-cursor.ts';
import { SortedRecords } from '../../../../src/operators/stream/sorted/sorted-records.ts';
import { RECORD_CODING } from '../../../../src/shuffle/records/record-file-writer.ts';
import { compareKeys } from '../../../../src/state/keyed/keys.ts';

interface Given {
  readonly key: unknown;
  readonly time: number | null;
  readonly value: unknown;
}
interface Batch {
  readonly input: number;
  readonly records: readonly Given[];
}

const keyOf = (value: unknown): unknown => (value as { readonly key: unknown }).key;

/** Zeros of both signs are one key; which of them it is said to be does not matter. */
const oneZero = (key: unknown): unknown => (key === 0 ? 0 : key);

interface SortOptions {
  readonly combine?: (a: unknown, b: unknown) => unknown;
  /** The records come with columns, as what is read from a file does. */
  readonly fromFile?: boolean;
}

function sort(batches: readonly Batch[], memoryBytes: number, { combine, fromFile = false }: SortOptions = {}) {
  const memory = new LinearMemory();
  const files = new Map<number, FileOfRecords>();
  const used = memory.statistics.used;
  const spill = new SpillDirectory(memory, nodeFileSystem);
  const budget = new MemoryBudget(64 << 20);
  const sorted = new SortedRecords({ memoryBytes, memory, budget, spill, combine: combine ?? null });
  const piece = new Piece(7);
  for (const { input, records } of batches) {
    const timed = records.some(({ time }) => time !== null);
    const timestamps = timed ? records.map(({ time }) => time ?? NO_TIMESTAMP) : null;
    const batch = { values: records, timestamps };
    if (fromFile && !files.has(input)) files.set(input, new FileOfRecords(memory, records));
    sorted.add(fromFile ? files.get(input)!.reread(batch) : batch, keyOf, input);
    // Sometimes the next ones come while a run is being written.
    if (sorted.spilling && records.length % 2 === 0) sorted.spillPart();
  }
  while (sorted.spilling) sorted.spillPart();
  sorted.finish();
  const out: { readonly key: unknown; readonly records: (readonly [unknown, number, number])[] }[] = [];
  while (sorted.nextKey()) {
    const { key } = sorted;
    const records: (readonly [unknown, number, number])[] = [];
    while (sorted.nextPiece(piece)) {
      for (let i = 0; i < piece.length; i++) records.push([piece.values[i], piece.timestamps[i]!, piece.input]);
    }
    out.push({ key: oneZero(key), records });
  }
  const { spilledBytes } = spill;
  sorted.close();
  spill.close();
  expect(memory.statistics.used).toBe(used);
  expect(budget.used).toBe(0);
  return { out, spilledBytes };
}

/** Writes records of an input into columns that its first ones have told, and reads them back. */
class FileOfRecords {
  readonly #writer: RecordCodec;
  readonly #reader: RecordCodec;

  constructor(memory: LinearMemory, first: readonly unknown[]) {
    this.#writer = new RecordCodec(memory, inferShape(first), RECORD_CODING);
    this.#reader = new RecordCodec(memory, this.#writer.fields, RECORD_CODING);
  }

  reread(records: RecordBatch): RecordBatch {
    const batch = this.#writer.encode(records);
    const columns = this.#reader.decode(batch);
    batch.release();
    return { ...fromColumns(columns), columns };
  }
}

/** The same, without thinking. */
function expected(batches: readonly Batch[]) {
  const all = batches.flatMap(({ input, records }) =>
    records.map((value) => ({ value, time: value.time ?? NO_TIMESTAMP, input })),
  );
  all.sort((a, b) => compareKeys(a.value.key, b.value.key) || a.time - b.time || a.input - b.input);
  const out: { key: unknown; records: unknown[] }[] = [];
  for (const { value, time, input } of all) {
    const last = out.at(-1);
    if (last !== undefined && compareKeys(last.key, value.key) === 0) last.records.push([value, time, input]);
    else out.push({ key: oneZero(value.key), records: [[value, time, input]] });
  }
  return out;
}

const key = fc.constantFrom<unknown>('a', 'b', 'cc', 'long enough to be a cut of a text', 3, 12, true, 5n, ['x', 1]);
const given = fc.record({
  key,
  time: fc.option(fc.integer({ min: 0, max: 5 }), { freq: 5 }),
  value: fc.oneof(fc.string(), fc.integer(), fc.constant({ deep: [1n] })),
});
/** Nothing but a key that is a text, and numbers. */
const plain = fc.record({
  key: fc.constantFrom<unknown>('a', 'b', 'long enough to be a cut of a text'),
  time: fc.integer({ min: 0, max: 5 }),
  value: fc.integer(),
});
/** Numbers that are not kept alike: of 32 bits or not, the key or the timestamp or none of them. */
const numeric = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(2 ** 31, -(2 ** 31) - 1, 0.5, -0, Number.NaN),
);
const numbers = fc.record({
  key: numeric,
  time: fc.constantFrom(0, 1, 5, -(2 ** 40), 2 ** 40),
  value: fc.oneof(numeric, fc.constant(null)),
});
/** A part is its key, or its timestamp, for a while. */
const sameParts = fc
  .record({ key: fc.constantFrom(-0, 0, 7, 8), time: fc.integer({ min: 0, max: 3 }), same: fc.boolean() })
  .map(({ key, time, same }): Given => ({ key, time, value: same ? time : key }));
/** Other parts than the rest have. */
const others = fc.record({ key: fc.constantFrom('a', 'b'), time: fc.nat(3), value: fc.nat(), more: fc.nat() });
const batchOf = (records: fc.Arbitrary<Given>) =>
  fc.record({ input: fc.integer({ min: 0, max: 1 }), records: fc.array(records, { minLength: 1, maxLength: 30 }) });

describe('records come by key, timestamp, input and arrival', () => {
  test.each([
    ['in memory', given, 1 << 20],
    ['with a run for every few batches', given, 4000],
    ['with a run for every batch', given, 0],
    ['of numbers, with a run for every few batches', plain, 4000],
    ['of numbers, with a run for every batch', plain, 0],
    ['of numbers or not, with a run for every few batches', fc.oneof(plain, plain, plain, given), 4000],
    ['with keys that are numbers', numbers, 1 << 20],
    ['with keys that are numbers, with a run for every batch', numbers, 0],
    ['with parts that are the key or the timestamp', sameParts, 1 << 20],
    ['with parts that are the key or the timestamp, with a run for every few batches', sameParts, 4000],
    ['with other parts', fc.oneof(plain, others), 1 << 20],
    ['with other parts, with a run for every few batches', fc.oneof(plain, others), 4000],
  ])('%s', (_name, records, memoryBytes) => {
    fc.assert(
      fc.property(fc.array(batchOf(records), { maxLength: 12 }), fc.boolean(), (batches, fromFile) => {
        const { out, spilledBytes } = sort(batches, memoryBytes, { fromFile });
        expect(out).toEqual(expected(batches));
        const rows = batches.reduce((sum, { records }) => sum + records.length, 0);
        if (memoryBytes === 0 && rows > 0) expect(spilledBytes).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });

  /** In batches of one input. */
  function batchesOf(records: readonly Given[], size = 5000): Batch[] {
    const count = Math.ceil(records.length / size);
    return Array.from({ length: count }, (_, b) => ({ input: 0, records: records.slice(b * size, (b + 1) * size) }));
  }

  test.each([
    ['in memory', 1 << 24],
    ['in runs', 50_000],
  ])('one key with many records, %s', (_name, memoryBytes) => {
    // Each time three times, so that the order of arrival shows.
    const records = Array.from({ length: 21_000 }, (_, i): Given => ({ key: 'k', time: (i * 7919) % 7000, value: i }));
    const { out, spilledBytes } = sort(batchesOf(records), memoryBytes, { fromFile: true });
    expect(out).toEqual(expected(batchesOf(records)));
    expect(spilledBytes > 0).toBe(memoryBytes === 50_000);
  });

  test.each([
    ['strings that begin alike', (i: number) => `a long beginning that says nothing: ${(i * 7919) % 10_007}`],
    ['strings that are not Latin', (i: number) => `ключ ${String.fromCodePoint(0x400 + (i % 1000))}${i}`],
    ['long strings', (i: number) => `${i % 2 === 0 ? 'x' : 'y'}`.repeat(300) + i],
    ['numbers', (i: number) => ((i * 7919) % 10_007) - 5000.5],
    ['bigints', (i: number) => BigInt((i * 7919) % 10_007)],
    ['arrays', (i: number) => [i % 100, `${i}`]],
  ])('each key once: %s', (_name, keyOfNumber) => {
    const records = Array.from({ length: 3000 }, (_, i): Given => ({ key: keyOfNumber(i), time: 3, value: i }));
    const batches = batchesOf(records, 1000);
    for (const memoryBytes of [1 << 24, 100_000]) {
      const { out } = sort(batches, memoryBytes, { fromFile: true });
      expect(out).toEqual(expected(batches));
      expect(out.length).toBe(3000);
    }
  });

  test('zeros of both signs are one key, and stay what they are in records; NaN comes last', () => {
    const keys = [Number.NaN, 0, -0, Number.POSITIVE_INFINITY, -0, Number.NaN];
    const batches = [{ input: 0, records: keys.map((each, value): Given => ({ key: each, time: 1, value })) }];
    const { out } = sort(batches, 1 << 20);
    expect(out.map(({ records }) => records.map(([value]) => (value as Given).value))).toEqual([
      [1, 2, 4],
      [3],
      [0, 5],
    ]);
    expect(out[0]!.records.map(([value]) => Object.is((value as Given).key, -0))).toEqual([false, true, true]);
  });

  test('what is kept is small: a number of 32 bits and a timestamp beside the key', () => {
    const records = Array.from(
      { length: 100_000 },
      (_, i): Given => ({ key: `k${i % 100}`, time: 1_700_000_000_000 + i, value: i }),
    );
    const batches = batchesOf(records, 4096);
    expect(sort(batches, 1_000_000, { fromFile: true }).spilledBytes).toBe(0);
    expect(sort(batches, 700_000, { fromFile: true }).spilledBytes).toBeGreaterThan(0);
  });

  test.each([
    ['enough', 64 << 20],
    ['short', 100_000],
  ])('where the memory of the job is %s', (name, limit) => {
    const memory = new LinearMemory();
    const spill = new SpillDirectory(memory, nodeFileSystem);
    const budget = new MemoryBudget(limit);
    const sorted = new SortedRecords({ memoryBytes: 1 << 20, memory, budget, spill, combine: null });
    const file = new FileOfRecords(memory, [{ key: 'k', time: 1, value: 1 }]);
    for (let b = 0; b < 20; b++) {
      const values = Array.from({ length: 1000 }, (_, i): Given => ({ key: `k${i}`, time: b, value: i }));
      sorted.add(file.reread({ values, timestamps: values.map(({ time }) => time!) }), keyOf, 0);
      while (sorted.spilling) sorted.spillPart();
    }
    expect(spill.spilledBytes > 0).toBe(name === 'short');
    sorted.close();
    spill.close();
    expect(budget.used).toBe(0);
  });
});

test('records without a timestamp are combined one after another, before all others', () => {
  // Not associative: who combines the later ones among themselves first is found out.
  const append = (a: unknown, b: unknown): unknown => {
    const [first, second] = [a as Given, b as Given];
    return { ...first, value: `(${String(first.value)} ${String(second.value)})` };
  };
  const record = (k: string, value: string, time: number | null = null): Given => ({ key: k, time, value });
  const batches = [
    { input: 0, records: [record('b', '1'), record('a', '2'), record('b', '3')] },
    { input: 0, records: [record('b', 'late', 9), record('b', '4'), record('a', 'early', 1)] },
    { input: 0, records: [record('a', '5'), record('b', '6')] },
  ];
  for (const memoryBytes of [1 << 20, 0]) {
    const { out } = sort(batches, memoryBytes, { combine: append });
    const texts = out.map(({ key: k, records }) => {
      const combined = records.map(([value]) => value).reduce((a, b) => append(a, b));
      return [k, (combined as Given).value];
    });
    expect(texts).toEqual([
      ['a', '((2 5) early)'],
      ['b', '((((1 3) 4) 6) late)'],
    ]);
  }
});
