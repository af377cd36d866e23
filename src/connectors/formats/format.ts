/**
 * What a file format offers to the connectors that read and write files or byte streams. A format knows nothing of
 * directories, partitions and commits: that is the connector's work.
 */
import type { File, FileSystem } from '../../base/fs.ts';
import type { Batch } from '../../columnar/batch.ts';
import type { ConnectorOption, ReaderContext, SourceFilter, TableStatistics } from '../../dataflow/connector.ts';
import type { Field } from '../../types/data-type.ts';
import type { Options } from '../options.ts';

/** Options of the format, by their keys without the format's name: `field-delimiter`. */
export type FormatOptions = Options;

/** A part of one file, read by one reader from its beginning to its end. Plain JSON. */
export interface FileSplit {
  readonly path: string;
  /** The number of the part: a row group, a record batch. 0 where a file has one part. */
  readonly part: number;
  /** Rows of the part that were read already. */
  readonly rowsDone: number;
  /** Where in the file to go on, for formats that are read as text: in bytes. */
  readonly byteOffset?: number;
  /** Number of the line at `byteOffset`, from 1. */
  readonly line?: number;
}

export interface ReadRequest {
  /** Columns that the file holds, as the table declares them. */
  readonly fields: readonly Field[];
  /** Columns to read, in order of output: indices into `fields`. */
  readonly projection: readonly number[];
  /** `column` is an index into `fields`. Rows that pass are still filtered above. */
  readonly filters: readonly SourceFilter[];
  readonly options: FormatOptions;
}

/** Reads splits, one after another. Work per call is bounded to about 20 ms. */
export interface FormatReader {
  /** Begins with a split; the one before is given up. */
  open(split: FileSplit): void;
  /** The next rows, which the caller releases, or null at the end of the split. A batch may be empty. */
  next(): Batch | null;
  /** The split with the position after the last batch. */
  position(): FileSplit;
  close(): void;
}

export interface FormatWriter {
  write(batch: Batch): void;
  /** Writes what is buffered and the end of the file; does not close it. */
  finish(): void;
  /** Gives back memory, finished or not. */
  close(): void;
}

/** Decodes bytes as they arrive: for standard input and sockets. */
export interface StreamDecoder {
  /** Room for `length` bytes in linear memory, to be followed by `filled`. */
  room(length: number): number;
  filled(length: number): void;
  /** No more bytes will come. */
  end(): void;
  /** The next rows, or null: then it needs more bytes or, after `end`, is done. */
  next(): Batch | null;
  /** Where the first byte is that belongs to no row of a batch yet, and its line. */
  position(): { readonly byteOffset: number; readonly line: number };
  close(): void;
}

export interface FileFormat {
  readonly name: string;
  /** Ends of file names, with the dot. */
  readonly extensions: readonly string[];
  /** Keys without the format's name in front. */
  readonly options: readonly ConnectorOption[];
  /** Whether the first bytes of a file are this format's; undefined where it has no magic. */
  recognises?(head: Uint8Array): boolean;
  /** Columns of a file, for `SELECT … FROM 'file'`. @throws EngineError DATA-* */
  inferFields?(file: File, options: FormatOptions): readonly Field[];
  /** Options that `inferFields` found out and reading needs (`header` of an inline CSV file). */
  inferOptions?(file: File, options: FormatOptions): FormatOptions;
  /** Options for a declared table that the file itself shows: a first line with exactly the names is a header. */
  matchOptions?(file: File, options: FormatOptions, fields: readonly Field[]): FormatOptions;
  /** Rows and ranges of one file; cheap. */
  statistics?(file: File, request: ReadRequest): TableStatistics;
  /** The parts that may hold rows that pass the filters. */
  splits(file: File, request: ReadRequest): readonly FileSplit[];
  createReader?(request: ReadRequest, context: ReaderContext): FormatReader;
  /** @param source name for messages; @param from where the bytes begin in it. */
  createDecoder?(
    source: string,
    request: ReadRequest,
    context: ReaderContext,
    from?: { readonly byteOffset: number; readonly line: number },
  ): StreamDecoder;
  createWriter?(file: File, fields: readonly Field[], options: FormatOptions, context: ReaderContext): FormatWriter;
}

export type { File, FileSystem };
