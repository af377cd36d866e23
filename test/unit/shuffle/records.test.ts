import { readdirSync, readFileSync } from 'node:fs';
import { tableFromIPC } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { nodeFileSystem } from '../../../src/base/fs.ts';
import type { RecordPartitioning } from '../../../src/dataflow/functions/stream-operator.ts';
import type { RecordBatch } from '../../../src/dataflow/records.ts';
import type { Distribution } from '../../../src/dataflow/traits.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { recordScatter } from '../../../src/shuffle/records/record-partitioner.ts';
import { packRecords, TRANSPORT_TYPES, UnpackingChannel } from '../../../src/shuffle/records/record-transport.ts';
import { type ShuffleDescriptor, ShuffleEnvironment } from '../../../src/shuffle/shuffle-environment.ts';
import type { StreamElement } from '../../../src/shuffle/stream-element.ts';
import { keyGroupOf, subtaskOfKeyGroup } from '../../../src/state/key-groups.ts';

const byValue: RecordPartitioning = { kind: 'keyed', keySelector: (value) => value };

/** Where each of the numbers 0 … count - 1 goes. */
function targets(
  distribution: Distribution,
  { count = 12, producers = 2, subpartitions = 3, producer = 0, partitioning = null as RecordPartitioning | null } = {},
): number[][] {
  const found: number[][] = Array.from({ length: subpartitions }, () => []);
  const scatter = recordScatter(
    { distribution, partitioning, producers, subpartitions, maxParallelism: 128 },
    producer,
  );
  const values = Array.from({ length: count }, (_, i) => i);
  scatter({ values, timestamps: values.map((value) => value * 10) }, (s, part) => {
    expect(part.timestamps).toEqual(part.values.map((value) => (value as number) * 10));
    found[s]!.push(...(part.values as number[]));
  });
  return found;
}

describe('records go', () => {
  test('in turns, starting elsewhere for each producer', () => {
    expect(targets({ kind: 'rebalance' }, { count: 5 })).toEqual([[0, 3], [1, 4], [2]]);
    expect(targets({ kind: 'rebalance' }, { count: 5, producer: 1 })).toEqual([[2], [0, 3], [1, 4]]);
  });

  test('by rescale to a part of the consumers', () => {
    const rescale = (producers: number, subpartitions: number) =>
      Array.from({ length: producers }, (_, producer) =>
        targets({ kind: 'rescale' }, { producers, subpartitions, producer }).flatMap((part, s) =>
          part.length > 0 ? [s] : [],
        ),
      );
    expect(rescale(2, 4)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(rescale(4, 2)).toEqual([[0], [0], [1], [1]]);
    expect(rescale(2, 3)).toEqual([[0], [1, 2]]);
  });

  test('to the first, to all, by chance that can be repeated', () => {
    const all = Array.from({ length: 12 }, (_, i) => i);
    expect(targets({ kind: 'global' })).toEqual([all, [], []]);
    expect(targets({ kind: 'broadcast' })).toEqual([all, all, all]);
    const shuffled = targets({ kind: 'shuffle' }, { count: 300 });
    for (const part of shuffled) expect(part.length).toBeGreaterThan(60);
    expect(targets({ kind: 'shuffle' }, { count: 300 })).toEqual(shuffled);
  });

  test('by key to the subtask that owns its group', () => {
    const found = targets({ kind: 'keyed', selector: 's' }, { count: 50, partitioning: byValue });
    for (const [s, part] of found.entries()) {
      for (const key of part) expect(subtaskOfKeyGroup(keyGroupOf(key, 128), 3, 128)).toBe(s);
    }
    expect(found.flat().length).toBe(50);
  });

  test('where a partitioner says, if there is such a subtask', () => {
    const custom = (chosen: number): RecordPartitioning => ({
      kind: 'custom',
      keySelector: (value) => value,
      partitioner: { partition: (key, count) => ((key as number) % count) + chosen },
    });
    const distribution: Distribution = { kind: 'custom', selector: 's' };
    expect(targets(distribution, { count: 5, partitioning: custom(0) })).toEqual([[0, 3], [1, 4], [2]]);
    expect(() => targets(distribution, { partitioning: custom(1) })).toThrow('a partitioner chose subtask 3 of 3');
  });

  test('a key selector must give a key', () => {
    const partitioning: RecordPartitioning = { kind: 'keyed', keySelector: () => undefined };
    expect(() => targets({ kind: 'keyed', selector: 's' }, { partitioning })).toThrow('which cannot be a key');
  });
});

const values = Array.from({ length: 5000 }, (_, i) => ({
  id: i,
  name: i % 7 === 0 ? null : `n${i % 10}`,
  even: i % 2 === 0,
}));
const timestamps = values.map(({ id }) => 1_700_000_000_000 + id);

function environment(memory: LinearMemory, directory?: string): ShuffleEnvironment {
  return new ShuffleEnvironment('job', memory, nodeFileSystem, kernelCompiler(memory, new ModuleCache()), directory);
}

function edge(blocking: boolean): ShuffleDescriptor {
  return {
    edge: 'a->b[0.0]',
    producer: 'a',
    consumers: 3,
    maxParallelism: 128,
    distribution: { kind: 'keyed', selector: 's' },
    blocking,
    schema: { fields: [], primaryKey: null, rowtime: null },
    records: { producers: 1, partitioning: { kind: 'keyed', keySelector: (value) => (value as { id: number }).id } },
  };
}

/** By subtask: what it gets. */
function send(
  shuffle: ShuffleEnvironment,
  descriptor: ShuffleDescriptor,
  batches: readonly RecordBatch[],
): StreamElement[][] {
  const result = shuffle.createResultPartition(descriptor, { subtask: 0, attempt: 0 });
  for (const batch of batches) result.emitRecords(batch);
  result.emitWatermark(99);
  result.finish();
  const producer = { vertex: 'a', subtask: 0, attempt: 0 };
  return [0, 1, 2].map((subtask) => {
    const gate = shuffle.createInputGate(descriptor, subtask, [
      { edge: descriptor.edge, producer, executor: 0, file: null },
    ]);
    const elements: StreamElement[] = [];
    while (gate.poll((element) => elements.push(element)));
    return elements;
  });
}

const recordsIn = (elements: readonly StreamElement[]): RecordBatch[] =>
  elements.flatMap((element) => (element.kind === 'records' ? [element.records] : []));

describe.each([[false], [true]])('over an edge, blocking: %s', (blocking) => {
  test('every record arrives, in order, before the watermark and the end', () => {
    const memory = new LinearMemory();
    const shuffle = environment(memory);
    const batches = [
      { values: values.slice(0, 2000), timestamps: timestamps.slice(0, 2000) },
      { values: values.slice(2000), timestamps: timestamps.slice(2000) },
      { values: [{ id: 7, other: new Map([[1, 2n]]) }], timestamps: null },
    ];
    const received = send(shuffle, edge(blocking), batches);
    for (const elements of received) {
      expect(elements.slice(-2)).toEqual([{ kind: 'watermark', timestamp: 99 }, { kind: 'end' }]);
    }
    const all = received.flatMap(recordsIn).flatMap((batch) => batch.values as { id: number }[]);
    const sorted = all.sort((a, b) => a.id - b.id || Number('other' in a) - Number('other' in b));
    expect(sorted).toEqual([...values.slice(0, 8), batches[2]!.values[0], ...values.slice(8)]);
    const times = received
      .flatMap(recordsIn)
      .flatMap((batch) => batch.values.map((value, i) => [value, batch.timestamps?.[i]] as const));
    for (const [value, time] of times) {
      const record = value as { id: number };
      if (!('other' in record)) expect(time).toBe(1_700_000_000_000 + record.id);
    }
    for (const elements of received) {
      const ids = recordsIn(elements).flatMap((batch) => batch.values as { id: number; other?: unknown }[]);
      const own = ids.filter((record) => record.other === undefined).map(({ id }) => id);
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
    shuffle.close();
  });

  test('no records at all', () => {
    const shuffle = environment(new LinearMemory());
    expect(send(shuffle, edge(blocking), [])[1]).toEqual([{ kind: 'watermark', timestamp: 99 }, { kind: 'end' }]);
    shuffle.close();
  });
});

test('any Arrow reader reads the file', () => {
  const directory = nodeFileSystem.makeTemporaryDirectory('weir-test-');
  const shuffle = environment(new LinearMemory(), directory);
  const shape = shuffle.createResultPartition(edge(true), { subtask: 0, attempt: 0 });
  shape.emitRecords({ values, timestamps });
  shape.finish();
  const [folder] = readdirSync(directory);
  const [file] = readdirSync(`${directory}/${folder}`);
  const table = tableFromIPC(readFileSync(`${directory}/${folder}/${file}`));
  const rows = table.toArray().map((row) => row.toJSON() as Record<string, unknown>);
  rows.sort((a, b) => (a['id'] as number) - (b['id'] as number));
  expect(rows.length).toBe(values.length);
  for (const [i, { id, name, even }] of values.entries()) {
    expect(rows[i]).toMatchObject({ id, name, even, $timestamp: BigInt(timestamps[i]!), $object: null });
  }
  shuffle.close();
  nodeFileSystem.remove(directory);
});

test('records pass between threads as bytes', () => {
  const memory = new LinearMemory();
  const used = memory.statistics.used;
  const sent: RecordBatch[] = [
    { values, timestamps },
    { values: [1, 2, 'x'], timestamps: null },
  ];
  const elements: StreamElement[] = sent.map((records) => ({ kind: 'batch', batch: packRecords(memory, records) }));
  expect(TRANSPORT_TYPES.length).toBe(1);
  const channel = new UnpackingChannel({ poll: () => elements.shift() ?? null, close: () => undefined }, memory);
  expect([channel.poll(), channel.poll(), channel.poll()]).toEqual([
    { kind: 'records', records: sent[0] },
    { kind: 'records', records: sent[1] },
    null,
  ]);
  expect(memory.statistics.used).toBe(used);
});

test('what would lose its methods is refused', () => {
  class Point {
    readonly x = 1;
    double(): number {
      return this.x * 2;
    }
  }
  const memory = new LinearMemory();
  expect(() => packRecords(memory, { values: [new Point()], timestamps: null })).toThrow('Point has methods');
  const shuffle = environment(memory);
  const result = shuffle.createResultPartition(edge(true), { subtask: 0, attempt: 0 });
  const point = Object.assign(new Point(), { id: 1 });
  expect(() => result.emitRecords({ values: [point], timestamps: null })).toThrow(
    'a record cannot be handed to another task: Point has methods',
  );
  expect(() => result.emitRecords({ values: [{ id: 1, f: () => 1 }], timestamps: null })).toThrow(
    'a record cannot be handed to another task',
  );
  shuffle.close();
});
