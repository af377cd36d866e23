import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../src/columnar/batch.ts';
import { BatchBuilder } from '../../../src/columnar/builder.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { type Backend, kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { createPartitioner } from '../../../src/shuffle/partitioner.ts';
import { BIGINT, type DataType, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

function hashOf(key: bigint): bigint {
  const folded = u64(key) ^ (u64(key) >> 29n);
  const product = u64(folded * 0x9e3779b97f4a7c15n);
  return product ^ (product >> 32n);
}

const combined = (hash: bigint, key: bigint): bigint => hashOf(u64((hash << 29n) | (hash >> 35n)) ^ u64(key));

function hashOfBytes(bytes: Uint8Array): bigint {
  let hash = u64((BigInt(bytes.length) + 1n) * 0x9e3779b97f4a7c15n);
  for (let at = 0; at < bytes.length; at += 8) {
    const left = bytes.subarray(at, at + 8);
    const word = left.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    hash = hashOf(hash ^ u64(word << BigInt(64 - left.length * 8)));
  }
  return hashOf(hash);
}

const NAN = 0x7ff8000000000000n;

/** What a value of a key is hashed as. */
function partOf({ kind }: DataType, value: Value): bigint {
  if (value === null) return 0x3c6ef372bb67ae85n;
  const view = new DataView(new ArrayBuffer(8));
  switch (kind) {
    case 'BOOLEAN':
      return value === true ? 1n : 0n;
    case 'TINYINT':
      return BigInt.asUintN(8, BigInt(value as number));
    case 'SMALLINT':
      return BigInt.asUintN(16, BigInt(value as number));
    case 'INT':
      return BigInt.asUintN(32, BigInt(value as number));
    case 'BIGINT':
      return u64(value as bigint);
    case 'FLOAT':
      view.setFloat32(0, value as number);
      return Number.isNaN(value) ? 0x7fc00000n : BigInt(view.getUint32(0));
    case 'DOUBLE':
      view.setFloat64(0, value as number);
      return Number.isNaN(value) ? NAN : view.getBigUint64(0);
    case 'VARCHAR':
      return hashOfBytes(new TextEncoder().encode(value as string));
    default:
      return combined(u64(value as bigint), u64((value as bigint) >> 64n));
  }
}

/** Row numbers by subpartition. */
function expectedRows(
  types: readonly DataType[],
  keys: readonly number[],
  rows: readonly (readonly Value[])[],
  subpartitions: number,
  maxParallelism: number,
): number[][] {
  const found: number[][] = Array.from({ length: subpartitions }, () => []);
  for (const [i, row] of rows.entries()) {
    const parts = keys.map((key) => partOf(types[key]!, row[key]!));
    const hash = parts.slice(1).reduce(combined, hashOf(parts[0]!));
    const group = Number(BigInt.asUintN(32, hash >> 20n)) % maxParallelism;
    found[Math.floor((group * subpartitions) / maxParallelism)]!.push(i);
  }
  return found;
}

/** Numbers from 0 to 2^32 - 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
}

type MakeValue = (next: () => number) => Value;

const CASES: readonly [DataType, MakeValue][] = [
  [{ kind: 'BOOLEAN', nullable: true }, (next) => next() % 2 === 1],
  [{ kind: 'TINYINT', nullable: true }, (next) => (next() % 256) - 128],
  [{ kind: 'SMALLINT', nullable: true }, (next) => (next() % 65536) - 32768],
  [{ kind: 'INT', nullable: true }, (next) => next() | 0],
  [BIGINT, (next) => BigInt.asIntN(64, (BigInt(next()) << 32n) | BigInt(next()))],
  [nullable(BIGINT), (next) => BigInt(next() % 50) >> 2n],
  [{ kind: 'DECIMAL', precision: 38, scale: 0, nullable: true }, (next) => (BigInt(next()) << 64n) - BigInt(next())],
  [{ kind: 'FLOAT', nullable: true }, (next) => [0, -0, 1.5, Number.NaN, Number.NEGATIVE_INFINITY][next() % 5]!],
  [{ kind: 'DOUBLE', nullable: true }, (next) => [0, -0, next() / 3, Number.NaN, -next()][next() % 5]!],
  [nullable(STRING), (next) => 'x'.repeat(next() % 20) + next()],
];

function batchOf(memory: LinearMemory, types: readonly DataType[], rows: readonly (readonly Value[])[]): Batch {
  const builder = new BatchBuilder(memory, types, Math.max(rows.length, 1));
  for (const row of rows) builder.append(row);
  return builder.finish();
}

/** What the partitioner says, in the form of `expectedRows`. */
function selectedRows(
  memory: LinearMemory,
  select: ReturnType<typeof createPartitioner>['select'],
  batch: Batch,
  subpartitions: number,
): number[][] {
  const found: number[][] = Array.from({ length: subpartitions }, () => []);
  const selected = select(batch);
  expect(selected).not.toBe('all');
  if (typeof selected === 'number') found[selected] = Array.from({ length: batch.rowCount }, (_, i) => i);
  else if (selected !== 'all') {
    for (const { subpartition, rows, count } of selected) {
      expect(count).toBeGreaterThan(0);
      found[subpartition] = [...memory.u32.subarray(rows >>> 2, (rows >>> 2) + count)];
    }
  }
  return found;
}

const PARALLELISMS = [
  [2, 128],
  [2, 2],
  [2, 100],
  [3, 128],
  [3, 7],
  [7, 32768],
  [7, 1000],
  [128, 128],
  [128, 1001],
] as const;

describe.each(['wasm', 'js'] as const satisfies readonly Backend[])('hash (%s)', (backend) => {
  test.each(PARALLELISMS)('rows go to the owner of their key group, in order: %i of %i', (subpartitions, most) => {
    const memory = new LinearMemory();
    const { used } = memory.statistics;
    const compiler = kernelCompiler(memory, new ModuleCache(), backend);
    const next = random(subpartitions * 100_003 + most);
    const types = CASES.map(([type]) => type);
    const keySets = [...types.keys()].map((key) => [key]).concat([[9, 5], [4, 3, 6], [...types.keys()]]);
    for (const keys of keySets) {
      const partitioner = createPartitioner(memory, compiler, { kind: 'hash', keys }, subpartitions, most, 0);
      for (const count of [1, 0, 2, 7, 130, 4, 60]) {
        const rows = Array.from({ length: count }, () =>
          CASES.map(([type, make]) => (type.nullable && next() % 4 === 0 ? null : make(next))),
        );
        const batch = batchOf(memory, types, rows);
        const found = selectedRows(memory, (one) => partitioner.select(one), batch, subpartitions);
        expect(found).toEqual(expectedRows(types, keys, rows, subpartitions, most));
        batch.release();
      }
      partitioner.close();
    }
    expect(memory.statistics.used).toBe(used);
  });
});

test.each([2, 3, 128])('rows that all go to one of %i subpartitions are not selected one by one', (subpartitions) => {
  const memory = new LinearMemory();
  const compiler = kernelCompiler(memory, new ModuleCache());
  const partitioner = createPartitioner(memory, compiler, { kind: 'hash', keys: [0] }, subpartitions, 128, 0);
  for (const key of [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n]) {
    const rows = Array.from({ length: 9 }, () => [key]);
    const batch = batchOf(memory, [BIGINT], rows);
    const owner = expectedRows([BIGINT], [0], rows, subpartitions, 128).findIndex((list) => list.length > 0);
    expect(partitioner.select(batch)).toBe(owner);
    batch.release();
  }
});

test('one subpartition has all rows, and rows without a key go to the first', () => {
  const memory = new LinearMemory();
  const compiler = kernelCompiler(memory, new ModuleCache());
  const batch = batchOf(memory, [BIGINT], [[1n], [2n]]);
  for (const [keys, subpartitions] of [
    [[0], 1],
    [[], 3],
  ] as const) {
    const partitioner = createPartitioner(memory, compiler, { kind: 'hash', keys }, subpartitions, 128, 0);
    expect(partitioner.select(batch)).toBe(0);
  }
});
