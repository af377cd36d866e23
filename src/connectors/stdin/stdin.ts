/**
 * Connector `stdin`: what is piped into the process, in a format that can be read as it comes. There is one standard
 * input, so one subtask reads it, and what has been read cannot be read again: such a job cannot go on from a
 * checkpoint.
 */
import { notSupported } from '../../base/errors.ts';
import { type ByteStream, standardInput } from '../../base/fs.ts';
import type { Batch } from '../../columnar/batch.ts';
import type { ConnectorFactory, Source, SourceReader } from '../../dataflow/connector.ts';
import { INSERT_ONLY } from '../changelog-mode.ts';
import type { StreamDecoder } from '../formats/format.ts';
import { FileFormats } from '../formats/index.ts';
import { OptionReader } from '../options.ts';

const CHUNK_BYTES = 65_536;

export const stdinConnector: ConnectorFactory = {
  connector: 'stdin',
  mainThread: ['source'],
  options: [
    { key: 'format', required: true, doc: 'csv, json or raw.' },
    { key: 'bounded', required: false, default: 'true', doc: 'Whether the input comes to an end.' },
    ...new FileFormats().options,
  ],

  createSource(spec): Source {
    const options = new OptionReader('stdin', spec.options);
    const formats = new FileFormats();
    const format = formats.named(options.textOr('format', ''));
    if (format.createDecoder === undefined) throw notSupported(`format '${format.name}' on standard input`);
    const request = {
      fields: spec.schema.fields,
      projection: spec.projection,
      filters: spec.filters,
      options: formats.optionsOf(format, spec.options),
    };
    return {
      boundedness: options.boolean('bounded', true) ? 'BOUNDED' : 'CONTINUOUS_UNBOUNDED',
      changelogMode: INSERT_ONLY,
      statistics: () => ({ rowCount: null, columns: {} }),
      splits: () => [{}],
      createReader: (context) => {
        const decoder = format.createDecoder!('standard input', request, context);
        return new StreamReader(decoder, standardInput, context.memory, spec.limit);
      },
    };
  },
};

/** Feeds a decoder from a stream of bytes. */
export class StreamReader implements SourceReader {
  readonly #decoder: StreamDecoder;
  readonly #stream: ByteStream;
  readonly #memory: { bytes(pointer: number, length: number): Uint8Array };
  #left: number;
  #assigned = false;
  #ended = false;
  #pending: Promise<number> | null = null;

  constructor(
    decoder: StreamDecoder,
    stream: ByteStream,
    memory: { bytes(pointer: number, length: number): Uint8Array },
    limit: number | null,
  ) {
    this.#decoder = decoder;
    this.#stream = stream;
    this.#memory = memory;
    this.#left = limit ?? Number.POSITIVE_INFINITY;
  }

  addSplits(splits: readonly unknown[]): void {
    if (splits.length > 0) this.#assigned = true;
  }

  async poll(): Promise<Batch | 'nothing-yet' | 'end-of-input'> {
    while (this.#assigned && this.#left > 0) {
      // While bytes are on their way into the decoder's room, it must not look there.
      const batch = this.#pending === null ? this.#decoder.next() : null;
      if (batch !== null) {
        if (batch.rowCount === 0) {
          batch.release();
          continue;
        }
        this.#left -= batch.rowCount;
        return batch;
      }
      if (this.#ended) break;
      const count = await this.#read();
      if (count === null) return 'nothing-yet';
      if (count > 0) {
        this.#decoder.filled(count);
      } else {
        this.#ended = true;
        this.#decoder.end();
      }
    }
    return 'end-of-input';
  }

  snapshot(): readonly unknown[] {
    return this.#assigned && !this.#ended ? [{}] : [];
  }

  close(): void {
    this.#decoder.close();
  }

  /** The bytes that came, 0 at the end; null when none have come before the event loop turned. */
  async #read(): Promise<number | null> {
    this.#pending ??= this.#stream.read(this.#memory.bytes(this.#decoder.room(CHUNK_BYTES), CHUNK_BYTES));
    const waited = new Promise<null>((resolve) => setTimeout(resolve, WAIT, null));
    const count = await Promise.race([this.#pending, waited]);
    if (count !== null) this.#pending = null;
    return count;
  }
}

/** Milliseconds that a poll waits for bytes. */
const WAIT = 5;
