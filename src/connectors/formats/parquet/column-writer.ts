/** One column of the row group being written: pages of version 1, values PLAIN, definition levels in front. */
import { EngineError } from '../../../base/errors.ts';
import type { Column } from '../../../columnar/batch.ts';
import type { CompiledKernel } from '../../../kernel/program.ts';
import type { LinearMemory } from '../../../memory/arena.ts';
import type { Field } from '../../../types/data-type.ts';
import { compareBytes } from '../../../types/value.ts';
import { compress } from '../compression/compress.ts';
import { type Encoding, encodingOf } from './encode.ts';
import { type ThriftField, thriftBytes } from './thrift-writer.ts';

export type EncodeKernels = Readonly<Record<string, CompiledKernel>>;
export type Codec = 'UNCOMPRESSED' | 'SNAPPY' | 'GZIP';

export const CODEC_NUMBERS: Readonly<Record<Codec, number>> = { UNCOMPRESSED: 0, SNAPPY: 1, GZIP: 2 };
const RLE = 3;
const SLACK = 64;
const SNAPPY_TABLE = 65536;
/** Longer strings are no bounds: they would bloat the footer. */
const LONGEST_BOUND = 64;

/** What is known of the column chunk when its row group ends. */
export interface WrittenChunk {
  readonly pages: readonly Uint8Array[];
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  readonly valueCount: number;
  readonly statistics: readonly ThriftField[];
}

export class ColumnWriter {
  readonly encoding: Encoding;
  readonly #memory: LinearMemory;
  readonly #kernels: EncodeKernels;
  readonly #field: Field;
  readonly #codec: Codec;
  readonly #room: Room;
  #pages: Uint8Array[] = [];
  #compressedBytes = 0;
  #uncompressedBytes = 0;
  #valueCount = 0;
  #nullCount = 0;
  #min: Uint8Array | null = null;
  #max: Uint8Array | null = null;
  /** False once a page had no usable range. */
  #ranged = true;

  constructor(memory: LinearMemory, kernels: EncodeKernels, field: Field, codec: Codec, room: Room) {
    this.#memory = memory;
    this.#kernels = kernels;
    this.#field = field;
    this.#codec = codec;
    this.#room = room;
    this.encoding = encodingOf(field);
  }

  /** Bytes of the pages so far. */
  get byteLength(): number {
    return this.#compressedBytes;
  }

  /** A page with the rows. */
  write(column: Column, rows: number): void {
    const { kernel, width } = this.encoding;
    const nulls = column.validity === 0 ? 0 : this.#call('count_nulls', column.validity, rows);
    const validity = nulls === 0 ? 0 : column.validity;
    const stored =
      kernel === 'encode_views'
        ? Number(this.#kernels.views_bytes!(column.values, validity, rows))
        : rows * Math.max(width, 1);
    if (stored > 1 << 30)
      throw new EngineError('DATA-PARQUET', `column ${this.#field.name}: a page of ${stored} bytes`);
    const levelRoom = (rows >>> 3) + 16;
    const start = this.#room.reserve(stored + levelRoom + 2 * SLACK);
    const levels = this.#field.type.nullable ? this.#writeLevels(start, validity, rows) : 0;
    const values = start + levels;
    const length = this.#call(kernel, column.values, validity, rows, values);
    if (length < 0) {
      throw new EngineError(
        'DATA-PARQUET',
        `a timestamp of column ${this.#field.name} does not fit 64-bit nanoseconds`,
        { hint: 'Parquet holds nanoseconds from 1677 to 2262; cast the column to TIMESTAMP(6)' },
      );
    }
    if (nulls < rows) this.#updateRange(values, values + length);
    this.#nullCount += nulls;
    this.#valueCount += rows;
    this.#addPage(start, levels + length, rows);
  }

  /** Ends the chunk; the writer begins anew. */
  take(): WrittenChunk {
    const bounds: ThriftField[] =
      this.#ranged && this.#min !== null && this.#max !== null
        ? [
            { id: 5, type: 'binary', value: this.#max },
            { id: 6, type: 'binary', value: this.#min },
          ]
        : [];
    const chunk = {
      pages: this.#pages,
      compressedBytes: this.#compressedBytes,
      uncompressedBytes: this.#uncompressedBytes,
      valueCount: this.#valueCount,
      statistics: [{ id: 3, type: 'i64', value: this.#nullCount } as const, ...bounds],
    };
    this.#pages = [];
    this.#compressedBytes = 0;
    this.#uncompressedBytes = 0;
    this.#valueCount = 0;
    this.#nullCount = 0;
    this.#min = null;
    this.#max = null;
    this.#ranged = true;
    return chunk;
  }

  #writeLevels(start: number, validity: number, rows: number): number {
    const length = this.#call('encode_levels', validity, rows, start + 4);
    this.#memory.dataView.setUint32(start, length, true);
    return 4 + length;
  }

  #addPage(start: number, length: number, rows: number): void {
    const body = this.#compress(start, length);
    const header = thriftBytes([
      { id: 1, type: 'i32', value: 0 },
      { id: 2, type: 'i32', value: length },
      { id: 3, type: 'i32', value: body.length },
      {
        id: 5,
        type: 'struct',
        value: [
          { id: 1, type: 'i32', value: rows },
          { id: 2, type: 'i32', value: 0 },
          { id: 3, type: 'i32', value: RLE },
          { id: 4, type: 'i32', value: RLE },
        ],
      },
    ]);
    this.#pages.push(header, body);
    this.#compressedBytes += header.length + body.length;
    this.#uncompressedBytes += header.length + length;
  }

  #compress(start: number, length: number): Uint8Array {
    if (this.#codec !== 'SNAPPY') return compress(this.#codec, Uint8Array.from(this.#memory.bytes(start, length)));
    const target = this.#room.second(length + Math.ceil(length / 6) + SNAPPY_TABLE + 2 * SLACK);
    const table = target + length + Math.ceil(length / 6) + SLACK;
    const end = this.#call('snappy_compress', start, start + length, target, (table + 7) & ~7) >>> 0;
    return Uint8Array.from(this.#memory.bytes(target, end - target));
  }

  #updateRange(at: number, end: number): void {
    const { range } = this.encoding;
    if (range === null || !this.#ranged) return;
    const out = this.#room.bounds;
    this.#call(range, at, end, out);
    const [min, max] = [this.#bound(out), this.#bound(out + 8)];
    if (min === null || max === null) {
      this.#ranged = false;
      return;
    }
    if (this.#min === null || this.#order(min, this.#min) < 0) this.#min = min;
    if (this.#max === null || this.#order(max, this.#max) > 0) this.#max = max;
  }

  /** The stored bytes of a bound; null where it is none. */
  #bound(at: number): Uint8Array | null {
    const { range, width } = this.encoding;
    if (range === 'range_views') {
      const address = this.#memory.u32[at >>> 2]!;
      const length = this.#memory.dataView.getUint32(address, true);
      return length > LONGEST_BOUND ? null : Uint8Array.from(this.#memory.bytes(address + 4, length));
    }
    const bytes = Uint8Array.from(this.#memory.bytes(at, width));
    return Number.isNaN(this.#number(bytes)) ? null : bytes;
  }

  #order(a: Uint8Array, b: Uint8Array): number {
    if (this.encoding.range === 'range_views') return compareBytes(a, b);
    const [x, y] = [this.#number(a), this.#number(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  }

  #number(bytes: Uint8Array): number | bigint {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    switch (this.encoding.range) {
      case 'range_i32':
        return view.getInt32(0, true);
      case 'range_f32':
        return view.getFloat32(0, true);
      case 'range_f64':
        return view.getFloat64(0, true);
      default:
        return view.getBigInt64(0, true);
    }
  }

  #call(name: string, ...args: number[]): number {
    return this.#kernels[name]!(...args) as number;
  }
}

/** Scratch that the columns of a file share, one page at a time. */
export class Room {
  readonly bounds: number;
  readonly #memory: LinearMemory;
  #first = { address: 0, bytes: 0 };
  #second = { address: 0, bytes: 0 };

  constructor(memory: LinearMemory) {
    this.#memory = memory;
    this.bounds = memory.allocate(16);
  }

  reserve(bytes: number): number {
    this.#first = this.#grow(this.#first, bytes);
    return this.#first.address;
  }

  second(bytes: number): number {
    this.#second = this.#grow(this.#second, bytes);
    return this.#second.address;
  }

  free(): void {
    this.#memory.free(this.bounds);
    for (const { address } of [this.#first, this.#second]) if (address !== 0) this.#memory.free(address);
  }

  #grow(block: { address: number; bytes: number }, bytes: number): { address: number; bytes: number } {
    if (block.bytes >= bytes) return block;
    if (block.address !== 0) this.#memory.free(block.address);
    return { address: this.#memory.allocate(bytes * 2), bytes: bytes * 2 };
  }
}
