/** Bytes that arrived and were not decoded yet, in linear memory. Batches may keep views into it: it is never moved. */
import type { LinearMemory } from '../../memory/arena.ts';
import { PageMemory } from './page-memory.ts';

/** Kernels may look so many bytes beyond the end. */
const SLACK = 64;

export class TextBuffer {
  readonly #memory: LinearMemory;
  #block: PageMemory;
  /** Address of the first byte that was not decoded. */
  start: number;
  end: number;
  /** Whether no more bytes will come. */
  ended = false;
  /** Position of `start` in the stream. */
  offset: number;

  constructor(memory: LinearMemory, offset: number) {
    this.#memory = memory;
    this.#block = PageMemory.allocate(memory, SLACK);
    this.start = this.#block.address;
    this.end = this.start;
    this.offset = offset;
  }

  /** What a batch with views into the bytes depends on. */
  get block(): PageMemory {
    return this.#block;
  }

  /** Room for `length` more bytes; what is left from before comes first. */
  room(length: number): number {
    const left = this.end - this.start;
    const block = PageMemory.allocate(this.#memory, left + length + SLACK);
    this.#memory.copy(block.address, this.start, left);
    this.#block.release();
    this.#block = block;
    this.start = block.address;
    this.end = block.address + left;
    return this.end;
  }

  filled(length: number): void {
    this.end += length;
    this.#memory.fill(this.end, 0, SLACK);
  }

  consume(to: number): void {
    this.offset += to - this.start;
    this.start = to;
  }

  /** What lies at an address. */
  text(at: number, length: number): string {
    return Buffer.from(this.#memory.u8.buffer as unknown as ArrayBuffer, at, length).toString('utf8');
  }

  /** Ends of lines between two addresses. */
  countLines(from: number, to: number): number {
    const bytes = this.#memory.u8.subarray(from, to);
    let lines = 0;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
    return lines;
  }

  close(): void {
    this.#block.release();
  }
}
