/** Writes Parquet files: flat columns, row groups of about 120,000 rows, a page per column and batch. */
import type { File } from '../../../base/fs.ts';
import { Batch, type Column, columnOf } from '../../../columnar/batch.ts';
import { allocateColumns } from '../../../columnar/builder.ts';
import { physicalType, WIDTH } from '../../../columnar/physical.ts';
import type { ReaderContext } from '../../../dataflow/connector.ts';
import type { Field } from '../../../types/data-type.ts';
import { OptionReader } from '../../options.ts';
import { snappyLibrary } from '../compression/snappy.ts';
import type { FormatOptions, FormatWriter } from '../format.ts';
import { CODEC_NUMBERS, type Codec, ColumnWriter, type EncodeKernels, Room } from './column-writer.ts';
import { encodeLibrary, schemaElement } from './encode.ts';
import { type ThriftField, thriftBytes } from './thrift-writer.ts';

const ROWS_PER_GROUP = 122_880;
/** Smaller batches are collected to pages of so many rows. */
const ROWS_PER_PAGE = 8192;
const BYTES_PER_GROUP = 128 << 20;
const MAGIC = Buffer.from('PAR1');
const CODECS: readonly Codec[] = ['SNAPPY', 'UNCOMPRESSED', 'GZIP'];

export class ParquetWriter implements FormatWriter {
  readonly #file: File;
  readonly #fields: readonly Field[];
  readonly #codec: Codec;
  readonly #context: ReaderContext;
  readonly #columns: readonly ColumnWriter[];
  readonly #room: Room;
  readonly #rowGroups: (readonly ThriftField[])[] = [];
  /** Small batches that wait to become a page. */
  #waiting: Batch[] = [];
  #waitingRows = 0;
  #groupRows = 0;
  #totalRows = 0;
  #position: number;

  constructor(file: File, fields: readonly Field[], options: FormatOptions, context: ReaderContext) {
    this.#file = file;
    this.#fields = fields;
    this.#context = context;
    const reader = new OptionReader('parquet', options);
    const codec = CODECS.find((name) => name === reader.textOr('compression', 'SNAPPY').toUpperCase());
    if (codec === undefined) throw reader.invalid('compression', CODECS.join(', '));
    this.#codec = codec;
    const kernels: EncodeKernels = context.compiler.compileLibraries([snappyLibrary, encodeLibrary]);
    this.#room = new Room(context.memory);
    try {
      this.#columns = fields.map((field) => new ColumnWriter(context.memory, kernels, field, codec, this.#room));
    } catch (error) {
      this.#room.free();
      throw error;
    }
    this.#position = file.writeAll([MAGIC], 0);
  }

  write(batch: Batch): void {
    if (batch.rowCount >= ROWS_PER_PAGE && this.#waitingRows === 0) {
      this.#writePage(batch);
      return;
    }
    batch.retain();
    this.#waiting.push(batch);
    this.#waitingRows += batch.rowCount;
    if (this.#waitingRows >= ROWS_PER_PAGE) this.#writeWaiting();
  }

  finish(): void {
    this.#writeWaiting();
    this.#writeGroup();
    const root: readonly ThriftField[] = [
      { id: 4, type: 'binary', value: 'schema' },
      { id: 5, type: 'i32', value: this.#fields.length },
    ];
    const elements = this.#fields.map((field, i) => schemaElement(field, this.#columns[i]!.encoding));
    const footer = thriftBytes([
      { id: 1, type: 'i32', value: 1 },
      { id: 2, type: 'structs', value: [root, ...elements] },
      { id: 3, type: 'i64', value: this.#totalRows },
      { id: 4, type: 'structs', value: this.#rowGroups },
      { id: 6, type: 'binary', value: 'weir' },
    ]);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, footer.length, true);
    this.#position += this.#file.writeAll([footer, length, MAGIC], this.#position);
  }

  close(): void {
    for (const batch of this.#waiting) batch.release();
    this.#waiting = [];
    this.#room.free();
  }

  #writeWaiting(): void {
    if (this.#waitingRows > 0) {
      const joined = this.#join();
      try {
        this.#writePage(joined);
      } finally {
        joined.release();
      }
    }
    for (const batch of this.#waiting) batch.release();
    this.#waiting = [];
    this.#waitingRows = 0;
  }

  /** The rows of the waiting batches as one; strings stay where they are. */
  #join(): Batch {
    const { memory } = this.#context;
    const types = this.#fields.map((field) => field.type);
    const layout = allocateColumns(memory, types, this.#waitingRows, false);
    const columns = types.map((type, i): Column => {
      const width = WIDTH[physicalType(type)];
      const [values, validity] = [layout.values[i]!, layout.validity[i]!];
      let row = 0;
      for (const { rowCount, columns: parts } of this.#waiting) {
        const part = parts[i]!;
        memory.copy(values + row * width, part.values, rowCount * width);
        if (validity !== 0) {
          if (part.validity === 0) memory.fill(validity + row, 1, rowCount);
          else memory.copy(validity + row, part.validity, rowCount);
        }
        row += rowCount;
      }
      return columnOf(type, values, validity);
    });
    return new Batch(this.#waitingRows, columns, 0, () => memory.free(layout.block), this.#waiting);
  }

  #writePage(batch: Batch): void {
    this.#columns.forEach((column, i) => {
      column.write(batch.columns[i]!, batch.rowCount);
    });
    this.#groupRows += batch.rowCount;
    const bytes = this.#columns.reduce((sum, column) => sum + column.byteLength, 0);
    if (this.#groupRows >= ROWS_PER_GROUP || bytes >= BYTES_PER_GROUP) this.#writeGroup();
  }

  #writeGroup(): void {
    if (this.#groupRows === 0) return;
    let total = 0;
    const chunks = this.#columns.map((column, i): readonly ThriftField[] => {
      const chunk = column.take();
      const offset = this.#position;
      this.#position += this.#file.writeAll(chunk.pages, offset);
      total += chunk.uncompressedBytes;
      return [
        { id: 2, type: 'i64', value: offset },
        {
          id: 3,
          type: 'struct',
          value: [
            { id: 1, type: 'i32', value: column.encoding.physical },
            { id: 2, type: 'i32s', value: [0, 3] },
            { id: 3, type: 'binaries', value: [this.#fields[i]!.name] },
            { id: 4, type: 'i32', value: CODEC_NUMBERS[this.#codec] },
            { id: 5, type: 'i64', value: chunk.valueCount },
            { id: 6, type: 'i64', value: chunk.uncompressedBytes },
            { id: 7, type: 'i64', value: chunk.compressedBytes },
            { id: 9, type: 'i64', value: offset },
            { id: 12, type: 'struct', value: chunk.statistics },
          ],
        },
      ];
    });
    this.#rowGroups.push([
      { id: 1, type: 'structs', value: chunks },
      { id: 2, type: 'i64', value: total },
      { id: 3, type: 'i64', value: this.#groupRows },
    ]);
    this.#totalRows += this.#groupRows;
    this.#groupRows = 0;
  }
}
