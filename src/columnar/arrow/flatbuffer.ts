/**
 * The part of FlatBuffers that Arrow's metadata needs: tables, vectors, strings. Written back to front, as the format
 * asks for: what a table points to lies behind it. The reader checks every access, since files may be damaged.
 *
 * Source: "FlatBuffers internals" (google.github.io/flatbuffers).
 */

/** Builds one buffer; offsets are distances from its end. */
export class FlatBufferWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;
  #used = 0;
  #alignment = 8;
  #slots: number[] = [];
  #tableStart = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  string(text: string): number {
    const encoded = new TextEncoder().encode(text);
    this.#prepare(4, encoded.length + 1);
    this.#push(1);
    const at = this.#push(encoded.length);
    this.#bytes.set(encoded, at);
    return this.#uint32(encoded.length);
  }

  offsets(offsets: readonly number[]): number {
    this.#prepare(4, offsets.length * 4);
    for (let i = offsets.length - 1; i >= 0; i--) this.#uint32(this.#used + 4 - offsets[i]!);
    return this.#uint32(offsets.length);
  }

  /** A vector of structs that consist of 64-bit integers: `values.length / perStruct` of them. */
  structs(values: readonly number[], perStruct: number): number {
    this.#prepare(4, values.length * 8);
    this.#prepare(8, values.length * 8);
    for (let i = values.length - 1; i >= 0; i--) {
      const at = this.#push(8);
      this.#view.setBigInt64(at, BigInt(values[i]!), true);
    }
    return this.#uint32(values.length / perStruct);
  }

  startTable(slots: number): void {
    this.#slots = new Array<number>(slots).fill(0);
    this.#tableStart = this.#used;
  }

  int8(slot: number, value: number): void {
    this.#prepare(1, 0);
    const at = this.#push(1);
    this.#view.setInt8(at, value);
    this.#slots[slot] = this.#used;
  }

  int16(slot: number, value: number): void {
    this.#prepare(2, 0);
    const at = this.#push(2);
    this.#view.setInt16(at, value, true);
    this.#slots[slot] = this.#used;
  }

  int32(slot: number, value: number): void {
    this.#prepare(4, 0);
    const at = this.#push(4);
    this.#view.setInt32(at, value, true);
    this.#slots[slot] = this.#used;
  }

  int64(slot: number, value: number): void {
    this.#prepare(8, 0);
    const at = this.#push(8);
    this.#view.setBigInt64(at, BigInt(value), true);
    this.#slots[slot] = this.#used;
  }

  offset(slot: number, offset: number): void {
    this.#prepare(4, 0);
    this.#uint32(this.#used + 4 - offset);
    this.#slots[slot] = this.#used;
  }

  endTable(): number {
    this.#prepare(4, 0);
    this.#push(4);
    const table = this.#used;
    const length = this.#slots.length;
    for (let slot = length - 1; slot >= 0; slot--) {
      const field = this.#slots[slot]!;
      this.#uint16(field === 0 ? 0 : table - field);
    }
    this.#uint16(table - this.#tableStart);
    this.#uint16((length + 2) * 2);
    this.#view.setInt32(this.#view.byteLength - table, this.#used - table, true);
    return table;
  }

  /** The finished buffer; the writer is used up. */
  finish(root: number): Uint8Array<ArrayBuffer> {
    this.#prepare(this.#alignment, 4);
    this.#uint32(this.#used + 4 - root);
    return this.#bytes.subarray(this.#bytes.length - this.#used);
  }

  /** Pads so that after `extra` more bytes the position is a multiple of `size`. */
  #prepare(size: number, extra: number): void {
    const padding = -(this.#used + extra) & (size - 1);
    if (padding > 0) this.#push(padding);
  }

  #uint16(value: number): void {
    const at = this.#push(2);
    this.#view.setUint16(at, value, true);
  }

  #uint32(value: number): number {
    const at = this.#push(4);
    this.#view.setUint32(at, value, true);
    return this.#used;
  }

  /** Takes `bytes` bytes, which are 0, and returns where they begin. */
  #push(bytes: number): number {
    while (this.#used + bytes > this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes, this.#bytes.length);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#used += bytes;
    return this.#bytes.length - this.#used;
  }
}

/** Thrown for an access outside the buffer; whoever knows the file turns it into an EngineError. */
export class FlatBufferError extends Error {}

/** One table of a buffer that came from a file. */
export class FlatTable {
  readonly #view: DataView;
  readonly #at: number;
  readonly #slots: number;
  readonly #vtable: number;

  private constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
    check(view, at, 4);
    this.#vtable = at - view.getInt32(at, true);
    check(view, this.#vtable, 4);
    const bytes = view.getUint16(this.#vtable, true);
    check(view, this.#vtable, bytes);
    this.#slots = Math.max(0, (bytes - 4) >> 1);
  }

  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    check(view, 0, 4);
    return new FlatTable(view, view.getUint32(0, true));
  }

  int8(slot: number, fallback = 0): number {
    const at = this.#field(slot, 1);
    return at < 0 ? fallback : this.#view.getInt8(at);
  }

  int16(slot: number, fallback = 0): number {
    const at = this.#field(slot, 2);
    return at < 0 ? fallback : this.#view.getInt16(at, true);
  }

  int32(slot: number, fallback = 0): number {
    const at = this.#field(slot, 4);
    return at < 0 ? fallback : this.#view.getInt32(at, true);
  }

  int64(slot: number, fallback = 0): number {
    const at = this.#field(slot, 8);
    return at < 0 ? fallback : Number(this.#view.getBigInt64(at, true));
  }

  string(slot: number): string | null {
    const at = this.#follow(slot);
    if (at < 0) return null;
    const length = this.#length(at, 1);
    const { buffer, byteOffset } = this.#view;
    return Buffer.from(buffer as ArrayBuffer, byteOffset + at + 4, length).toString('utf8');
  }

  table(slot: number): FlatTable | null {
    const at = this.#follow(slot);
    return at < 0 ? null : new FlatTable(this.#view, at);
  }

  /** A vector of tables; empty when it is not there. */
  tables(slot: number): FlatTable[] {
    const at = this.#follow(slot);
    if (at < 0) return [];
    const tables: FlatTable[] = [];
    const length = this.#length(at, 4);
    for (let i = 0; i < length; i++) {
      const item = at + 4 + i * 4;
      tables.push(new FlatTable(this.#view, item + this.#view.getUint32(item, true)));
    }
    return tables;
  }

  /** A vector of structs that consist of 64-bit words: all words in order. */
  words(slot: number, perStruct: number): number[] {
    const at = this.#follow(slot);
    if (at < 0) return [];
    const words = this.#length(at, perStruct * 8) * perStruct;
    return Array.from({ length: words }, (_, i) => Number(this.#view.getBigInt64(at + 4 + i * 8, true)));
  }

  #field(slot: number, bytes: number): number {
    if (slot >= this.#slots) return -1;
    const distance = this.#view.getUint16(this.#vtable + 4 + slot * 2, true);
    if (distance === 0) return -1;
    check(this.#view, this.#at + distance, bytes);
    return this.#at + distance;
  }

  #follow(slot: number): number {
    const at = this.#field(slot, 4);
    if (at < 0) return -1;
    const target = at + this.#view.getUint32(at, true);
    check(this.#view, target, 4);
    return target;
  }

  #length(at: number, elementBytes: number): number {
    const length = this.#view.getUint32(at, true);
    check(this.#view, at + 4, length * elementBytes);
    return length;
  }
}

function check(view: DataView, at: number, bytes: number): void {
  if (at < 0 || at + bytes > view.byteLength) {
    throw new FlatBufferError(`metadata points to byte ${at} of ${view.byteLength}`);
  }
}
