/** Snapshots on their way to a file: written piece by piece, and let go of where nobody wants them any more. */
import { expect, test } from 'vitest';
import type { Operator } from '../../../src/dataflow/operator.ts';
import { SnapshotWriting } from '../../../src/runtime/checkpoint/snapshot-writing.ts';
import { OperatorStates } from '../../../src/runtime/checkpoint/task-snapshot.ts';
import type {
  CheckpointAcknowledgement,
  ExecutionAttemptId,
  JobMasterGateway,
} from '../../../src/runtime/task-executor-gateway.ts';
import type { PageWriter, UnwrittenPages } from '../../../src/state/snapshot.ts';
import { SimulatedDisk } from '../../sim/simulated-disk.ts';

const ID: ExecutionAttemptId = { vertex: 'v', subtask: 0, attempt: 0 };

/** More than is written at once, if there are many. */
const lengthOf = (page: number): number => (page + 1) << 16;

/** Pages that an operator has noted; page n is full of the value n. */
class Pages implements UnwrittenPages {
  readonly #writer: PageWriter;
  #left: number;
  dropped = false;

  constructor(writer: PageWriter, count: number) {
    this.#writer = writer;
    this.#left = count;
  }

  writeSome(): boolean {
    const page = --this.#left;
    this.#writer.writePage('rows', page, 7, new Uint8Array(lengthOf(page)).fill(page));
    return this.#left > 0;
  }

  drop(): void {
    this.dropped = true;
  }
}

function setting(pageCount: number) {
  const disk = new SimulatedDisk();
  disk.makeDirectory('/c');
  const acknowledged: CheckpointAcknowledgement[] = [];
  const declined: number[] = [];
  const master = {
    acknowledgeCheckpoint: (_: ExecutionAttemptId, acknowledgement: CheckpointAcknowledgement) => {
      acknowledged.push(acknowledgement);
    },
    declineCheckpoint: (_: ExecutionAttemptId, checkpointId: number) => {
      declined.push(checkpointId);
    },
  } as Partial<JobMasterGateway> as JobMasterGateway;
  const writing = new SnapshotWriting(disk, master);
  let pages: Pages | null = null;
  const operator = {
    snapshotPages: (writer: PageWriter) => {
      writer.write('small', Uint8Array.of(1, 2, 3));
      writer.keepPage('rows', 99);
      pages = new Pages(writer, pageCount);
      writer.writeLater(pages);
    },
  } as Partial<Operator> as Operator;
  const state = new OperatorStates();
  state.take('u', operator, 5, null);
  const barrier = { id: 5, timestamp: 0, stop: 'none', directory: '/c' } as const;
  writing.add(ID, { barrier, splits: {}, state, committables: {} });
  return { disk, writing, acknowledged, declined, pages: pages! as Pages };
}

test('what operators have only noted is in the file, and acknowledged when all of it is', async () => {
  const { disk, writing, acknowledged } = setting(20);
  while (writing.busy) writing.step();
  // It is not on the disk yet.
  writing.step();
  expect(acknowledged).toEqual([]);
  await writing.waitsFor;
  writing.step();
  expect([writing.busy, writing.waitsFor]).toEqual([false, null]);
  const [{ state, kept }] = acknowledged as [CheckpointAcknowledgement];
  expect(kept).toEqual([{ uid: 'u', name: 'rows', page: 99 }]);
  expect(state.sections.map(({ name, page, length }) => [name, page, length])).toEqual([
    ['small', -1, 3],
    ...Array.from({ length: 20 }, (_, i) => ['rows', 19 - i, lengthOf(19 - i)]),
  ]);
  const file = disk.readFile(state.sections[0]!.path);
  for (const { page, offset, length } of state.sections.slice(1)) {
    expect(file.subarray(offset, offset + length).every((byte) => byte === page)).toBe(true);
  }
});

test('a task that is about to end has all of it written', async () => {
  const { writing, acknowledged } = setting(20);
  await writing.flush(ID);
  expect([writing.busy, writing.waitsFor]).toEqual([false, null]);
  expect(acknowledged[0]!.state.sections).toHaveLength(21);
});

test.each<[string, (writing: SnapshotWriting) => void, number[]]>([
  ['given up', (writing) => writing.abortCheckpoint(5), [5]],
  ['of a cancelled task', (writing) => writing.drop(ID), [5]],
  ['of a closed executor', (writing) => writing.close(), []],
])('a snapshot %s lets go of the pages, and leaves no file', (_, giveUp, expected) => {
  const { disk, writing, acknowledged, declined, pages } = setting(20);
  writing.step();
  giveUp(writing);
  expect([writing.busy, writing.waitsFor]).toEqual([false, null]);
  expect(pages.dropped).toBe(true);
  expect([acknowledged, declined]).toEqual([[], expected]);
  expect(disk.files('/c')).toEqual([]);
});

test('a disk that fails in the end declines the checkpoint', async () => {
  const { disk, writing, acknowledged, declined } = setting(3);
  disk.onOperation = (operation) => {
    if (operation === 'sync') throw new Error('worn out');
  };
  await writing.flush(ID);
  expect([acknowledged, declined]).toEqual([[], [5]]);
  expect(disk.files('/c')).toEqual([]);
});

test('another checkpoint given up changes nothing', async () => {
  const { writing, acknowledged, pages } = setting(3);
  writing.abortCheckpoint(4);
  await writing.flush(ID);
  expect(pages.dropped).toBe(false);
  expect(acknowledged).toHaveLength(1);
});
