/**
 * Arrow IPC files, written and read without a library: batches go from linear memory to the file and back with one
 * copy, by the operating system. Any Arrow reader can read them. The shuffle and the `arrow` format use this.
 *
 * A file is: magic, schema message, record batches, footer with the place of each, its length, magic.
 */
import { assert } from '../../base/assert.ts';
import { damagedFile } from '../../base/damaged-file.ts';
import { EngineError } from '../../base/errors.ts';
import type { File } from '../../base/fs.ts';
import { ModuleCache } from '../../kernel/cache.ts';
import { type KernelCompiler, kernelCompiler } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { DataType, Field } from '../../types/data-type.ts';
import { Batch, type Column, type Retained } from '../batch.ts';
import { type ArrowField, type ArrowLayout, arrowField, KIND_COLUMN, KIND_FIELD, sqlType } from './arrow-type.ts';
import { BatchSum, type BodyPart } from './batch-sum.ts';
import { FlatBufferError, FlatTable } from './flatbuffer.ts';
import {
  type Block,
  type Footer,
  footerBytes,
  readBatchMessage,
  readFooter,
  recordBatchMessage,
  schemaMessage,
} from './message.ts';
import { compilePackKernels, type PackKernels } from './pack.ts';
import { ColumnDamage, ColumnReader, type Dictionaries } from './read-column.ts';
import { Scratch } from './scratch.ts';
import { RecordBatchBody, writeColumn } from './write-column.ts';

const MAGIC = Uint8Array.from('ARROW1\0\0', (char) => char.charCodeAt(0));
const END_MAGIC = MAGIC.subarray(0, 6);
const CONTINUATION = 0xffffffff;
const ALIGNMENT = 64;
const PADDING = new Uint8Array(ALIGNMENT);
/** Footers of files with many batches are large, but not larger than this. */
const MAX_METADATA = 1 << 28;

export interface IpcWriteOptions {
  /** Default: plain. */
  readonly layout?: ArrowLayout;
  /** Whether the file has a column `$kind` with the RowKind of each row. Default: no. */
  readonly withKinds?: boolean;
  /** Whether `write` gives the sums of batches. Default: no, they are 0. */
  readonly withSums?: boolean;
  /** Whoever opens many files gives theirs: kernels are compiled once then. */
  readonly compiler?: KernelCompiler;
}

export interface IpcReadOptions {
  readonly compiler?: KernelCompiler;
}

/** Where a batch lies, and its sum: what a shuffle's index keeps. */
export interface IpcRange {
  readonly offset: number;
  readonly length: number;
  /** See BatchSum. */
  readonly checksum: number;
}

interface ReadBlockOptions {
  /** Default: all columns. */
  readonly projection?: readonly number[] | undefined;
  /** What it must be. */
  readonly range?: IpcRange;
  readonly withKinds?: boolean;
}

/** Writes batches of one schema to an empty open file. The file stays open. */
export class IpcFileWriter {
  readonly #file: File;
  readonly #memory: LinearMemory;
  readonly #fields: readonly ArrowField[];
  readonly #withKinds: boolean;
  readonly #scratch: Scratch;
  readonly #kernels: PackKernels;
  readonly #sum: BatchSum | null;
  readonly #blocks: Block[] = [];
  #position = 0;
  #closed = false;

  constructor(file: File, memory: LinearMemory, fields: readonly Field[], options: IpcWriteOptions = {}) {
    this.#file = file;
    this.#memory = memory;
    this.#withKinds = options.withKinds ?? false;
    const columns = fields.map((field) => arrowField(field, options.layout ?? 'plain'));
    this.#fields = this.#withKinds ? [...columns, KIND_COLUMN] : columns;
    this.#scratch = new Scratch(memory);
    const compiler = options.compiler ?? kernelCompiler(memory, new ModuleCache());
    this.#kernels = compilePackKernels(compiler);
    this.#position += file.writeAll([MAGIC, framed(schemaMessage(this.#fields))], 0);
    this.#sum = options.withSums === true ? new BatchSum(memory, compiler) : null;
  }

  /** Bytes written so far. */
  get byteLength(): number {
    return this.#position;
  }

  /** Appends the batch: one system call. The kinds of a batch are an error unless the file was made for them. */
  write(batch: Batch): IpcRange {
    assert(batch.kinds === 0 || this.#withKinds, 'a batch with row kinds for a file without');
    const rows = batch.rowCount;
    const body = new RecordBatchBody();
    batch.columns.forEach((column, i) => {
      writeColumn(this.#kernels, column, this.#fields[i]!, rows, this.#scratch, body);
    });
    if (this.#withKinds) this.#writeKinds(batch, body);
    const message = recordBatchMessage(
      { rowCount: rows, nodes: body.nodes, buffers: body.buffers, compressed: false },
      body.length,
    );
    const head = framed(message);
    const checksum = this.#sum?.of(head, body.parts) ?? 0;
    const parts: Uint8Array[] = [head];
    for (const { address, length } of body.parts) {
      if (length === 0) continue;
      parts.push(this.#memory.bytes(address, length));
      if ((length & (ALIGNMENT - 1)) !== 0) parts.push(PADDING.subarray(length & (ALIGNMENT - 1)));
    }
    const offset = this.#position;
    this.#position += this.#file.writeAll(parts, offset);
    this.#blocks.push({ offset, metadataLength: head.length, bodyLength: body.length });
    this.#scratch.reset();
    return { offset, length: this.#position - offset, checksum };
  }

  /** Writes the footer, with what is to be said of the file; returns the length of the file in bytes. */
  finish(metadata: ReadonlyMap<string, string> = new Map()): number {
    const footer = footerBytes({ fields: this.#fields, dictionaries: [], batches: this.#blocks, metadata });
    const tail = new Uint8Array(8 + footer.length + 4 + END_MAGIC.length);
    const view = new DataView(tail.buffer);
    view.setUint32(0, CONTINUATION, true);
    tail.set(footer, 8);
    view.setUint32(8 + footer.length, footer.length, true);
    tail.set(END_MAGIC, 12 + footer.length);
    this.#position += this.#file.writeAll([tail], this.#position);
    this.close();
    return this.#position;
  }

  /** Gives back memory; `finish` does too. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#scratch.free();
    this.#sum?.close();
  }

  #writeKinds(batch: Batch, body: RecordBatchBody): void {
    let { kinds } = batch;
    if (kinds === 0) {
      kinds = this.#scratch.reserve(batch.rowCount);
      this.#memory.fill(kinds, 0, batch.rowCount);
    }
    body.node(batch.rowCount, 0);
    body.buffer(0, 0);
    body.buffer(kinds, batch.rowCount);
  }
}

/** Continuation mark, length, and the message padded so that the body begins at a multiple of 64. */
function framed(message: Uint8Array): Uint8Array {
  const total = (8 + message.length + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
  const head = new Uint8Array(total);
  const view = new DataView(head.buffer);
  view.setUint32(0, CONTINUATION, true);
  view.setUint32(4, total - 8, true);
  head.set(message, 8);
  return head;
}

/** Reads a file by batches, in any order. The file stays open until its owner closes it. */
export class IpcFileReader {
  /** Columns and their SQL types; without `$kind`. */
  readonly fields: readonly Field[];
  readonly hasKinds: boolean;
  readonly batchCount: number;
  readonly #file: File;
  readonly #memory: LinearMemory;
  readonly #fileSize: number;
  readonly #footer: Footer;
  #dictionaries: Map<number, { column: Column; rowCount: number }> | null = null;
  readonly #dictionaryScratch: Scratch;
  #open = true;
  #lent = 0;

  readonly #compiler: KernelCompiler;
  readonly #blocksByOffset: ReadonlyMap<number, Block>;
  /** Made when a batch is read: most readers of metadata read none. */
  #kernels: PackKernels | null = null;
  #sum: BatchSum | null = null;

  private constructor(file: File, memory: LinearMemory, size: number, footer: Footer, compiler: KernelCompiler) {
    this.#compiler = compiler;
    this.#blocksByOffset = new Map(footer.batches.map((block) => [block.offset, block]));
    this.#file = file;
    this.#memory = memory;
    this.#fileSize = size;
    this.#footer = footer;
    this.#dictionaryScratch = new Scratch(memory);
    this.batchCount = footer.batches.length;
    this.hasKinds = isKindField(footer.fields.at(-1));
    this.fields = (this.hasKinds ? footer.fields.slice(0, -1) : footer.fields).map((field) => {
      const type = sqlType(field);
      if (type !== null) return { name: field.name, type };
      throw new EngineError(
        'NOT-SUPPORTED',
        `column '${field.name}' of ${file.path} has the Arrow type ${JSON.stringify(field.type)}, ` +
          'which is not supported yet',
        { location: file.path },
      );
    });
  }

  /** Reads the footer. @throws EngineError DATA-ARROW when the file is not an Arrow file or damaged. */
  static open(file: File, memory: LinearMemory, options: IpcReadOptions = {}): IpcFileReader {
    const { size, footer } = readFileFooter(file);
    const compiler = options.compiler ?? kernelCompiler(memory, new ModuleCache());
    return new IpcFileReader(file, memory, size, footer, compiler);
  }

  /** Rows of a batch, from its metadata. */
  rowCount(index: number): number {
    return this.#readMessage(this.#footer.batches[index]!).rowCount;
  }

  /**
   * The batch with this number; the caller releases it.
   * @param projection indices into `fields`, in order of output; default: all.
   */
  readBatch(index: number, projection?: readonly number[]): Batch {
    const block = this.#footer.batches[index];
    assert(block !== undefined, `batch ${index} of ${this.batchCount}`);
    return this.#readBlock(block, `batch ${index}`, { projection });
  }

  /**
   * The batch at a place that the writer returned; all its columns.
   * @param withKinds false: row kinds are not looked at
   * @throws EngineError DATA-ARROW if it is not what was written
   */
  readRange(range: IpcRange, withKinds = true): Batch {
    const block = this.#blocksByOffset.get(range.offset);
    assert(block !== undefined, `no batch at ${range.offset}`);
    return this.#readBlock(block, `byte ${range.offset}`, { range, withKinds });
  }

  /** Gives back dictionaries, as soon as no batch uses them. */
  close(): void {
    this.#sum?.close();
    this.#sum = null;
    this.#open = false;
    if (this.#lent === 0) this.#dictionaryScratch.free();
  }

  #readBlock(block: Block, place: string, { projection, range, withKinds = true }: ReadBlockOptions): Batch {
    const dictionaries = this.#loadDictionaries();
    const scratch = new Scratch(this.#memory);
    try {
      const { message, body } = this.#readWhole(block, scratch, range);
      const reader = this.#columnReader(block, message, body, scratch, dictionaries);
      const wanted = projection ?? this.fields.map((_, i) => i);
      const columns: (Column | undefined)[] = this.fields.map((field, i) => {
        const arrow = this.#footer.fields[i]!;
        if (wanted.includes(i)) return reader.read(arrow, field.type, message.rowCount);
        reader.skip(arrow);
        return undefined;
      });
      const kinds = this.hasKinds && withKinds ? this.#readKinds(reader, message.rowCount) : 0;
      const dependencies = dictionaries.size > 0 ? [this.#lendDictionaries()] : [];
      const batch = new Batch(
        message.rowCount,
        wanted.map((i) => columns[i]!),
        kinds,
        () => scratch.free(),
        dependencies,
      );
      for (const dependency of dependencies) dependency.release();
      return batch;
    } catch (error) {
      scratch.free();
      throw this.#describe(error, place);
    }
  }

  #readKinds(reader: ColumnReader, rows: number): number {
    const kinds = reader.read(KIND_COLUMN, { kind: 'BOOLEAN', nullable: false }, rows).values;
    const u8 = this.#memory.u8;
    for (let i = 0; i < rows; i++) if (u8[kinds + i]! > 3) throw new ColumnDamage(`row ${i} has an unknown row kind`);
    return kinds;
  }

  #columnReader(
    block: Block,
    message: ReturnType<typeof readBatchMessage>,
    body: number,
    scratch: Scratch,
    dictionaries: Dictionaries,
  ): ColumnReader {
    if (message.compressed) throw new ColumnDamage('its buffers are compressed, which is not supported');
    if (message.rowCount < 0 || message.rowCount > Math.max(1 << 20, block.bodyLength * 8)) {
      throw new ColumnDamage(`${message.rowCount} rows in ${block.bodyLength} bytes`);
    }
    this.#kernels ??= compilePackKernels(this.#compiler);
    return new ColumnReader(this.#memory, this.#kernels, message, body, block.bodyLength, scratch, dictionaries);
  }

  /** Message and body of a batch by one call of the system. The body is aligned as the message is padded. */
  #readWhole(
    block: Block,
    scratch: Scratch,
    range?: IpcRange,
  ): { readonly message: ReturnType<typeof readBatchMessage>; readonly body: number } {
    this.#checkPlace(block);
    const { offset, metadataLength, bodyLength } = block;
    if ((metadataLength & 7) !== 0) throw new ColumnDamage(`a message of ${metadataLength} bytes is not padded`);
    const address = scratch.reserve(metadataLength + bodyLength + ALIGNMENT);
    const bytes = this.#memory.bytes(address, metadataLength + bodyLength);
    this.#file.readFully(bytes, offset);
    const [head, body] = [bytes.slice(0, metadataLength), address + metadataLength];
    if (range !== undefined) this.#verify(range, head, { address: body, length: bodyLength });
    return { message: this.#parseMessage(block, head), body };
  }

  #verify({ length, checksum }: IpcRange, head: Uint8Array, body: BodyPart): void {
    this.#sum ??= new BatchSum(this.#memory, this.#compiler);
    if (head.length + body.length !== length || this.#sum.of(head, [body]) !== checksum) {
      throw new ColumnDamage('damaged');
    }
  }

  #readMessage(block: Block): ReturnType<typeof readBatchMessage> {
    this.#checkPlace(block);
    const bytes = new Uint8Array(block.metadataLength);
    this.#file.readFully(bytes, block.offset);
    return this.#parseMessage(block, bytes);
  }

  #checkPlace({ offset, metadataLength, bodyLength }: Block): void {
    if (offset < 8 || metadataLength < 8 || bodyLength < 0 || offset + metadataLength + bodyLength > this.#fileSize) {
      throw damagedFile('ARROW', this.#file.path, `byte ${offset}`, 'a batch lies outside the file');
    }
  }

  #parseMessage({ offset }: Block, bytes: Uint8Array): ReturnType<typeof readBatchMessage> {
    const marked = new DataView(bytes.buffer).getUint32(0, true) === CONTINUATION;
    try {
      return readBatchMessage(FlatTable.root(bytes.subarray(marked ? 8 : 4)));
    } catch (error) {
      throw this.#describe(error, `byte ${offset}`);
    }
  }

  #loadDictionaries(): Dictionaries {
    if (this.#dictionaries !== null) return this.#dictionaries;
    const loaded = new Map<number, { column: Column; rowCount: number }>();
    const fields = this.#footer.fields.filter((field) => field.dictionary !== null);
    for (const block of this.#footer.dictionaries) {
      try {
        const { message, body } = this.#readWhole(block, this.#dictionaryScratch);
        const field = fields.find((candidate) => candidate.dictionary!.id === message.dictionary);
        if (field === undefined || loaded.has(message.dictionary!)) {
          throw new ColumnDamage(`dictionary ${message.dictionary} is replaced or belongs to no column`);
        }
        const reader = this.#columnReader(block, message, body, this.#dictionaryScratch, new Map());
        const type: DataType = { ...sqlType(field)!, nullable: true };
        const column = reader.read({ ...field, dictionary: null }, type, message.rowCount);
        if (column.validity !== 0) throw new ColumnDamage('a dictionary holds NULL, which is not supported');
        loaded.set(message.dictionary!, { column, rowCount: message.rowCount });
      } catch (error) {
        throw this.#describe(error, `byte ${block.offset}`);
      }
    }
    this.#dictionaries = loaded;
    return loaded;
  }

  /** Batches with views into dictionaries keep them. */
  #lendDictionaries(): Retained {
    this.#lent++;
    let references = 1;
    return {
      retain: () => {
        references++;
      },
      release: () => {
        if (--references > 0) return;
        this.#lent--;
        if (this.#lent === 0 && !this.#open) this.#dictionaryScratch.free();
      },
    };
  }

  #describe(error: unknown, place: string): unknown {
    if (error instanceof ColumnDamage || error instanceof FlatBufferError) {
      return damagedFile('ARROW', this.#file.path, place, error.message);
    }
    return error;
  }
}

/** What the writer has said of the file. @throws EngineError DATA-ARROW */
export function readIpcMetadata(file: File): ReadonlyMap<string, string> {
  return readFileFooter(file).footer.metadata;
}

function isKindField(field: ArrowField | undefined): boolean {
  return (
    field !== undefined &&
    field.name === KIND_FIELD &&
    field.type.name === 'int' &&
    field.type.bits === 8 &&
    !field.type.signed &&
    !field.nullable
  );
}

function readFileFooter(file: File): { size: number; footer: Footer } {
  const size = file.size();
  const damaged = (place: string, problem: string): EngineError => damagedFile('ARROW', file.path, place, problem);
  if (size < MAGIC.length + 10) throw damaged('', `is no Arrow file: it has ${size} bytes`);
  const magic = new Uint8Array(6);
  file.readFully(magic, 0);
  if (Buffer.compare(magic, END_MAGIC) !== 0)
    throw damaged('byte 0', 'is no Arrow file: it does not begin with ARROW1');
  const tail = new Uint8Array(10);
  file.readFully(tail, size - 10);
  if (Buffer.compare(tail.subarray(4), END_MAGIC) !== 0) {
    throw damaged(`byte ${size - 6}`, 'does not end with ARROW1');
  }
  const length = new DataView(tail.buffer).getUint32(0, true);
  if (length > size - 18 || length > MAX_METADATA)
    throw damaged(`byte ${size - 10}`, `has a footer of ${length} bytes`);
  const bytes = new Uint8Array(length);
  file.readFully(bytes, size - 10 - length);
  try {
    return { size, footer: readFooter(FlatTable.root(bytes)) };
  } catch (error) {
    if (error instanceof FlatBufferError) throw damaged(`byte ${size - 10 - length}`, error.message);
    throw error;
  }
}
