/** CSV text as batches. Strings are views into the text that was read; only those with escapes are written anew. */
import { damagedFile } from '../../../base/damaged-file.ts';
import type { EngineError } from '../../../base/errors.ts';
import { Batch, type Column, columnOf, type Retained } from '../../../columnar/batch.ts';
import { allocateColumns, type BatchLayout } from '../../../columnar/builder.ts';
import { StringArena } from '../../../columnar/string-arena.ts';
import type { ReaderContext } from '../../../dataflow/connector.ts';
import type { CompiledKernel } from '../../../kernel/program.ts';
import type { LinearMemory } from '../../../memory/arena.ts';
import type { DataType, Field } from '../../../types/data-type.ts';
import { printType } from '../../../types/print.ts';
import type { Value } from '../../../types/value.ts';
import type { ReadRequest, StreamDecoder } from '../format.ts';
import { PageMemory } from '../page-memory.ts';
import { TextBuffer } from '../text-buffer.ts';
import { valueLibrary } from '../value-kernels.ts';
import { parseColumn } from '../value-parser.ts';
import { parseCell } from './cell.ts';
import { csvLibrary, STATE, STATE_BYTES, STOP } from './kernels.ts';
import { type CsvOptions, readCsvOptions } from './options.ts';

export type CsvKernels = Readonly<Record<string, CompiledKernel>>;

const ESCAPED = 1 << 31;
const HINT = "correct the file, or set 'csv.ignore-parse-errors' = 'true'";
/** Rows per call at most: about 10 ms for wide rows. */
const ROWS_PER_CALL = 32768;

/** A row with fields too few: those from `fields` on are NULL. */
interface ShortRow {
  readonly row: number;
  readonly fields: number;
}

export class CsvDecoder implements StreamDecoder {
  readonly #source: string;
  readonly #memory: LinearMemory;
  readonly #kernels: CsvKernels;
  readonly #allFields: readonly Field[];
  readonly #fields: readonly Field[];
  readonly #projection: readonly number[];
  readonly #options: CsvOptions;
  readonly #buffer: TextBuffer;
  readonly #capacity: number;
  readonly #state: number;
  readonly #literal: number;
  readonly #literalLength: number;
  /** Views of columns that are parsed; text columns take theirs as they are. */
  readonly #views: number;
  #line: number;
  #headerDone: boolean;
  #arena: StringArena | null = null;

  constructor(
    source: string,
    request: ReadRequest,
    context: ReaderContext,
    kernels: CsvKernels,
    from: { readonly byteOffset: number; readonly line: number },
  ) {
    const { memory } = context;
    this.#source = source;
    this.#memory = memory;
    this.#kernels = kernels;
    this.#allFields = request.fields;
    this.#projection = request.projection;
    this.#fields = request.projection.map((index) => request.fields[index]!);
    this.#options = readCsvOptions(request.options);
    this.#buffer = new TextBuffer(memory, from.byteOffset);
    this.#line = from.line;
    this.#headerDone = !this.#options.header || from.byteOffset > 0;
    this.#capacity = Math.min(context.batchRows, ROWS_PER_CALL);
    const literal = Buffer.from(this.#options.nullLiteral ?? '');
    this.#literalLength = literal.length;
    this.#state = memory.allocate(STATE_BYTES + request.fields.length * 4 + literal.length + 64);
    this.#literal = this.#state + STATE_BYTES + request.fields.length * 4;
    memory.u8.set(literal, this.#literal);
    this.#views = memory.allocate(Math.max(1, this.#fields.length) * this.#capacity * 8 + 64);
    this.#writeOptions();
  }

  room(length: number): number {
    return this.#buffer.room(length);
  }

  filled(length: number): void {
    this.#buffer.filled(length);
  }

  end(): void {
    this.#buffer.ended = true;
  }

  position(): { readonly byteOffset: number; readonly line: number } {
    return { byteOffset: this.#buffer.offset, line: this.#line };
  }

  close(): void {
    this.#buffer.close();
    this.#memory.free(this.#state);
    this.#memory.free(this.#views);
  }

  next(): Batch | null {
    const buffer = this.#buffer;
    if (!this.#headerDone && !this.#skipHeader()) return null;
    if (buffer.start >= buffer.end) return null;
    const types = this.#fields.map((field) => field.type);
    const capacity = this.#rowsAtMost();
    const layout = allocateColumns(this.#memory, types, capacity, false);
    const keep: Retained[] = [];
    try {
      const first = buffer.start;
      const short: ShortRow[] = [];
      const { rows, escaped } = this.#tokenize(layout, capacity, short);
      if (rows === 0) {
        this.#memory.free(layout.block);
        return null;
      }
      keep.push(buffer.block);
      const columns = types.map((type, i) => this.#column(i, type, layout, rows, first, escaped, short, keep));
      if (this.#arena !== null) keep.push(this.#arena);
      const batch = new Batch(rows, columns, 0, () => this.#memory.free(layout.block), keep);
      this.#releaseOwn(keep);
      return batch;
    } catch (error) {
      this.#memory.free(layout.block);
      this.#releaseOwn(keep);
      throw error;
    }
  }

  /** Rows that the bytes at hand can hold: a few lines from a pipe shall not take room for thousands. */
  #rowsAtMost(): number {
    const bytes = this.#buffer.end - this.#buffer.start;
    const least = this.#options.ignoreParseErrors ? 1 : this.#allFields.length;
    return Math.min(this.#capacity, Math.floor(bytes / Math.max(1, least)) + 1);
  }

  /** What was made for the batch belongs to it now (or to nobody); the text buffer stays ours. */
  #releaseOwn(keep: readonly Retained[]): void {
    for (const item of keep) if (item !== this.#buffer.block && item !== this.#arena) item.release();
    this.#arena?.release();
    this.#arena = null;
  }

  #writeOptions(): void {
    const { i32 } = this.#memory;
    const word = this.#state >>> 2;
    i32[word + (STATE.delimiter >>> 2)] = this.#options.delimiter;
    i32[word + (STATE.quote >>> 2)] = this.#options.quote;
    i32[word + (STATE.escape >>> 2)] = this.#options.escape;
    i32[word + (STATE.comments >>> 2)] = this.#options.comments ? 1 : 0;
    i32[word + (STATE.columns >>> 2)] = this.#allFields.length;
    i32[word + (STATE.slots >>> 2)] = this.#state + STATE_BYTES;
  }

  #result(field: number): number {
    return this.#memory.u32[(this.#state + field) >>> 2]!;
  }

  #viewsOf(column: number, layout: BatchLayout): number {
    const isText = isTextual(this.#fields[column]!.type);
    return isText ? layout.values[column]! : this.#views + column * this.#capacity * 8;
  }

  #tokenize(layout: BatchLayout, capacity: number, short: ShortRow[]): { rows: number; escaped: number } {
    const buffer = this.#buffer;
    const slots = (this.#state + STATE_BYTES) >>> 2;
    this.#memory.fill(slots * 4, 0, this.#allFields.length * 4);
    this.#projection.forEach((index, column) => {
      this.#memory.u32[slots + index] = this.#viewsOf(column, layout);
    });
    let rows = 0;
    let escaped = 0;
    for (;;) {
      const { start, end, ended } = buffer;
      this.#kernels.csv_tokenize!(this.#state, start, end, ended ? 1 : 0, rows, capacity);
      rows = this.#result(STATE.rows);
      escaped += this.#result(STATE.escaped);
      const reason = this.#result(STATE.reason);
      this.#line += this.#result(STATE.rowLines);
      if (reason === STOP.more || reason === STOP.full) {
        buffer.consume(this.#result(STATE.consumed));
        return { rows, escaped };
      }
      if (this.#oddRow(reason, rows, short)) rows++;
      if (rows === capacity) return { rows, escaped };
    }
  }

  /** Deals with the row that stopped the tokenizer. True: it becomes a row. */
  #oddRow(reason: number, row: number, short: ShortRow[]): boolean {
    const buffer = this.#buffer;
    const fields = this.#result(STATE.fields);
    const rowStart = this.#result(STATE.rowStart);
    const expected = this.#allFields.length;
    const { ignoreParseErrors } = this.#options;
    if (reason === STOP.fieldCount) {
      const end = this.#result(STATE.consumed);
      const blank = fields === 1 && this.#buffer.text(rowStart, end - rowStart).trim() === '';
      buffer.consume(end);
      const problem = `the row has ${fields} ${fields === 1 ? 'field' : 'fields'}, but the table ${expected} columns`;
      const line = this.#line;
      this.#line += this.#result(STATE.lines) - this.#result(STATE.rowLines);
      if (blank && !ignoreParseErrors) return false;
      if (!ignoreParseErrors) throw damagedFile('CSV', this.#source, `${line}:1`, problem, HINT);
      if (fields > expected) return false;
      short.push({ row, fields: blank ? 0 : fields });
      return true;
    }
    const what =
      reason === STOP.unterminated ? 'a quoted field does not end' : 'a quoted field goes on behind its quote';
    if (!ignoreParseErrors) throw damagedFile('CSV', this.#source, `${this.#line}:1`, what, HINT);
    const newline = this.#memory.u8.subarray(rowStart, buffer.end).indexOf(10);
    buffer.consume(newline < 0 ? buffer.end : rowStart + newline + 1);
    this.#line++;
    return false;
  }

  /** False: more bytes are needed. */
  #skipHeader(): boolean {
    const buffer = this.#buffer;
    const newline = this.#memory.u8.subarray(buffer.start, buffer.end).indexOf(10);
    if (newline < 0 && !buffer.ended) return false;
    buffer.consume(newline < 0 ? buffer.end : buffer.start + newline + 1);
    this.#line++;
    this.#headerDone = true;
    return true;
  }

  #column(
    column: number,
    type: DataType,
    layout: BatchLayout,
    rows: number,
    first: number,
    escaped: number,
    short: readonly ShortRow[],
    keep: Retained[],
  ): Column {
    const views = this.#viewsOf(column, layout);
    const values = layout.values[column]!;
    const validity = layout.validity[column]!;
    if (validity !== 0) this.#memory.fill(validity, 1, rows);
    if (short.length > 0) this.#markMissing(column, views, validity, short, first);
    if (escaped > 0) this.#unescape(views, rows, keep);
    if (this.#options.nullLiteral !== null && validity !== 0) {
      this.#kernels.csv_mark_nulls!(views, rows, this.#literal, this.#literalLength, validity);
    }
    if (!isTextual(type)) this.#parse(type, views, rows, values, validity, first);
    const allValid = validity === 0 || this.#kernels.all_valid!(validity, rows) === 1;
    return columnOf(type, values, allValid ? 0 : validity);
  }

  #markMissing(column: number, views: number, validity: number, short: readonly ShortRow[], first: number): void {
    for (const { row, fields } of short) {
      if (this.#projection[column]! < fields) continue;
      if (validity === 0) throw damagedFile('CSV', this.#source, '', 'a column that is NOT NULL is missing', HINT);
      this.#memory.i64[(views >>> 3) + row] = BigInt(first);
      this.#memory.u8[validity + row] = 0;
    }
  }

  #unescape(views: number, rows: number, keep: Retained[]): void {
    const bytes = this.#kernels.csv_escaped_bytes!(views, rows) as number;
    if (bytes === 0) return;
    const memory = PageMemory.allocate(this.#memory, bytes + 64);
    keep.push(memory);
    this.#kernels.csv_unescape!(views, rows, memory.address, this.#options.quote, this.#options.escape);
  }

  /** Kernel for what is plain, `parseCell` for the rest. */
  #parse(type: DataType, views: number, rows: number, values: number, validity: number, first: number): void {
    const slow = (row: number): Value => {
      const at = this.#memory.u32[(views >>> 2) + row * 2]!;
      const length = this.#memory.u32[(views >>> 2) + row * 2 + 1]! & ~ESCAPED;
      const isNull = validity !== 0 && this.#memory.u8[validity + row] === 0;
      const value = isNull ? null : parseCell(this.#buffer.text(at, length), type, this.#options);
      if (value === undefined && !this.#options.ignoreParseErrors) {
        const text = this.#buffer.text(at, Math.min(length, 100));
        throw this.#damaged(first, at, `cannot read '${text}' as ${printType(type)}`);
      }
      if (value != null) return value;
      if (validity === 0) throw this.#damaged(first, at, `a NULL in a column that is declared ${printType(type)}`);
      return null;
    };
    parseColumn(this.#memory, this.#kernels, { type, views, rows, values, validity }, slow, () => {
      this.#arena ??= new StringArena(this.#memory);
      return this.#arena;
    });
  }

  /** Line and column of an address: the lines of the batch are counted back from where it ends. */
  #damaged(first: number, at: number, problem: string): EngineError {
    const { start } = this.#buffer;
    if (at < first || at > start) return damagedFile('CSV', this.#source, '', problem, HINT);
    const line = this.#line - this.#buffer.countLines(at, start);
    const column = at - Math.max(first, this.#memory.u8.subarray(0, at).lastIndexOf(10) + 1) + 1;
    return damagedFile('CSV', this.#source, `${line}:${column}`, problem, HINT);
  }
}

function isTextual(type: DataType): boolean {
  return type.kind === 'CHAR' || type.kind === 'VARCHAR';
}

/** Compiles the kernels: once per reader. */
export function compileCsvKernels(context: ReaderContext): CsvKernels {
  return context.compiler.compileLibraries([csvLibrary, valueLibrary]);
}
