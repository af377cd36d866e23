/** A thread of shared-heaps.test.ts: takes blocks, writes its mark into them, and passes some on to the other thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { LinearMemory, type SharedLinearMemory } from '../../../src/memory/arena.ts';

export interface ThreadData {
  readonly shared: SharedLinearMemory;
  /** Addresses for the other thread, 0 where a place is free. */
  readonly outbox: SharedArrayBuffer;
  readonly inbox: SharedArrayBuffer;
  readonly rounds: number;
  /** Set when both have ended. */
  readonly ended: SharedArrayBuffer;
  /** Leaves what it has, as a thread that dies does. */
  readonly leave: boolean;
}

const { shared, outbox, inbox, rounds, ended, leave } = workerData as ThreadData;
const memory = new LinearMemory(shared);
const out = new Uint32Array(outbox);
const into = new Uint32Array(inbox);
const done = new Int32Array(ended);
const errors: string[] = [];
let state = shared.heap;

function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state >>> 8;
}

/** The length is in the first word, the mark behind it. */
function fill(pointer: number, size: number): void {
  memory.u32[pointer >>> 2] = size;
  memory.u8.fill(size & 255, pointer + 4, pointer + size);
}

function check(pointer: number): void {
  memory.refresh();
  const size = memory.u32[pointer >>> 2]!;
  for (const at of [4, size >>> 1, size - 1]) {
    if (at >= 4 && memory.u8[pointer + at] !== (size & 255)) errors.push(`block ${pointer} of ${size} bytes at ${at}`);
  }
}

function takeFromInbox(): void {
  for (let i = 0; i < into.length; i++) {
    const pointer = Atomics.exchange(into, i, 0);
    if (pointer === 0) continue;
    check(pointer);
    memory.free(pointer);
  }
}

const live: number[] = [];
for (let round = 0; round < rounds; round++) {
  const scale = random() & 15;
  const size = 8 + (random() % (scale < 12 ? 500 : scale < 15 ? 40_000 : 300_000));
  const pointer = memory.allocate(size);
  fill(pointer, size);
  const place = random() % out.length;
  if (Atomics.compareExchange(out, place, 0, pointer) !== 0) live.push(pointer);
  if (live.length > 200) {
    const victim = live.splice(random() % live.length, 1)[0]!;
    check(victim);
    memory.free(victim);
  }
  if ((round & 63) === 0) takeFromInbox();
}
if (!leave) for (const pointer of live) memory.free(pointer);
Atomics.add(done, 0, 1);
while (Atomics.load(done, 0) < 2) Atomics.wait(done, 0, 1, 10);
takeFromInbox();
Atomics.add(done, 0, 1);
while (Atomics.load(done, 0) < 4) Atomics.wait(done, 0, 3, 10);
memory.collect();
parentPort!.postMessage(errors);
