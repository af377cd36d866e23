/** Writes rows as lines of text: what a line is, is the format's business. */
import type { File } from '../../base/fs.ts';
import type { Batch } from '../../columnar/batch.ts';
import { RowReader } from '../../columnar/row-reader.ts';
import type { ReaderContext } from '../../dataflow/connector.ts';
import type { Field } from '../../types/data-type.ts';
import type { Value } from '../../types/value.ts';
import type { FormatWriter } from './format.ts';

export interface LineFormat {
  /** The first line of a file, without its end. */
  readonly header?: string | undefined;
  /** The line of a row, without its end. */
  readonly line: (values: readonly Value[]) => string;
}

export class LineWriter implements FormatWriter {
  readonly #file: File;
  readonly #reader: RowReader;
  readonly #line: LineFormat['line'];
  #position = 0;

  constructor(file: File, fields: readonly Field[], context: ReaderContext, { header, line }: LineFormat) {
    this.#file = file;
    this.#line = line;
    this.#reader = new RowReader(
      context.memory,
      fields.map((field) => field.type),
    );
    if (header !== undefined) this.#append([header]);
  }

  write(batch: Batch): void {
    this.#append(Array.from({ length: batch.rowCount }, (_, row) => this.#line(this.#reader.row(batch, row))));
  }

  finish(): void {}

  close(): void {}

  #append(lines: readonly string[]): void {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    this.#file.write(bytes, this.#position);
    this.#position += bytes.length;
  }
}
