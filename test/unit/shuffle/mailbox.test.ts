import { expect, test } from 'vitest';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { MAILBOX_BYTES, Mailbox } from '../../../src/shuffle/threads/mailbox.ts';

function mailbox(): { readonly memory: LinearMemory; readonly address: number; readonly box: Mailbox } {
  const memory = new LinearMemory({ maximum: 16 << 20 });
  const address = memory.allocateZeroed(MAILBOX_BYTES);
  return { memory, address, box: new Mailbox(memory, address) };
}

async function settledSoon(promise: Promise<void>): Promise<boolean> {
  const later = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 30));
  return Promise.race([promise.then(() => true), later]);
}

test('a wait is over when somebody wakes, also between the look and the wait', async () => {
  const { memory, address, box } = mailbox();
  const other = new Mailbox(memory, address);
  const { epoch } = box;
  const waiting = box.woken(epoch);
  expect(await settledSoon(waiting)).toBe(false);
  other.wake();
  expect(await settledSoon(waiting)).toBe(true);
  expect(await settledSoon(box.woken(epoch))).toBe(true);
});

test('a wait that was ended for nothing is followed by one that waits', async () => {
  const { memory, address, box } = mailbox();
  const { epoch } = box;
  const waiting = box.woken(epoch);
  // The second step of a waker whose first one was seen before.
  Atomics.notify(memory.i32, address >>> 2);
  expect(await settledSoon(waiting)).toBe(true);
  expect(await settledSoon(box.woken(epoch))).toBe(false);
});
