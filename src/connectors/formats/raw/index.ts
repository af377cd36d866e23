/** The format `raw`: one column, one line of text (or the whole file's bytes) per row. */
import { EngineError } from '../../../base/errors.ts';
import type { File } from '../../../base/fs.ts';
import { Batch, type Column, columnOf } from '../../../columnar/batch.ts';
import { allocateColumns } from '../../../columnar/builder.ts';
import type { ReaderContext } from '../../../dataflow/connector.ts';
import { type Field, MAX_LENGTH } from '../../../types/data-type.ts';
import type { FileFormat, FormatWriter, ReadRequest, StreamDecoder } from '../format.ts';
import { TextBuffer } from '../text-buffer.ts';
import { TextFileReader } from '../text-file-reader.ts';

const NEWLINE = 10;

export const rawFormat: FileFormat = {
  name: 'raw',
  extensions: ['.txt', '.log'],
  options: [],
  inferFields: () => [{ name: 'line', type: { kind: 'VARCHAR', length: MAX_LENGTH, nullable: true } }],
  splits: (file) => [{ path: file.path, part: 0, rowsDone: 0 }],
  createReader: (request, context) =>
    new TextFileReader(context, ({ byteOffset = 0, line = 1 }) => new RawDecoder(request, context, byteOffset, line)),
  createDecoder: (_, request, context, from = { byteOffset: 0, line: 1 }) =>
    new RawDecoder(request, context, from.byteOffset, from.line),
  createWriter: (file, fields, _, context) => new RawWriter(file, checkFields(fields), context),
};

function checkFields(fields: readonly Field[]): readonly Field[] {
  const kind = fields[0]?.type.kind;
  if (fields.length === 1 && (kind === 'CHAR' || kind === 'VARCHAR' || kind === 'BINARY' || kind === 'VARBINARY')) {
    return fields;
  }
  throw new EngineError('CONNECTOR-OPTION', "format 'raw' takes a table with one column of STRING or BYTES", {
    hint: 'declare one column, or use the csv or json format',
  });
}

/** Every line is a view into the bytes that arrived. */
class RawDecoder implements StreamDecoder {
  readonly #context: ReaderContext;
  readonly #fields: readonly Field[];
  readonly #projection: readonly number[];
  readonly #buffer: TextBuffer;
  #line: number;

  constructor(request: ReadRequest, context: ReaderContext, byteOffset: number, line: number) {
    this.#context = context;
    this.#fields = checkFields(request.fields);
    this.#projection = request.projection;
    this.#buffer = new TextBuffer(context.memory, byteOffset);
    this.#line = line;
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
    const { memory, batchRows } = this.#context;
    const type = this.#fields[0]!.type;
    const layout = allocateColumns(memory, [{ ...type, nullable: false }], batchRows, false);
    const views = layout.values[0]! >>> 2;
    const { u8, u32 } = memory;
    const buffer = this.#buffer;
    const { start } = buffer;
    const bytes = u8.subarray(start, buffer.end);
    let rows = 0;
    let at = start;
    while (rows < batchRows && at < buffer.end) {
      const newline = start + bytes.indexOf(NEWLINE, at - start);
      const found = newline >= at;
      if (!found && !buffer.ended) break;
      const end = found ? newline : buffer.end;
      const length = end > at && u8[end - 1] === 13 ? end - 1 - at : end - at;
      u32[views + rows * 2] = at;
      u32[views + rows * 2 + 1] = length;
      rows++;
      at = found ? end + 1 : end;
    }
    if (rows === 0) {
      memory.free(layout.block);
      return null;
    }
    this.#line += rows;
    buffer.consume(at);
    const columns = this.#projection.map((): Column => columnOf(type, layout.values[0]!, 0));
    return new Batch(rows, columns, 0, () => memory.free(layout.block), [buffer.block]);
  }

  position(): { readonly byteOffset: number; readonly line: number } {
    return { byteOffset: this.#buffer.offset, line: this.#line };
  }

  close(): void {
    this.#buffer.close();
  }
}

class RawWriter implements FormatWriter {
  readonly #file: File;
  readonly #context: ReaderContext;
  #position = 0;

  constructor(file: File, _fields: readonly Field[], context: ReaderContext) {
    this.#file = file;
    this.#context = context;
  }

  /** NULL becomes an empty line. */
  write(batch: Batch): void {
    const { memory } = this.#context;
    const column = batch.columns[0]!;
    const parts: Uint8Array[] = [];
    const newline = Uint8Array.of(NEWLINE);
    for (let row = 0; row < batch.rowCount; row++) {
      const at = (column.values >>> 2) + row * 2;
      const valid = column.validity === 0 || memory.u8[column.validity + row] !== 0;
      if (valid && memory.u32[at + 1]! > 0) parts.push(memory.bytes(memory.u32[at]!, memory.u32[at + 1]!));
      parts.push(newline);
    }
    this.#position += this.#file.writeAll(parts, this.#position);
  }

  finish(): void {}

  close(): void {}
}
