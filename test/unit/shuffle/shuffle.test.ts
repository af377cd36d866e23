import { readdirSync, readFileSync } from 'node:fs';
import { tableFromIPC } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { nodeFileSystem } from '../../../src/base/fs.ts';
import type { Batch } from '../../../src/columnar/batch.ts';
import { BatchBuilder } from '../../../src/columnar/builder.ts';
import { RowReader } from '../../../src/columnar/row-reader.ts';
import type { Distribution } from '../../../src/dataflow/traits.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { FILE_BATCH_ROWS } from '../../../src/shuffle/blocking/partition-file-writer.ts';
import { NO_INDEX, readPartitionIndex } from '../../../src/shuffle/blocking/partition-index.ts';
import { isWhole } from '../../../src/shuffle/blocking/verify-partition.ts';
import { QUEUE_CREDIT } from '../../../src/shuffle/pipelined/subpartition-queue.ts';
import {
  type BlockingDescriptor,
  type ShuffleDescriptor,
  ShuffleEnvironment,
} from '../../../src/shuffle/shuffle-environment.ts';
import type { StreamElement } from '../../../src/shuffle/stream-element.ts';
import { keyGroupTable } from '../../../src/state/key-groups.ts';
import { BIGINT, DOUBLE, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import { ROW_KIND_SHORT, type RowKind } from '../../../src/types/row-kind.ts';
import { schemaOf } from '../../../src/types/schema.ts';
import type { Value } from '../../../src/types/value.ts';
import { SimulatedDisk } from '../../sim/simulated-disk.ts';

const compilerFor = (memory: LinearMemory) => kernelCompiler(memory, new ModuleCache());

const schema = schemaOf([
  { name: 'id', type: INT },
  { name: 'name', type: nullable(STRING) },
  { name: 'big', type: nullable(BIGINT) },
  { name: 'x', type: nullable(DOUBLE) },
]);
const types = schema.fields.map(({ type }) => type);

function batchOf(memory: LinearMemory, rows: readonly (readonly Value[])[], kinds?: readonly RowKind[]): Batch {
  const builder = new BatchBuilder(memory, types, Math.max(rows.length, 1), kinds !== undefined);
  for (const [i, row] of rows.entries()) builder.append(row, kinds?.[i]);
  return builder.finish();
}

const sampleRows = (count: number, from = 0): Value[][] =>
  Array.from({ length: count }, (_, i): Value[] => {
    const n = from + i;
    return [
      n,
      n % 7 === 0 ? null : `name ${n % 10}`,
      n % 5 === 0 ? null : BigInt(n) << 33n,
      n % 3 === 0 ? Number.NaN : n / 4,
    ];
  });

function descriptor(distribution: Distribution, blocking: boolean, consumers = 3): ShuffleDescriptor {
  return {
    edge: 'a->b[0.0]',
    producer: 'a',
    consumers,
    maxParallelism: 128,
    distribution,
    blocking,
    schema,
  };
}

const attempt = (subtask: number) => ({ vertex: 'a', subtask, attempt: 0 });
const resultOf = (subtask: number) => ({ edge: 'a->b[0.0]', producer: attempt(subtask), executor: 0, file: null });

/** Polls the gate of every consumer to its end; the rows by consumer, as `kind id name`. */
function drain(memory: LinearMemory, environment: ShuffleEnvironment, edge: ShuffleDescriptor) {
  const reader = new RowReader(memory, types);
  return Array.from({ length: edge.consumers }, (_, subtask) => {
    const from = edge.distribution.kind === 'forward' ? [subtask] : [0, 1];
    const gate = environment.createInputGate(edge, subtask, from.map(resultOf));
    const rows: Value[][] = [];
    const others: StreamElement[] = [];
    while (
      gate.poll((element) => {
        if (element.kind !== 'batch') {
          others.push(element);
          return;
        }
        for (let i = 0; i < element.batch.rowCount; i++) {
          rows.push([ROW_KIND_SHORT[reader.kind(element.batch, i)], ...reader.row(element.batch, i)]);
        }
        element.batch.release();
      })
    );
    expect(gate.finished).toBe(true);
    return { rows, others };
  });
}

describe.each([
  ['pipelined', false],
  ['blocking', true],
])('%s results', (_name, blocking) => {
  test('hash: equal keys meet, every row arrives once, in order, with its kind', () => {
    const memory = new LinearMemory();
    const before = memory.statistics.used;
    const environment = new ShuffleEnvironment('job', memory, nodeFileSystem, compilerFor(memory));
    const edge = descriptor({ kind: 'hash', keys: [1] }, blocking);
    const partitions = [0, 1].map((subtask) => environment.createResultPartition(edge, attempt(subtask)));
    for (const [p, partition] of partitions.entries()) {
      for (let b = 0; b < 3; b++) {
        const kinds = b === 1 ? Array.from({ length: 50 }, (_, i) => (i % 4) as RowKind) : undefined;
        const batch = batchOf(memory, sampleRows(50, p * 1000 + b * 50), kinds);
        partition.emitBatch(batch);
        batch.release();
      }
      partition.emitWatermark(42);
      partition.finish();
    }
    const consumers = drain(memory, environment, edge);
    const all = consumers.flatMap(({ rows }) => rows);
    expect(all).toHaveLength(300);
    expect(new Set(all.map((row) => row[1])).size).toBe(300);
    const homes = new Map<Value, Set<number>>();
    for (const [c, { rows, others }] of consumers.entries()) {
      for (const row of rows) homes.set(row[2]!, (homes.get(row[2]!) ?? new Set()).add(c));
      for (const first of [0, 1000]) {
        const ids = rows.map((row) => row[1] as number).filter((id) => id >= first && id < first + 1000);
        expect(ids).toEqual([...ids].sort((a, b) => a - b));
      }
      expect(others.filter(({ kind }) => kind === 'watermark')).toHaveLength(2);
    }
    expect([...homes.values()].every((set) => set.size === 1)).toBe(true);
    expect(new Set([...homes.values()].flatMap((set) => [...set])).size).toBeGreaterThan(1);
    const expected = new Map(
      sampleRows(150)
        .concat(sampleRows(150, 1000))
        .map((row) => [row[0], row]),
    );
    for (const [kind, ...row] of all) {
      expect(row).toEqual(expected.get(row[0]!));
      const inBatch = (row[0] as number) % 1000;
      const want = inBatch >= 50 && inBatch < 100 ? ROW_KIND_SHORT[((inBatch - 50) % 4) as RowKind] : '+I';
      expect(kind).toBe(want);
    }
    environment.close();
    expect(memory.statistics.used).toBe(before);
  });

  test('broadcast, rebalance, forward, singleton', () => {
    for (const [kind, consumersCount, expected] of [
      ['broadcast', 3, [40, 40, 40]],
      ['rebalance', 2, [20, 20]],
      ['forward', 2, [20, 20]],
      ['singleton', 1, [40]],
    ] as const) {
      const memory = new LinearMemory();
      const environment = new ShuffleEnvironment('job', memory, nodeFileSystem, compilerFor(memory));
      const edge = descriptor({ kind }, blocking, consumersCount);
      for (const subtask of [0, 1]) {
        const partition = environment.createResultPartition(edge, attempt(subtask));
        for (const from of [0, 10]) {
          const batch = batchOf(memory, sampleRows(10, subtask * 100 + from));
          partition.emitBatch(batch);
          batch.release();
        }
        partition.finish();
      }
      expect(drain(memory, environment, edge).map(({ rows }) => rows.length)).toEqual(expected);
      environment.close();
    }
  });
});

test('a queue asks its producer to pause, and lets it go on when the consumer has read', () => {
  const memory = new LinearMemory();
  const environment = new ShuffleEnvironment('job', memory, nodeFileSystem, compilerFor(memory));
  const edge = descriptor({ kind: 'forward' }, false, 1);
  const partition = environment.createResultPartition(edge, attempt(0));
  for (let i = 0; i < QUEUE_CREDIT; i++) {
    expect(partition.available).toBe(true);
    const batch = batchOf(memory, sampleRows(1));
    partition.emitBatch(batch);
    batch.release();
  }
  expect(partition.available).toBe(false);
  environment
    .createInputGate(edge, 0, [resultOf(0)])
    .poll((element) => element.kind === 'batch' && element.batch.release());
  expect(partition.available).toBe(true);
  const used = memory.statistics.used;
  environment.close();
  expect(memory.statistics.used).toBeLessThan(used);
});

test('files of blocking results are Arrow files that other readers open; they go when the job ends', () => {
  const memory = new LinearMemory();
  const parent = nodeFileSystem.makeTemporaryDirectory('weir-test-');
  const environment = new ShuffleEnvironment('job', memory, nodeFileSystem, compilerFor(memory), parent);
  const edge = descriptor({ kind: 'hash', keys: [0] }, true, 3);
  const partition = environment.createResultPartition(edge, attempt(0));
  const batch = batchOf(memory, sampleRows(100));
  partition.emitBatch(batch);
  batch.release();
  expect(partition.available).toBe(true);
  partition.finish();
  expect(environment.files).toHaveLength(1);
  const table = tableFromIPC(readFileSync(environment.files[0] as string));
  expect(table.schema.fields.map(({ name }) => name)).toEqual(['id', 'name', 'big', 'x', '$kind']);
  expect(table.batches).toHaveLength(3);
  const rows = table.toArray().map((row) => [row.id, row.name, row.big]);
  expect(rows.sort((a, b) => a[0] - b[0])).toEqual(sampleRows(100).map((row) => row.slice(0, 3)));
  const written = environment.describe(attempt(0), 0);
  expect(written.map(({ file }) => [file.path, file.bytes])).toEqual([
    [environment.files[0], nodeFileSystem.stat(environment.files[0] as string)?.size],
  ]);
  environment.close();
  expect(readdirSync(parent)).toEqual([]);
  nodeFileSystem.remove(parent);
});

test('each subpartition lies in the file by full batches, however the rows came', () => {
  const memory = new LinearMemory();
  const environment = new ShuffleEnvironment('job', memory, nodeFileSystem, compilerFor(memory));
  const edge = descriptor({ kind: 'hash', keys: [0] }, true, 2);
  const partition = environment.createResultPartition(edge, attempt(0));
  for (let from = 0; from < 80_000; from += 5000) {
    const batch = batchOf(memory, sampleRows(5000, from));
    partition.emitBatch(batch);
    batch.release();
  }
  partition.finish();
  const [{ file }] = environment.describe(attempt(0), 0) as [BlockingDescriptor];
  const lengths = new Map<number, number>();
  const { batches } = tableFromIPC(readFileSync(file.path));
  const byOffset = file.index.ranges.flat().sort((a, b) => a.offset - b.offset);
  for (const [i, { offset }] of byOffset.entries()) lengths.set(offset, batches[i]!.numRows);
  for (const ranges of file.index.ranges) {
    const counts = ranges.map(({ offset }) => lengths.get(offset)!);
    expect(counts.length).toBeGreaterThan(1);
    expect(counts.slice(0, -1).every((count) => count === FILE_BATCH_ROWS)).toBe(true);
  }
  expect([...lengths.values()].reduce((sum, count) => sum + count, 0)).toBe(80_000);
  environment.close();
});

test('who has nothing but the file finds in it where each subpartition lies, and whether it is what was written', () => {
  const [memory, disk] = [new LinearMemory(), new SimulatedDisk()];
  const writing = new ShuffleEnvironment('job', memory, disk, compilerFor(memory), undefined, null, '/kept');
  const edge = descriptor({ kind: 'hash', keys: [0] }, true, 3);
  const partition = writing.createResultPartition(edge, attempt(0));
  const batch = batchOf(memory, sampleRows(100));
  partition.emitBatch(batch);
  batch.release();
  partition.emitWatermark(7);
  partition.finish();
  const [{ file }] = writing.describe(attempt(0), 0) as [BlockingDescriptor];
  writing.close();
  const { path, bytes } = file;
  const index = readPartitionIndex(disk, path);
  expect(index).toEqual(file.index);
  expect([index.insertOnly, index.watermark, index.ranges.length]).toEqual([true, 7, 3]);
  const access = { fileSystem: disk, memory, compiler: compilerFor(memory) };
  expect(isWhole(access, { path, index, bytes })).toBe(true);

  const reading = new ShuffleEnvironment('job', memory, disk, compilerFor(memory));
  let rows = 0;
  for (const subtask of [0, 1, 2]) {
    const gate = reading.createInputGate(edge, subtask, [{ ...resultOf(0), file: { path, index, bytes } }]);
    while (
      gate.poll((element) => {
        if (element.kind !== 'batch') return;
        rows += element.batch.rowCount;
        element.batch.release();
      })
    );
  }
  reading.close();
  expect(rows).toBe(100);

  const written = disk.readFile(path);
  const last = Math.max(...index.ranges.flat().map(({ offset, length }) => offset + length));
  expect(last).toBeLessThan(written.length);
  let noticed = 0;
  for (let at = 8; at < written.length; at++) {
    const damaged = Uint8Array.from(written);
    damaged[at]! ^= 0x10;
    disk.writeFile(path, damaged);
    const found = readPartitionIndex(disk, path);
    // Padding and what the index does not rest on may be anything.
    if (isWhole(access, { path, index: found, bytes })) expect(found).toEqual(index);
    else noticed++;
  }
  expect(noticed).toBeGreaterThan(last - Math.min(...index.ranges.flat().map(({ offset }) => offset)));
  disk.remove(path);
  expect(readPartitionIndex(disk, path)).toBe(NO_INDEX);
});

test('key groups are dealt out in ranges, as Flink does', () => {
  // operatorIndex = keyGroup * parallelism / maxParallelism: 128 groups over 3 subtasks are 43, 43 and 42
  const table = keyGroupTable(3, 128);
  expect([0, 1, 2].map((subtask) => table.filter((owner) => owner === subtask).length)).toEqual([43, 43, 42]);
  expect([...table]).toEqual([...table].sort((a, b) => a - b));
});
