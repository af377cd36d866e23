/** The format `arrow`: Arrow IPC files, read and written by columnar/arrow. A split is a record batch. */
import { damagedFile } from '../../../base/damaged-file.ts';
import { EngineError } from '../../../base/errors.ts';
import type { File } from '../../../base/fs.ts';
import { IpcFileReader, IpcFileWriter } from '../../../columnar/arrow/ipc-file.ts';
import { Batch, type Column, columnOf } from '../../../columnar/batch.ts';
import { physicalType, WIDTH } from '../../../columnar/physical.ts';
import type { ReaderContext } from '../../../dataflow/connector.ts';
import { LinearMemory } from '../../../memory/arena.ts';
import { type DataType, type Field, sameType } from '../../../types/data-type.ts';
import { printType } from '../../../types/print.ts';
import type { FileFormat, FileSplit, FormatReader, ReadRequest } from '../format.ts';

export const arrowFormat: FileFormat = {
  name: 'arrow',
  extensions: ['.arrow', '.feather', '.ipc'],
  options: [],
  recognises: (head) => ['A', 'R', 'R', 'O', 'W', '1'].every((char, i) => head[i] === char.charCodeAt(0)),
  inferFields: (file) => withMetadata(file, (reader) => reader.fields),
  statistics: (file) =>
    withMetadata(file, (reader) => {
      const rows = Array.from({ length: reader.batchCount }, (_, i) => reader.rowCount(i));
      return { rowCount: rows.reduce((sum, count) => sum + count, 0), columns: {} };
    }),
  splits: (file) =>
    withMetadata(file, (reader) =>
      Array.from({ length: reader.batchCount }, (_, part) => ({ path: file.path, part, rowsDone: 0 })),
    ),
  createReader: (request, context) => new ArrowReader(request, context),
  createWriter: (file, fields, _, context) => {
    const writer = new IpcFileWriter(file, context.memory, fields, { compiler: context.compiler });
    return {
      write: (batch) => {
        writer.write(batch);
      },
      finish: () => {
        writer.finish();
      },
      close: () => writer.close(),
    };
  },
};

/** Reads only metadata, so a small memory of its own will do. */
function withMetadata<T>(file: File, use: (reader: IpcFileReader) => T): T {
  const reader = IpcFileReader.open(file, new LinearMemory({ initial: 1 << 17, maximum: 1 << 20 }));
  const result = use(reader);
  reader.close();
  return result;
}

class ArrowReader implements FormatReader {
  readonly #context: ReaderContext;
  readonly #fields: readonly Field[];
  #path = '';
  #file: File | null = null;
  #reader: IpcFileReader | null = null;
  #split: FileSplit = { path: '', part: 0, rowsDone: 0 };
  /** The record batch of the split, of which slices are handed out. */
  #whole: Batch | null = null;
  #rowsDone = 0;

  constructor(request: ReadRequest, context: ReaderContext) {
    this.#context = context;
    this.#fields = request.projection.map((index) => request.fields[index]!);
  }

  open(split: FileSplit): void {
    this.#whole?.release();
    this.#whole = null;
    const reader = this.#openFile(split.path);
    if (split.part >= reader.batchCount) {
      throw damagedFile('ARROW', split.path, '', `has ${reader.batchCount} batches, not ${split.part + 1}`);
    }
    const projection = this.#fields.map((field) => this.#find(reader, field));
    this.#whole = reader.readBatch(split.part, projection);
    this.#rowsDone = split.rowsDone;
    this.#split = split;
  }

  next(): Batch | null {
    const whole = this.#whole;
    if (whole === null || this.#rowsDone >= whole.rowCount) return null;
    const from = this.#rowsDone;
    const rows = Math.min(whole.rowCount - from, this.#context.batchRows);
    this.#rowsDone += rows;
    this.#split = { ...this.#split, rowsDone: this.#rowsDone };
    const columns = whole.columns.map((column, i): Column => {
      const type = this.#fields[i]!.type;
      const values = column.values + from * WIDTH[physicalType(type)];
      return columnOf(type, values, column.validity === 0 ? 0 : column.validity + from);
    });
    return new Batch(rows, columns, whole.kinds === 0 ? 0 : whole.kinds + from, () => {}, [whole]);
  }

  position(): FileSplit {
    return this.#split;
  }

  close(): void {
    this.#whole?.release();
    this.#whole = null;
    this.#reader?.close();
    this.#reader = null;
    this.#file?.close();
    this.#file = null;
    this.#path = '';
  }

  #find(reader: IpcFileReader, field: Field): number {
    const index = reader.fields.findIndex((candidate) => candidate.name === field.name);
    const found = reader.fields[index];
    if (found !== undefined && fits(found.type, field.type)) return index;
    const problem =
      found === undefined
        ? 'is not in the file'
        : `is ${printType(found.type)} in the file, which cannot be read as ${printType(field.type)}`;
    throw new EngineError('DATA-ARROW', `${this.#path}: column ${field.name} ${problem}`, {
      location: this.#path,
      hint: 'declare the column with the type that the file has',
    });
  }

  #openFile(path: string): IpcFileReader {
    if (this.#path === path && this.#reader !== null) return this.#reader;
    this.close();
    this.#file = this.#context.fileSystem.open(path, 'read');
    this.#reader = IpcFileReader.open(this.#file, this.#context.memory, { compiler: this.#context.compiler });
    this.#path = path;
    return this.#reader;
  }
}

/** The same values in memory: lengths of strings and precisions of timestamps may differ, NOT NULL may not get lost. */
function fits(stored: DataType, declared: DataType): boolean {
  if (stored.nullable && !declared.nullable) return false;
  if (sameType(stored, declared)) return true;
  if (physicalType(stored) !== physicalType(declared)) return false;
  const text = ['CHAR', 'VARCHAR'];
  const bytes = ['BINARY', 'VARBINARY'];
  if (text.includes(stored.kind)) return text.includes(declared.kind);
  if (bytes.includes(stored.kind)) return bytes.includes(declared.kind);
  if (stored.kind === 'DECIMAL' && declared.kind === 'DECIMAL') {
    return stored.scale === declared.scale && stored.precision <= declared.precision;
  }
  return stored.kind === declared.kind && (stored.kind === 'TIMESTAMP' || stored.kind === 'TIMESTAMP_LTZ');
}
