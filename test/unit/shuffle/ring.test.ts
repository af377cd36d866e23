import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { Batch } from '../../../src/columnar/batch.ts';
import { BatchBuilder } from '../../../src/columnar/builder.ts';
import { RowReader } from '../../../src/columnar/row-reader.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { PartMaker } from '../../../src/shuffle/part-maker.ts';
import type { StreamElement } from '../../../src/shuffle/stream-element.ts';
import { MAILBOX_BYTES, Mailbox } from '../../../src/shuffle/threads/mailbox.ts';
import { RING_BYTES, RingConsumer, RingProducer } from '../../../src/shuffle/threads/ring.ts';
import { RingSubpartition } from '../../../src/shuffle/threads/ring-subpartition.ts';
import { BIGINT, nullable, STRING } from '../../../src/types/data-type.ts';
import { bundleThread } from '../../tools/bundle-thread.ts';
import type { RingThreadData } from './ring-thread.ts';

const types = [BIGINT, nullable(STRING)];

function batchOf(memory: LinearMemory, numbers: readonly number[]): Batch {
  const builder = new BatchBuilder(memory, types, Math.max(numbers.length, 1));
  for (const n of numbers) builder.append([BigInt(n), n % 3 === 0 ? null : `row ${n}`]);
  return builder.finish();
}

/** Both ends on one thread; counts how often each side was woken. */
function ring(memory = new LinearMemory()) {
  const { used } = memory.statistics;
  const address = memory.allocateZeroed(RING_BYTES);
  const woken = { producer: 0, consumer: 0 };
  const producer = new RingProducer({ memory, address, wake: () => woken.consumer++ });
  const consumer = new RingConsumer({ memory, address, wake: () => woken.producer++ }, types);
  const reader = new RowReader(memory, types);
  const send = (...numbers: number[]): void => {
    const batch = batchOf(memory, numbers);
    producer.send({ kind: 'batch', batch });
    batch.release();
  };
  const rows = (batch: Batch): unknown[][] =>
    Array.from({ length: batch.rowCount }, (_, i) => [...reader.row(batch, i)]);
  const free = (): void => {
    producer.close();
    memory.free(address);
    expect(memory.statistics.used).toBe(used);
  };
  return { memory, producer, consumer, woken, send, rows, free };
}

const isBatch = (element: StreamElement | null): Batch => {
  expect(element?.kind).toBe('batch');
  return (element as StreamElement & { kind: 'batch' }).batch;
};

test('elements arrive in order, as they were; batches are given back', () => {
  const { producer, consumer, woken, send, rows, free } = ring();
  expect(consumer.poll()).toBeNull();
  send(1, 2, 3);
  producer.send({ kind: 'watermark', timestamp: -62135596800000 });
  producer.send({ kind: 'status', idle: true });
  producer.send({ kind: 'end' });
  expect(woken.consumer).toBe(4);
  const batch = isBatch(consumer.poll());
  expect(rows(batch)).toEqual([
    [1n, 'row 1'],
    [2n, 'row 2'],
    [3n, null],
  ]);
  expect(consumer.poll()).toEqual({ kind: 'watermark', timestamp: -62135596800000 });
  expect(consumer.poll()).toEqual({ kind: 'status', idle: true });
  expect(consumer.poll()).toEqual({ kind: 'end' });
  expect(consumer.poll()).toBeNull();
  expect(woken.producer).toBe(4);
  producer.pump();
  expect(producer.settled).toBe(false);
  batch.release();
  producer.pump();
  expect(producer.settled).toBe(true);
  free();
});

test('eight unread batches exhaust the credit; what is written regardless is kept, in order', () => {
  const { producer, consumer, send, free } = ring();
  for (let i = 0; i < 8; i++) {
    expect(producer.hasCredit).toBe(true);
    send(i);
  }
  expect(producer.hasCredit).toBe(false);
  for (let i = 8; i < 200; i++) {
    send(i);
    producer.send({ kind: 'watermark', timestamp: i });
  }
  let next = 0;
  for (let element = consumer.poll(); element !== null; element = consumer.poll()) {
    if (element.kind === 'batch') {
      expect(element.batch.rowCount).toBe(1);
      element.batch.release();
      next++;
    } else expect(element).toEqual({ kind: 'watermark', timestamp: next - 1 });
    producer.pump();
  }
  expect(next).toBe(200);
  expect(producer.drained).toBe(true);
  expect(producer.hasCredit).toBe(true);
  free();
});

test('what the consumer has not read when it is gone is released; what it holds stays', () => {
  const { producer, consumer, send, rows, free } = ring();
  for (let i = 0; i < 100; i++) send(i, i + 1);
  const held = isBatch(consumer.poll());
  consumer.close();
  producer.pump();
  expect(producer.hasCredit).toBe(true);
  send(1000);
  expect(producer.settled).toBe(false);
  expect(rows(held)).toEqual([
    [0n, null],
    [1n, 'row 1'],
  ]);
  held.release();
  producer.pump();
  expect(producer.settled).toBe(true);
  free();
});

test('closing the producer releases what nobody gave back', () => {
  const { consumer, send, free } = ring();
  for (let i = 0; i < 100; i++) send(i);
  isBatch(consumer.poll());
  free();
});

test('small batches are gathered until they make one, something else passes, or time is up', () => {
  const { memory, producer, consumer, rows, free } = ring();
  const compiler = kernelCompiler(memory, new ModuleCache());
  const subpartition = new RingSubpartition(producer, new PartMaker(memory, compiler, types), {
    rows: 100,
    timeout: 50,
  });
  const push = (...numbers: number[]): void => {
    const batch = batchOf(memory, numbers);
    subpartition.pushBatch(batch);
    batch.release();
  };
  const next = (): unknown[] => {
    const batch = isBatch(consumer.poll());
    const found = rows(batch).map(([id]) => Number(id));
    batch.release();
    return found;
  };
  push(1);
  push(2, 3);
  expect(consumer.poll()).toBeNull();
  subpartition.push({ kind: 'watermark', timestamp: 5 });
  expect(next()).toEqual([1, 2, 3]);
  expect(consumer.poll()).toEqual({ kind: 'watermark', timestamp: 5 });

  push(4);
  subpartition.pump(1000, false);
  subpartition.pump(1049, false);
  expect(consumer.poll()).toBeNull();
  subpartition.pump(1050, false);
  expect(next()).toEqual([4]);

  push(5);
  subpartition.pump(2000, true);
  expect(next()).toEqual([5]);

  for (let i = 0; i < 60; i += 2) push(i, i + 1);
  expect(next()).toHaveLength(52);
  expect(consumer.poll()).toBeNull();
  const many = Array.from({ length: 80 }, (_, i) => i);
  push(...many);
  expect(next()).toEqual([52, 53, 54, 55, 56, 57, 58, 59]);
  expect(next()).toEqual(many);
  subpartition.release();
  free();
});

test('a slow consumer on another thread slows the producer down, and gives everything back', async () => {
  const memory = new LinearMemory();
  const thread = await bundleThread('test/unit/shuffle/ring-thread.ts');
  const shared = memory.share(1);
  const { used } = memory.statistics;
  const address = memory.allocateZeroed(RING_BYTES);
  const mailboxes = memory.allocateZeroed(2 * MAILBOX_BYTES);
  const mine = new Mailbox(memory, mailboxes);
  const theirs = new Mailbox(memory, mailboxes + MAILBOX_BYTES);
  const workerData: RingThreadData = { shared, address, mailboxes, batches: 3000, holding: 20 };
  const worker = new Worker(thread.url, { workerData });
  const sum = new Promise<string>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  const producer = new RingProducer({ memory, address, wake: () => theirs.wake() });
  const keepAlive = setInterval(() => undefined, 1000);
  let expected = 0n;
  let most = 0;
  for (let i = 0; i < workerData.batches; i++) {
    for (;;) {
      const { epoch } = mine;
      producer.pump();
      if (producer.hasCredit) break;
      await mine.woken(epoch);
      mine.awake();
    }
    const batch = batchOf(memory, [i, i + 1, i + 2]);
    producer.send({ kind: 'batch', batch });
    batch.release();
    expected += 3n * BigInt(i) + 3n;
    most = Math.max(most, memory.statistics.used - used);
  }
  producer.send({ kind: 'end' });
  expect(await sum).toBe(String(expected));
  clearInterval(keepAlive);
  producer.pump();
  expect(producer.settled).toBe(true);
  // Eight in the ring and twenty held, some hundred bytes each.
  expect(most).toBeLessThan(40 * 5000 + RING_BYTES + 64 * 1024);
  producer.close();
  memory.free(address);
  memory.free(mailboxes);
  expect(memory.statistics.used).toBe(used);
  await worker.terminate();
  thread.remove();
});

test('a mailbox that was raised between looking and sleeping does not sleep, nor the second time', async () => {
  const memory = new LinearMemory();
  const mailbox = new Mailbox(memory, memory.allocateZeroed(MAILBOX_BYTES));
  const woken = async (epoch: number): Promise<boolean> => {
    const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 50));
    return Promise.race([mailbox.woken(epoch).then(() => true), late]);
  };
  const { epoch } = mailbox;
  expect(await woken(epoch)).toBe(false);
  mailbox.awake();
  // Nobody sleeps, so nobody is notified.
  mailbox.wake();
  expect(await woken(epoch)).toBe(true);
  expect(await woken(mailbox.epoch)).toBe(false);
});
