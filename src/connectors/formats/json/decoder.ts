/** Lines of JSON as batches: kernels for what is plain, `fromJson` for the rest. Strings are views into the text. */
import { damagedFile } from '../../../base/damaged-file.ts';
import type { EngineError } from '../../../base/errors.ts';
import { Batch, type Column, columnOf, type Retained } from '../../../columnar/batch.ts';
import { allocateColumns, type BatchLayout } from '../../../columnar/builder.ts';
import { physicalType, WIDTH } from '../../../columnar/physical.ts';
import { StringArena } from '../../../columnar/string-arena.ts';
import { valueWriter } from '../../../columnar/value-codec.ts';
import type { ReaderContext } from '../../../dataflow/connector.ts';
import type { CompiledKernel } from '../../../kernel/program.ts';
import type { LinearMemory } from '../../../memory/arena.ts';
import type { DataType, Field } from '../../../types/data-type.ts';
import type { Value } from '../../../types/value.ts';
import type { ReadRequest, StreamDecoder } from '../format.ts';
import { TextBuffer } from '../text-buffer.ts';
import { valueLibrary } from '../value-kernels.ts';
import { parseColumn } from '../value-parser.ts';
import { fromJson, isObject, type JsonOptions, JsonProblem, member } from './convert.ts';
import { type JsonValue, parseJson } from './json-text.ts';
import { CLASS, COLUMN, COLUMN_BYTES, ESCAPED, jsonLibrary, RAW, STATE, STATE_BYTES, STOP } from './kernels.ts';
import { readJsonOptions } from './options.ts';

export type JsonKernels = Readonly<Record<string, CompiledKernel>>;

const QUOTE = 34;
const NEWLINE = 10;
const HINT = "correct the line, or set 'json.ignore-parse-errors' = 'true'";
/** Rows per call at most: about 10 ms. */
const ROWS_PER_CALL = 16384;

/** Compiles the kernels: once per reader. */
export function compileJsonKernels(context: ReaderContext): JsonKernels {
  return context.compiler.compileLibraries([jsonLibrary, valueLibrary]);
}

export class JsonDecoder implements StreamDecoder {
  readonly #source: string;
  readonly #memory: LinearMemory;
  readonly #kernels: JsonKernels;
  readonly #fields: readonly Field[];
  readonly #options: JsonOptions;
  readonly #buffer: TextBuffer;
  readonly #capacity: number;
  readonly #state: number;
  /** Views of columns that are parsed; text columns take theirs as they are. */
  readonly #views: number;
  #line: number;
  #arena: StringArena | null = null;

  constructor(
    source: string,
    request: ReadRequest,
    context: ReaderContext,
    kernels: JsonKernels,
    from: { readonly byteOffset: number; readonly line: number },
  ) {
    const { memory } = context;
    this.#source = source;
    this.#memory = memory;
    this.#kernels = kernels;
    this.#fields = request.projection.map((index) => request.fields[index]!);
    this.#options = readJsonOptions(request.options);
    this.#buffer = new TextBuffer(memory, from.byteOffset);
    this.#line = from.line;
    this.#capacity = Math.min(context.batchRows, ROWS_PER_CALL);
    const names = this.#fields.map((field) => Buffer.from(field.name));
    const nameBytes = names.reduce((sum, name) => sum + name.length, 0);
    const records = STATE_BYTES + names.length * COLUMN_BYTES;
    this.#state = memory.allocate(records + nameBytes + 64);
    this.#views = memory.allocate(Math.max(1, names.length) * this.#capacity * 8 + 64);
    this.#writeColumns(names, this.#state + records);
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
    if (buffer.start >= buffer.end) return null;
    this.#skipByteOrderMark();
    const types = this.#fields.map((field) => field.type);
    // A few lines from a pipe shall not take room for thousands; the shortest line has three bytes.
    const capacity = Math.min(this.#capacity, Math.floor((buffer.end - buffer.start) / 3) + 1);
    const layout = allocateColumns(this.#memory, types, capacity, false);
    try {
      const first = buffer.start;
      const odd = new Map<number, readonly Value[]>();
      const rows = this.#tokenize(layout, capacity, odd);
      if (rows === 0) {
        this.#memory.free(layout.block);
        return null;
      }
      const columns = types.map((type, i) => this.#column(i, type, layout, rows, first, odd));
      const keep: Retained[] = this.#arena === null ? [buffer.block] : [buffer.block, this.#arena];
      return new Batch(rows, columns, 0, () => this.#memory.free(layout.block), keep);
    } catch (error) {
      this.#memory.free(layout.block);
      throw error;
    } finally {
      this.#arena?.release();
      this.#arena = null;
    }
  }

  #skipByteOrderMark(): void {
    const { start } = this.#buffer;
    const { u8 } = this.#memory;
    if (this.#buffer.offset > 0 || u8[start] !== 0xef || u8[start + 1] !== 0xbb || u8[start + 2] !== 0xbf) return;
    this.#buffer.consume(start + 3);
  }

  #writeColumns(names: readonly Buffer[], at: number): void {
    const { u8, u32 } = this.#memory;
    const state = this.#state >>> 2;
    u32[state + (STATE.columns >>> 2)] = names.length;
    let address = at;
    names.forEach((name, i) => {
      const record = (this.#state + STATE_BYTES + i * COLUMN_BYTES) >>> 2;
      u8.set(name, address);
      u32[record + (COLUMN.name >>> 2)] = address;
      u32[record + (COLUMN.length >>> 2)] = name.length;
      u32[record + (COLUMN.class >>> 2)] = this.#classOf(this.#fields[i]!.type);
      address += name.length;
    });
  }

  #classOf(type: DataType): number {
    switch (type.kind) {
      case 'CHAR':
      case 'VARCHAR':
        return CLASS.text;
      case 'BOOLEAN':
        return CLASS.boolean;
      case 'TINYINT':
      case 'SMALLINT':
      case 'INT':
      case 'BIGINT':
      case 'DECIMAL':
      case 'DOUBLE':
        return CLASS.number;
      case 'DATE':
      case 'TIME':
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ':
        return CLASS.temporal;
      default:
        return CLASS.other;
    }
  }

  #viewsOf(column: number, layout: BatchLayout): number {
    const isText = this.#classOf(this.#fields[column]!.type) === CLASS.text;
    return isText ? layout.values[column]! : this.#views + column * this.#capacity * 8;
  }

  /** Rows found; `odd` gets those that were parsed here. */
  #tokenize(layout: BatchLayout, capacity: number, odd: Map<number, readonly Value[]>): number {
    const buffer = this.#buffer;
    this.#fields.forEach((_, i) => {
      const record = (this.#state + STATE_BYTES + i * COLUMN_BYTES) >>> 2;
      this.#memory.u32[record + (COLUMN.views >>> 2)] = this.#viewsOf(i, layout);
      this.#memory.u32[record + (COLUMN.validity >>> 2)] = this.#options.failOnMissingField ? 0 : layout.validity[i]!;
    });
    let rows = 0;
    for (;;) {
      const { start, end, ended } = buffer;
      this.#kernels.json_tokenize!(this.#state, start, end, ended ? 1 : 0, rows, capacity);
      rows = this.#result(STATE.rows);
      this.#line += this.#result(STATE.lines);
      buffer.consume(this.#result(STATE.consumed));
      if (this.#result(STATE.reason) !== STOP.odd) break;
      const lineStart = this.#result(STATE.lineStart);
      const newline = this.#memory.u8.subarray(lineStart, end).indexOf(NEWLINE);
      const lineEnd = newline < 0 ? end : lineStart + newline;
      const row = this.#parseLine(this.#buffer.text(lineStart, lineEnd - lineStart));
      buffer.consume(Math.min(lineEnd + 1, end));
      this.#line++;
      if (row === null) continue;
      this.#fields.forEach((_, i) => {
        const validity = layout.validity[i]!;
        if (validity !== 0) this.#memory.u8[validity + rows] = row[i] === null ? 0 : 1;
        const words = (this.#viewsOf(i, layout) >>> 2) + rows * 2;
        this.#memory.u32[words] = lineStart;
        this.#memory.u32[words + 1] = RAW;
      });
      odd.set(rows, row);
      rows++;
    }
    if (this.#options.failOnMissingField) {
      for (const validity of layout.validity) if (validity !== 0) this.#memory.fill(validity, 1, rows);
      this.#fields.forEach((_, i) => {
        for (const [row, values] of odd) if (values[i] === null) this.#memory.u8[layout.validity[i]! + row] = 0;
      });
    }
    return rows;
  }

  #column(
    column: number,
    type: DataType,
    layout: BatchLayout,
    rows: number,
    first: number,
    odd: ReadonlyMap<number, readonly Value[]>,
  ): Column {
    const views = this.#viewsOf(column, layout);
    const [values, validity] = [layout.values[column]!, layout.validity[column]!];
    const strings = (): StringArena => {
      this.#arena ??= new StringArena(this.#memory);
      return this.#arena;
    };
    const slow = (row: number): Value => {
      const parsed = odd.get(row);
      if (parsed !== undefined) return parsed[column]!;
      if (validity !== 0 && this.#memory.u8[validity + row] === 0) return null;
      return this.#slowValue(column, views, row, first);
    };
    if (this.#classOf(type) === CLASS.text) {
      const write = valueWriter(this.#memory, type, strings);
      const next = (from: number): number => this.#kernels.json_next_flagged!(views, from, rows) as number;
      for (let row = next(0); row < rows; row = next(row + 1)) {
        const value = slow(row);
        if (value !== null) write(values + row * WIDTH[physicalType(type)], value);
        else {
          this.#memory.u8[validity + row] = 0;
          this.#memory.i64[(views >>> 3) + row] = 0n;
        }
      }
    } else {
      const separator = this.#options.standard === 'SQL' ? 32 : 'T'.charCodeAt(0);
      parseColumn(this.#memory, this.#kernels, { type, views, rows, values, validity }, slow, strings, separator);
    }
    const allValid = validity === 0 || this.#kernels.all_valid!(validity, rows) === 1;
    return columnOf(type, values, allValid ? 0 : validity);
  }

  /** A value that the kernels left: from its text. */
  #slowValue(column: number, views: number, row: number, first: number): Value {
    const { name, type } = this.#fields[column]!;
    const at = this.#memory.u32[(views >>> 2) + row * 2]!;
    const word = this.#memory.u32[(views >>> 2) + row * 2 + 1]!;
    const text = this.#buffer.text(at, word & 0x3fffffff);
    const isPlainString = (word & RAW) === 0 && (word & ESCAPED) === 0 && this.#memory.u8[at - 1] === QUOTE;
    try {
      const json = isPlainString ? text : parseJson((word & ESCAPED) === 0 ? text : `"${text}"`);
      return this.#checked(fromJson(json, type, this.#options), column);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (!(error instanceof JsonProblem) && !(error instanceof SyntaxError)) throw error;
      if (error instanceof SyntaxError && this.#options.ignoreParseErrors) return this.#checked(null, column);
      const line = at < first ? this.#line : this.#line - this.#buffer.countLines(at, this.#buffer.start);
      throw this.#damaged(line, `field ${name}: ${problem}`);
    }
  }

  #checked(value: Value, column: number): Value {
    const { name, type } = this.#fields[column]!;
    if (value === null && !type.nullable) throw new JsonProblem(`column ${name} is NULL, but declared NOT NULL`);
    return value;
  }

  /** A line that is not plain; null: no row. */
  #parseLine(text: string): Value[] | null {
    if (text.trim() === '') return null;
    let json: JsonValue;
    try {
      json = parseJson(text);
    } catch (error) {
      if (this.#options.ignoreParseErrors) return null;
      throw this.#damaged(this.#line, error instanceof Error ? error.message : String(error));
    }
    if (!isObject(json)) {
      if (this.#options.ignoreParseErrors) return null;
      throw this.#damaged(this.#line, 'the line is no JSON object');
    }
    const object = json;
    return this.#fields.map(({ name, type }, column) => {
      try {
        return this.#checked(fromJson(member(object, name, this.#options), type, this.#options), column);
      } catch (error) {
        if (error instanceof JsonProblem) throw this.#damaged(this.#line, `field ${name}: ${error.message}`);
        throw error;
      }
    });
  }

  #result(field: number): number {
    return this.#memory.u32[(this.#state + field) >>> 2]!;
  }

  #damaged(line: number, problem: string): EngineError {
    return damagedFile('JSON', this.#source, String(line), problem, HINT);
  }
}
