/** The consumer of ring.test.ts: adds up the first column, and keeps the last few batches for a while. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Batch } from '../../../src/columnar/batch.ts';
import { LinearMemory, type SharedLinearMemory } from '../../../src/memory/arena.ts';
import { MAILBOX_BYTES, Mailbox } from '../../../src/shuffle/threads/mailbox.ts';
import { RingConsumer } from '../../../src/shuffle/threads/ring.ts';
import { BIGINT, nullable, STRING } from '../../../src/types/data-type.ts';

export interface RingThreadData {
  readonly shared: SharedLinearMemory;
  readonly address: number;
  /** The producer's, then this thread's. */
  readonly mailboxes: number;
  readonly batches: number;
  /** Batches that are kept before the first of them is given back. */
  readonly holding: number;
}

const { shared, address, mailboxes, holding } = workerData as RingThreadData;
const memory = new LinearMemory(shared);
const mine = new Mailbox(memory, mailboxes + MAILBOX_BYTES);
const theirs = new Mailbox(memory, mailboxes);
const consumer = new RingConsumer({ memory, address, wake: () => theirs.wake() }, [BIGINT, nullable(STRING)]);
const keepAlive = setInterval(() => undefined, 1000);
const held: Batch[] = [];
let sum = 0n;

function add({ rowCount, columns }: Batch): void {
  const first = columns[0]!.values >>> 3;
  for (let i = 0; i < rowCount; i++) sum += memory.i64[first + i]!;
}

for (let ended = false; !ended; ) {
  const { epoch } = mine;
  const element = consumer.poll();
  if (element === null) {
    await mine.woken(epoch);
    mine.awake();
  } else if (element.kind === 'batch') {
    held.push(element.batch);
    if (held.length <= holding) continue;
    const oldest = held.shift()!;
    add(oldest);
    oldest.release();
  } else ended = element.kind === 'end';
}
for (const batch of held) {
  add(batch);
  batch.release();
}
clearInterval(keepAlive);
parentPort!.postMessage(String(sum));
