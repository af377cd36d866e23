/** What one consuming subtask reads of a blocking result: its batches, then the last watermark, then the end. */
import { MIN_WATERMARK } from '../../dataflow/traits.ts';
import type { InputChannel } from '../result-partition.ts';
import type { StreamElement } from '../stream-element.ts';
import type { PartitionFileReader } from './partition-file-reader.ts';

export interface BlockingSource {
  /** null until the result is whole. */
  reader(): PartitionFileReader | null;
  /** Of the whole result; MIN_WATERMARK: it had none. */
  readonly watermark: number;
}

export class BlockingChannel implements InputChannel {
  readonly #source: BlockingSource;
  readonly #subpartition: number;
  readonly #records: boolean;
  #next = 0;
  #state: 'batches' | 'watermark' | 'end' | 'done' = 'batches';

  /** @param records the rows are records of a program */
  constructor(source: BlockingSource, subpartition: number, records: boolean) {
    this.#source = source;
    this.#subpartition = subpartition;
    this.#records = records;
  }

  poll(): StreamElement | null {
    if (this.#state === 'batches') {
      const reader = this.#source.reader();
      if (reader === null) return null;
      if (this.#next < reader.batchCount(this.#subpartition)) {
        const number = this.#next++;
        if (this.#records) return { kind: 'records', records: reader.readRecords(this.#subpartition, number) };
        return { kind: 'batch', batch: reader.read(this.#subpartition, number) };
      }
      this.#state = this.#source.watermark === MIN_WATERMARK ? 'end' : 'watermark';
    }
    if (this.#state === 'watermark') {
      this.#state = 'end';
      return { kind: 'watermark', timestamp: this.#source.watermark };
    }
    if (this.#state === 'done') return null;
    this.#state = 'done';
    return { kind: 'end' };
  }

  close(): void {
    this.#state = 'done';
  }
}
