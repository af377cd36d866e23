/**
 * Rows of linear memory as bytes that can be written out: the row as it is, then the bytes that its views point to.
 * Used by snapshots and by spilling.
 */
import type { LinearMemory } from '../memory/arena.ts';

/** Where the bytes of strings go: room for `length` bytes. */
export interface ByteSink {
  reserve(length: number): number;
}

/** Where the views of a row are. */
export interface RowShape {
  readonly size: number;
  readonly views: readonly { readonly offset: number /** -1: never NULL. */; readonly validity: number }[];
}

/** The shape of rows of a layout. */
export function rowShape(layout: { readonly size: number; readonly viewFields: RowShape['views'] }): RowShape {
  return { size: layout.size, views: layout.viewFields };
}

/** Appends bytes to a growing buffer. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  u32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  bytes(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** The bytes so far, valid until the next write. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  reset(): void {
    this.#length = 0;
  }

  #room(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Reads what a ByteWriter wrote. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  u32(): number {
    const value = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return value;
  }

  bytes(length: number): Uint8Array {
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }
}

export function writeRow(writer: ByteWriter, memory: LinearMemory, shape: RowShape, row: number): void {
  writer.bytes(memory.bytes(row, shape.size));
  for (const { offset, validity } of shape.views) {
    if (validity >= 0 && memory.u8[row + validity] === 0) continue;
    const at = (row + offset) >>> 2;
    writer.bytes(memory.bytes(memory.u32[at]!, memory.u32[at + 1]!));
  }
}

/** Writes the row at an address; the bytes of its strings go to `strings`. */
export function readRow(
  reader: ByteReader,
  memory: LinearMemory,
  shape: RowShape,
  row: number,
  strings: ByteSink,
): void {
  memory.u8.set(reader.bytes(shape.size), row);
  for (const { offset, validity } of shape.views) {
    if (validity >= 0 && memory.u8[row + validity] === 0) continue;
    const length = memory.u32[((row + offset) >>> 2) + 1]!;
    const address = strings.reserve(length);
    memory.u8.set(reader.bytes(length), address);
    memory.u32[(row + offset) >>> 2] = address;
  }
}
