/**
 * Rows for whoever started the job (`ReaderContext.deliver`) from the tasks of a worker: they go to the main thread
 * through one ring per channel.
 */
import type { Batch } from '../../columnar/batch.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { Mailbox } from '../../shuffle/threads/mailbox.ts';
import { RING_BYTES, RingConsumer, type RingProducer } from '../../shuffle/threads/ring.ts';
import type { ThreadExchange } from '../../shuffle/threads/thread-exchange.ts';
import type { DataType } from '../../types/data-type.ts';

/** The worker's side. */
export class Deliveries {
  readonly #memory: LinearMemory;
  readonly #exchange: ThreadExchange;
  readonly #receiver: number;
  readonly #announce: (channel: string, types: readonly DataType[], ring: number) => void;
  readonly #rings = new Map<string, { readonly address: number; readonly producer: RingProducer }>();

  /** @param receiver number of the mailbox that the main thread looks into */
  constructor(
    memory: LinearMemory,
    exchange: ThreadExchange,
    receiver: number,
    announce: (channel: string, types: readonly DataType[], ring: number) => void,
  ) {
    this.#memory = memory;
    this.#exchange = exchange;
    this.#receiver = receiver;
    this.#announce = announce;
  }

  deliver(channel: string, batch: Batch, types: readonly DataType[]): void {
    let ring = this.#rings.get(channel);
    if (ring === undefined) {
      const address = this.#memory.allocateZeroed(RING_BYTES);
      ring = { address, producer: this.#exchange.producer({ address, executor: this.#receiver }) };
      this.#rings.set(channel, ring);
      this.#announce(channel, types, address);
    }
    ring.producer.send({ kind: 'batch', batch });
  }

  /** See RuntimeEnvironment.throttle. */
  throttle(): Promise<void> | null {
    const { mailbox } = this.#exchange;
    const { epoch } = mailbox;
    // What waits behind a full ring gets on when the main thread has read, or it would wait for us.
    this.pump();
    for (const { producer } of this.#rings.values()) if (!producer.hasCredit) return mailbox.woken(epoch);
    return null;
  }

  /** Everything has been read. */
  get drained(): boolean {
    for (const { producer } of this.#rings.values()) if (!producer.drained) return false;
    return true;
  }

  pump(): void {
    for (const { producer } of this.#rings.values()) producer.pump();
  }

  close(): void {
    for (const { address, producer } of this.#rings.values()) {
      producer.close();
      this.#memory.free(address);
    }
    this.#rings.clear();
  }
}

/** Batches that are handed over before the event loop gets its turn. */
const BATCHES_PER_TURN = 16;

/** The main thread's side: hands on what comes from all workers of a job, as fast as it is read. */
export class DeliveryReceiver {
  readonly #memory: LinearMemory;
  readonly #mailbox: Mailbox;
  readonly #deliver: (channel: string, batch: Batch, types: readonly DataType[]) => void;
  readonly #throttle: () => Promise<void> | null;
  readonly #inlets: { readonly channel: string; readonly types: readonly DataType[]; readonly ring: RingConsumer }[] =
    [];
  #hurried = false;
  #closed = false;
  #stir: () => void = () => undefined;

  constructor(
    memory: LinearMemory,
    mailbox: Mailbox,
    deliver: (channel: string, batch: Batch, types: readonly DataType[]) => void,
    throttle: () => Promise<void> | null,
  ) {
    this.#memory = memory;
    this.#mailbox = mailbox;
    this.#deliver = deliver;
    this.#throttle = throttle;
  }

  /** @param sender wakes the worker */
  open(channel: string, types: readonly DataType[], address: number, sender: Mailbox): void {
    const ring = new RingConsumer({ memory: this.#memory, address, wake: () => sender.wake() }, types);
    this.#inlets.push({ channel, types, ring });
    this.#mailbox.wake();
  }

  /** Tasks are being cancelled: they end when their rows have been taken, whether somebody reads them or not. */
  hurry(): void {
    this.#hurried = true;
    this.#stir();
  }

  /** Until closed. Rejects with what `deliver` throws. */
  async run(): Promise<void> {
    while (!this.#closed) {
      const { epoch } = this.#mailbox;
      const behind = this.#hurried ? null : this.#throttle();
      if (behind !== null) await this.#stirred([behind]);
      else if (this.#deliverSome()) await new Promise<void>((resolve) => setImmediate(resolve));
      else await this.#stirred([this.#mailbox.woken(epoch)]);
      this.#mailbox.awake();
    }
  }

  close(): void {
    this.#closed = true;
    this.#stir();
    this.#mailbox.wake();
  }

  /** @returns whether there may be more */
  #deliverSome(): boolean {
    let delivered = 0;
    for (const { channel, types, ring } of this.#inlets) {
      for (let element = ring.poll(); element !== null; element = ring.poll()) {
        if (element.kind !== 'batch') continue;
        try {
          this.#deliver(channel, element.batch, types);
        } finally {
          element.batch.release();
        }
        if (++delivered >= BATCHES_PER_TURN) return true;
      }
    }
    return delivered > 0;
  }

  async #stirred(promises: readonly Promise<void>[]): Promise<void> {
    const stirred = new Promise<void>((resolve) => {
      this.#stir = resolve;
    });
    if (!this.#closed) await Promise.race([...promises, stirred]);
  }
}
