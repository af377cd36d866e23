/**
 * An edge between two subtasks on different threads: a ring of slots in linear memory, written by the producer and read
 * by the consumer. Batches are not copied: a slot holds the address of a header with the addresses of the columns, and
 * the consumer gives the header back when it needs the batch no more. So the thread that made a batch frees it.
 *
 * Everything else on an edge (watermarks, idleness, the end) keeps its place among the batches. What does not fit into
 * the ring waits on the producer's side. A ring has credit for a few batches, as a queue within a thread.
 */
import { assert } from '../../base/assert.ts';
import { Batch, columnOf, headerBytes, writeHeader } from '../../columnar/batch.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { DataType } from '../../types/data-type.ts';
import type { InputChannel } from '../result-partition.ts';
import type { StreamElement } from '../stream-element.ts';

/** Words of the producer, then, on a line of their own, those of the consumer. */
const WRITTEN = 0;
const READ = 16;
const BATCHES_READ = 17;
/** Head of the list of batches that were given back. */
const RETURNED = 18;
const CLOSED = 19;
const SLOTS = 32;

const SLOT_WORDS = 4;
const SLOT_COUNT = 64;
export const RING_BYTES = (SLOTS + SLOT_COUNT * SLOT_WORDS) * 4;

/** Batches that may wait in a ring before its producer pauses. */
const RING_CREDIT = 8;

const BATCH = 1;
const WATERMARK = 2;
/** Whatever else passes: as JSON. */
const PLAIN = 3;

/** Before the header that kernels know (columnar/batch.ts): the next in the list of what was given back. */
const LINK_BYTES = 8;

/** What is neither a batch nor a watermark, and plain data. */
type PlainElement = Exclude<StreamElement, { readonly kind: 'batch' | 'records' | 'watermark' }>;

/** One side's view of the ring. */
interface RingPlace {
  readonly memory: LinearMemory;
  /** Of RING_BYTES bytes that were 0 at first. */
  readonly address: number;
  /** Lets the thread on the other side look. */
  readonly wake: () => void;
}

export class RingProducer {
  readonly #memory: LinearMemory;
  readonly #word: number;
  readonly #wake: () => void;
  /** Batches that the consumer has not given back, by the address of their header. */
  readonly #lent = new Map<number, Batch>();
  /** Texts on their way: freed when the slot is used again. */
  readonly #texts = new Array<number>(SLOT_COUNT).fill(0);
  #waiting: StreamElement[] = [];
  #written = 0;
  #batches = 0;

  constructor({ memory, address, wake }: RingPlace) {
    memory.refresh();
    this.#memory = memory;
    this.#word = address >>> 2;
    this.#wake = wake;
  }

  get hasCredit(): boolean {
    if (this.#closed) return true;
    return this.#batches - this.#load(BATCHES_READ) < RING_CREDIT;
  }

  /** Nothing is left for `pump`. */
  get settled(): boolean {
    return this.#lent.size === 0 && this.#waiting.length === 0;
  }

  /** Everything sent has been read. */
  get drained(): boolean {
    return this.#closed || (this.#waiting.length === 0 && this.#load(READ) === this.#written);
  }

  /** A batch is lent; it is retained here. */
  send(element: StreamElement): void {
    assert(element.kind !== 'records', 'records cross threads as columns');
    if (this.#closed) return;
    if (element.kind === 'batch') {
      element.batch.retain();
      this.#batches++;
    }
    if (this.#waiting.length > 0 || !this.#write(element)) this.#waiting.push(element);
  }

  /** Takes back what the consumer has given back, and hands on what has waited. */
  pump(): void {
    this.#takeBack();
    if (this.#closed) {
      this.#dropUnread();
      return;
    }
    let done = 0;
    while (done < this.#waiting.length && this.#write(this.#waiting[done]!)) done++;
    if (done > 0) this.#waiting = this.#waiting.slice(done);
  }

  /** Releases everything, whether given back or not: nobody reads any more. */
  close(): void {
    for (const [header, batch] of this.#lent) {
      this.#memory.free(header);
      batch.release();
    }
    this.#lent.clear();
    this.#dropWaiting();
    for (const text of this.#texts.splice(0)) this.#memory.free(text);
  }

  get #closed(): boolean {
    return this.#load(CLOSED) !== 0;
  }

  #load(word: number): number {
    return Atomics.load(this.#memory.u32, this.#word + word);
  }

  #write(element: StreamElement): boolean {
    if (this.#written - this.#load(READ) >= SLOT_COUNT) return false;
    const number = this.#written % SLOT_COUNT;
    const slot = this.#word + SLOTS + number * SLOT_WORDS;
    this.#memory.free(this.#texts[number]!);
    this.#texts[number] = 0;
    switch (element.kind) {
      case 'batch': {
        const header = this.#writeHeader(element.batch);
        this.#memory.u32[slot] = BATCH;
        this.#memory.u32[slot + 1] = header;
        break;
      }
      case 'watermark':
        this.#memory.u32[slot] = WATERMARK;
        this.#memory.f64[(slot + 2) >>> 1] = element.timestamp;
        break;
      default: {
        const text = Buffer.from(JSON.stringify(element));
        const address = this.#memory.allocate(text.length);
        this.#texts[number] = address;
        this.#memory.u8.set(text, address);
        this.#memory.u32[slot] = PLAIN;
        this.#memory.u32[slot + 1] = address;
        this.#memory.u32[slot + 2] = text.length;
      }
    }
    this.#written++;
    Atomics.store(this.#memory.u32, this.#word + WRITTEN, this.#written);
    this.#wake();
    return true;
  }

  #writeHeader(batch: Batch): number {
    const header = this.#memory.allocate(LINK_BYTES + headerBytes(batch.columns.length));
    writeHeader(this.#memory.u32, header + LINK_BYTES, batch);
    this.#lent.set(header, batch);
    return header;
  }

  #takeBack(): void {
    if (this.#load(RETURNED) === 0) return;
    let header = Atomics.exchange(this.#memory.u32, this.#word + RETURNED, 0);
    while (header !== 0) {
      const next = this.#memory.u32[header >>> 2]!;
      const batch = this.#lent.get(header);
      assert(batch !== undefined, 'a batch is given back twice');
      this.#lent.delete(header);
      this.#memory.free(header);
      batch.release();
      header = next;
    }
  }

  /** The consumer is gone and will not read what is still in the ring. */
  #dropUnread(): void {
    this.#dropWaiting();
    for (let read = this.#load(READ); read !== this.#written; read++) {
      const slot = this.#word + SLOTS + (read % SLOT_COUNT) * SLOT_WORDS;
      const header = this.#memory.u32[slot + 1]!;
      const batch = this.#memory.u32[slot] === BATCH ? this.#lent.get(header) : undefined;
      if (batch === undefined) continue;
      this.#lent.delete(header);
      this.#memory.free(header);
      batch.release();
    }
  }

  #dropWaiting(): void {
    for (const element of this.#waiting) if (element.kind === 'batch') element.batch.release();
    this.#waiting = [];
  }
}

export class RingConsumer implements InputChannel {
  readonly #memory: LinearMemory;
  readonly #word: number;
  readonly #wake: () => void;
  readonly #types: readonly DataType[];
  #read = 0;

  /** @param types of the columns */
  constructor({ memory, address, wake }: RingPlace, types: readonly DataType[]) {
    memory.refresh();
    this.#memory = memory;
    this.#word = address >>> 2;
    this.#wake = wake;
    this.#types = types;
  }

  poll(): StreamElement | null {
    if (Atomics.load(this.#memory.u32, this.#word + WRITTEN) === this.#read) return null;
    this.#memory.refresh();
    const element = this.#element(this.#word + SLOTS + (this.#read % SLOT_COUNT) * SLOT_WORDS);
    this.#read++;
    const { u32 } = this.#memory;
    if (element.kind === 'batch') Atomics.add(u32, this.#word + BATCHES_READ, 1);
    Atomics.store(u32, this.#word + READ, this.#read);
    this.#wake();
    return element;
  }

  close(): void {
    Atomics.store(this.#memory.u32, this.#word + CLOSED, 1);
    this.#wake();
  }

  #element(slot: number): StreamElement {
    const { u32, f64 } = this.#memory;
    switch (u32[slot]) {
      case BATCH:
        return { kind: 'batch', batch: this.#batch(u32[slot + 1]!) };
      case WATERMARK:
        return { kind: 'watermark', timestamp: f64[(slot + 2) >>> 1]! };
      default: {
        // A copy: decoders do not take shared memory.
        const text = Buffer.from(this.#memory.bytes(u32[slot + 1]!, u32[slot + 2]!));
        return JSON.parse(text.toString()) as PlainElement;
      }
    }
  }

  #batch(header: number): Batch {
    const { u32 } = this.#memory;
    let word = (header + LINK_BYTES) >>> 2;
    const rowCount = u32[word++]!;
    const kinds = u32[word++]!;
    const columns = this.#types.map((type) => columnOf(type, u32[word++]!, u32[word++]!));
    return new Batch(rowCount, columns, kinds, () => this.#giveBack(header));
  }

  #giveBack(header: number): void {
    const { u32 } = this.#memory;
    const head = this.#word + RETURNED;
    let first = Atomics.load(u32, head);
    for (;;) {
      u32[header >>> 2] = first;
      const found = Atomics.compareExchange(u32, head, first, header);
      if (found === first) return;
      first = found;
    }
  }
}
