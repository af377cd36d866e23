/** Reads files of a text format: blocks of the file go to a decoder, which makes batches of them. */
import type { File } from '../../base/fs.ts';
import type { Batch } from '../../columnar/batch.ts';
import type { ReaderContext } from '../../dataflow/connector.ts';
import type { FileSplit, FormatReader, StreamDecoder } from './format.ts';

const BLOCK = 1 << 20;

export class TextFileReader implements FormatReader {
  readonly #context: ReaderContext;
  readonly #makeDecoder: (split: FileSplit) => StreamDecoder;
  #file: File | null = null;
  #decoder: StreamDecoder | null = null;
  #split: FileSplit = { path: '', part: 0, rowsDone: 0 };
  #position = 0;
  #ended = false;
  /** Bytes to read next: twice as many whenever a row did not fit. */
  #block = BLOCK;

  constructor(context: ReaderContext, makeDecoder: (split: FileSplit) => StreamDecoder) {
    this.#context = context;
    this.#makeDecoder = makeDecoder;
  }

  open(split: FileSplit): void {
    this.close();
    this.#split = split;
    this.#file = this.#context.fileSystem.open(split.path, 'read');
    this.#decoder = this.#makeDecoder(split);
    this.#position = split.byteOffset ?? 0;
    this.#ended = false;
    this.#block = BLOCK;
  }

  next(): Batch | null {
    const decoder = this.#decoder!;
    for (;;) {
      const batch = decoder.next();
      if (batch !== null) {
        this.#block = BLOCK;
        const { byteOffset, line } = decoder.position();
        this.#split = { ...this.#split, rowsDone: this.#split.rowsDone + batch.rowCount, byteOffset, line };
        return batch;
      }
      if (this.#ended) return null;
      this.#fill(decoder);
    }
  }

  position(): FileSplit {
    return this.#split;
  }

  close(): void {
    this.#decoder?.close();
    this.#decoder = null;
    this.#file?.close();
    this.#file = null;
  }

  #fill(decoder: StreamDecoder): void {
    const { memory } = this.#context;
    const address = decoder.room(this.#block);
    const length = this.#file!.read(memory.bytes(address, this.#block), this.#position);
    this.#position += length;
    this.#block *= 2;
    decoder.filled(length);
    if (length > 0) return;
    this.#ended = true;
    decoder.end();
  }
}
