/** The format `json`: one object per line. */
import { damagedFile } from '../../../base/damaged-file.ts';
import { EngineError } from '../../../base/errors.ts';
import type { File } from '../../../base/fs.ts';
import type { Batch } from '../../../columnar/batch.ts';
import { BatchBuilder } from '../../../columnar/builder.ts';
import { RowReader } from '../../../columnar/row-reader.ts';
import type { ReaderContext } from '../../../dataflow/connector.ts';
import type { DataType, Field } from '../../../types/data-type.ts';
import { MAX_LENGTH } from '../../../types/data-type.ts';
import type { Value } from '../../../types/value.ts';
import { OptionReader } from '../../options.ts';
import type { FileFormat, FormatOptions, FormatWriter, ReadRequest, StreamDecoder } from '../format.ts';
import { TextBuffer } from '../text-buffer.ts';
import { TextFileReader } from '../text-file-reader.ts';
import { fromJson, isObject, type JsonOptions, JsonProblem, member, objectText } from './convert.ts';
import { type JsonValue, parseJson } from './json-text.ts';

const NEWLINE = 10;
const SAMPLE_BYTES = 1 << 18;
/** Rows per call at most: about 10 ms. */
const ROWS_PER_CALL = 4096;

export const jsonFormat: FileFormat = {
  name: 'json',
  extensions: ['.json', '.jsonl', '.ndjson'],
  options: [
    { key: 'ignore-parse-errors', required: false, default: 'false', doc: 'NULL or no row instead of an error.' },
    { key: 'fail-on-missing-field', required: false, default: 'false', doc: 'An error where a column has no field.' },
    { key: 'timestamp-format.standard', required: false, default: 'SQL', doc: 'SQL or ISO-8601.' },
    { key: 'map-null-key.mode', required: false, default: 'FAIL', doc: 'FAIL, DROP or LITERAL, when writing.' },
    { key: 'map-null-key.literal', required: false, default: 'null', doc: 'The key written with LITERAL.' },
    { key: 'encode.decimal-as-plain-number', required: false, default: 'false', doc: 'Never write 1E+2.' },
    { key: 'encode.ignore-null-fields', required: false, default: 'false', doc: 'Leave out fields that are NULL.' },
  ],
  inferFields,
  splits: (file) => [{ path: file.path, part: 0, rowsDone: 0 }],
  statistics: (file) => ({ rowCount: estimateRows(file), columns: {} }),
  createReader: (request, context) =>
    new TextFileReader(context, ({ path, byteOffset = 0, line = 1 }) => {
      return new JsonDecoder(path, request, context, { byteOffset, line });
    }),
  createDecoder: (source, request, context, from = { byteOffset: 0, line: 1 }) =>
    new JsonDecoder(source, request, context, from),
  createWriter: (file, fields, options, context) => new JsonWriter(file, fields, options, context),
};

/** @throws EngineError CONNECTOR-OPTION-* for values that no option has. */
export function readJsonOptions(options: FormatOptions): JsonOptions {
  const reader = new OptionReader('json', options);
  const standard = reader.textOr('timestamp-format.standard', 'SQL');
  if (standard !== 'SQL' && standard !== 'ISO-8601')
    throw reader.invalid('timestamp-format.standard', 'SQL or ISO-8601');
  const nullKey = reader.textOr('map-null-key.mode', 'FAIL').toUpperCase();
  if (nullKey !== 'FAIL' && nullKey !== 'DROP' && nullKey !== 'LITERAL') {
    throw reader.invalid('map-null-key.mode', 'FAIL, DROP or LITERAL');
  }
  const parsed: JsonOptions = {
    standard,
    nullKey,
    nullKeyLiteral: reader.textOr('map-null-key.literal', 'null'),
    failOnMissingField: reader.boolean('fail-on-missing-field', false),
    ignoreParseErrors: reader.boolean('ignore-parse-errors', false),
    plainDecimals: reader.boolean('encode.decimal-as-plain-number', false),
    ignoreNullFields: reader.boolean('encode.ignore-null-fields', false),
  };
  if (parsed.failOnMissingField && parsed.ignoreParseErrors) {
    throw new EngineError(
      'CONNECTOR-OPTION',
      'json.fail-on-missing-field and json.ignore-parse-errors exclude another',
    );
  }
  return parsed;
}

class JsonDecoder implements StreamDecoder {
  readonly #source: string;
  readonly #context: ReaderContext;
  readonly #fields: readonly Field[];
  readonly #options: JsonOptions;
  readonly #buffer: TextBuffer;
  readonly #builder: BatchBuilder;
  #line: number;

  constructor(
    source: string,
    request: ReadRequest,
    context: ReaderContext,
    from: { readonly byteOffset: number; readonly line: number },
  ) {
    this.#source = source;
    this.#context = context;
    this.#fields = request.projection.map((index) => request.fields[index]!);
    this.#options = readJsonOptions(request.options);
    this.#buffer = new TextBuffer(context.memory, from.byteOffset);
    this.#line = from.line;
    const capacity = Math.min(context.batchRows, ROWS_PER_CALL);
    this.#builder = new BatchBuilder(
      context.memory,
      this.#fields.map((field) => field.type),
      capacity,
    );
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

  next(): Batch | null {
    const buffer = this.#buffer;
    while (!this.#builder.full) {
      const { u8 } = this.#context.memory;
      const newline = u8.subarray(buffer.start, buffer.end).indexOf(NEWLINE);
      if (newline < 0 && !(buffer.ended && buffer.start < buffer.end)) break;
      const length = newline < 0 ? buffer.end - buffer.start : newline;
      const text = Buffer.from(u8.buffer as unknown as ArrayBuffer, buffer.start, length).toString('utf8');
      const row = this.#row(text);
      if (row !== null) this.#builder.append(row);
      this.#line++;
      buffer.consume(buffer.start + length + (newline < 0 ? 0 : 1));
    }
    return this.#builder.rowCount > 0 ? this.#builder.finish() : null;
  }

  position(): { readonly byteOffset: number; readonly line: number } {
    return { byteOffset: this.#buffer.offset, line: this.#line };
  }

  close(): void {
    this.#builder.close();
    this.#buffer.close();
  }

  /** null: no row. */
  #row(text: string): Value[] | null {
    if (text.trim() === '') return null;
    let json: JsonValue;
    try {
      json = parseJson(this.#line === 1 ? text.replace(/^\ufeff/, '') : text);
    } catch (error) {
      if (this.#options.ignoreParseErrors) return null;
      throw this.#damaged(error instanceof Error ? error.message : String(error));
    }
    if (!isObject(json)) {
      if (this.#options.ignoreParseErrors) return null;
      throw this.#damaged('the line is no JSON object');
    }
    const object = json;
    return this.#fields.map(({ name, type }) => {
      try {
        const value = fromJson(member(object, name, this.#options), type, this.#options);
        if (value === null && !type.nullable) throw new JsonProblem(`column ${name} is NULL, but declared NOT NULL`);
        return value;
      } catch (error) {
        if (error instanceof JsonProblem) throw this.#damaged(`field ${name}: ${error.message}`);
        throw error;
      }
    });
  }

  #damaged(problem: string): EngineError {
    const hint = "correct the line, or set 'json.ignore-parse-errors' = 'true'";
    return damagedFile('JSON', this.#source, String(this.#line), problem, hint);
  }
}

class JsonWriter implements FormatWriter {
  readonly #file: File;
  readonly #fields: readonly Field[];
  readonly #options: JsonOptions;
  readonly #reader: RowReader;
  #position = 0;

  constructor(file: File, fields: readonly Field[], options: FormatOptions, context: ReaderContext) {
    this.#file = file;
    this.#fields = fields;
    this.#options = readJsonOptions(options);
    this.#reader = new RowReader(
      context.memory,
      fields.map((field) => field.type),
    );
  }

  write(batch: Batch): void {
    const lines: string[] = [];
    for (let row = 0; row < batch.rowCount; row++) {
      const entries = this.#fields.map(({ name, type }, i) => [name, this.#reader.value(batch, row, i), type] as const);
      lines.push(this.#text(entries));
    }
    const bytes = Buffer.from(lines.join(''));
    this.#file.write(bytes, this.#position);
    this.#position += bytes.length;
  }

  finish(): void {}

  close(): void {}

  #text(entries: readonly (readonly [string, Value, DataType])[]): string {
    try {
      return `${objectText(entries, this.#options)}\n`;
    } catch (error) {
      if (error instanceof JsonProblem)
        throw new EngineError('DATA-JSON', error.message, { location: this.#file.path });
      throw error;
    }
  }
}

/** Columns of the objects at the beginning of the file: the narrowest type that holds all values of a field. */
function inferFields(file: File): readonly Field[] {
  const fields = new Map<string, DataType>();
  for (const [i, line] of sampleLines(file).entries()) {
    let json: JsonValue;
    try {
      json = parseJson(line);
    } catch (error) {
      throw damagedFile('JSON', file.path, String(i + 1), (error as Error).message, 'each line must be a JSON object');
    }
    if (!isObject(json)) {
      throw damagedFile('JSON', file.path, String(i + 1), 'the line is no JSON object', 'write one object per line');
    }
    for (const [name, value] of Object.entries(json)) {
      const known = fields.get(name);
      const found = jsonType(value);
      fields.set(name, known === undefined ? found : widerType(known, found));
    }
  }
  return [...fields].map(([name, type]) => ({ name, type: type.kind === 'NULL' ? TEXT : type }));
}

const TEXT: DataType = { kind: 'VARCHAR', length: MAX_LENGTH, nullable: true };

function sampleLines(file: File): string[] {
  const bytes = new Uint8Array(Math.min(file.size(), SAMPLE_BYTES));
  file.readFully(bytes, 0);
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\ufeff/, '');
  const lines = text.split('\n');
  if (bytes.length < file.size() && lines.length > 1) lines.pop();
  return lines.filter((line) => line.trim() !== '');
}

function jsonType(json: JsonValue): DataType {
  if (json === null) return { kind: 'NULL', nullable: true };
  if (typeof json === 'boolean') return { kind: 'BOOLEAN', nullable: true };
  if (typeof json === 'number') return { kind: Number.isSafeInteger(json) ? 'BIGINT' : 'DOUBLE', nullable: true };
  if (typeof json === 'string') return textType(json);
  if (Array.isArray(json)) {
    const elements = (json as readonly JsonValue[]).map(jsonType);
    const element = elements.reduce(widerType, { kind: 'NULL', nullable: true });
    return { kind: 'ARRAY', element: element.kind === 'NULL' ? TEXT : element, nullable: true };
  }
  if (!isObject(json)) return { kind: 'DOUBLE', nullable: true };
  const fields = Object.entries(json).map(([name, value]) => {
    const type = jsonType(value);
    return { name, type: type.kind === 'NULL' ? TEXT : type };
  });
  return { kind: 'ROW', fields, nullable: true };
}

function textType(text: string): DataType {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return { kind: 'DATE', nullable: true };
  if (/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,9})?$/.test(text))
    return { kind: 'TIMESTAMP', precision: 3, nullable: true };
  return TEXT;
}

function widerType(a: DataType, b: DataType): DataType {
  if (a.kind === 'NULL') return b;
  if (b.kind === 'NULL' || JSON.stringify(a) === JSON.stringify(b)) return a;
  const numbers = new Set(['BIGINT', 'DOUBLE']);
  if (numbers.has(a.kind) && numbers.has(b.kind)) return { kind: 'DOUBLE', nullable: true };
  if (a.kind === 'ARRAY' && b.kind === 'ARRAY') {
    return { kind: 'ARRAY', element: widerType(a.element, b.element), nullable: true };
  }
  if (a.kind === 'ROW' && b.kind === 'ROW') {
    const fields = [...a.fields];
    for (const field of b.fields) {
      const at = fields.findIndex((other) => other.name === field.name);
      if (at < 0) fields.push(field);
      else fields[at] = { name: field.name, type: widerType(fields[at]!.type, field.type) };
    }
    return { kind: 'ROW', fields, nullable: true };
  }
  return TEXT;
}

function estimateRows(file: File): number {
  const lines = sampleLines(file);
  const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
  return bytes === 0 ? 0 : Math.round((file.size() / bytes) * lines.length);
}
