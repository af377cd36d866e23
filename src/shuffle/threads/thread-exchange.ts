/** The ends of rings that are on this thread: makes them, and sees to them between turns. */
import type { LinearMemory } from '../../memory/arena.ts';
import type { DataType } from '../../types/data-type.ts';
import type { PartMaker } from '../part-maker.ts';
import type { InputChannel } from '../result-partition.ts';
import { MAILBOX_BYTES, Mailbox, type WaitForChange } from './mailbox.ts';
import { RingConsumer, RingProducer } from './ring.ts';
import { type Gathering, RingSubpartition } from './ring-subpartition.ts';

/** Where a ring is, and who is on its other side. */
export interface RingPeer {
  readonly address: number;
  /** Number of the thread on the other side. */
  readonly executor: number;
}

export interface ThreadExchangeOptions {
  readonly memory: LinearMemory;
  /** Of the mailboxes of all threads that take part, by number: MAILBOX_BYTES each. */
  readonly mailboxes: number;
  /** Number of this thread. */
  readonly executor: number;
  readonly gathering: Gathering;
  /** Default: in shared memory, for another thread. */
  readonly wait?: WaitForChange;
}

export class ThreadExchange {
  /** Raised when another thread has left something for this one. */
  readonly mailbox: Mailbox;
  readonly #options: ThreadExchangeOptions;
  readonly #peers = new Map<number, Mailbox>();
  readonly #subpartitions = new Set<RingSubpartition>();

  constructor(options: ThreadExchangeOptions) {
    this.#options = options;
    this.mailbox = this.mailboxOf(options.executor);
  }

  mailboxOf(executor: number): Mailbox {
    let mailbox = this.#peers.get(executor);
    if (mailbox === undefined) {
      const { memory, mailboxes, wait } = this.#options;
      mailbox = new Mailbox(memory, mailboxes + executor * MAILBOX_BYTES, wait);
      this.#peers.set(executor, mailbox);
    }
    return mailbox;
  }

  /** This thread itself is awake. */
  wake(executor: number): void {
    if (executor !== this.#options.executor) this.mailboxOf(executor).wake();
  }

  producer({ address, executor }: RingPeer): RingProducer {
    const peer = this.mailboxOf(executor);
    return new RingProducer({ memory: this.#options.memory, address, wake: () => peer.wake() });
  }

  subpartition(peer: RingPeer, parts: PartMaker): RingSubpartition {
    const made = new RingSubpartition(this.producer(peer), parts, this.#options.gathering);
    this.#subpartitions.add(made);
    return made;
  }

  channel({ address, executor }: RingPeer, types: readonly DataType[]): InputChannel {
    const peer = this.mailboxOf(executor);
    return new RingConsumer({ memory: this.#options.memory, address, wake: () => peer.wake() }, types);
  }

  /** See RingSubpartition. */
  pump(now: number, idle: boolean): void {
    for (const subpartition of this.#subpartitions) subpartition.pump(now, idle);
  }

  /** No thread reads or writes any more. */
  close(): void {
    for (const subpartition of this.#subpartitions) subpartition.release();
    this.#subpartitions.clear();
  }
}
