/** Writes records to the file of a blocking result: as columns, whose types those of the first batch tell. */
import type { Batch } from '../../columnar/batch.ts';
import { RecordCodec } from '../../columnar/records/record-codec.ts';
import { inferShape, OPAQUE } from '../../columnar/records/record-shape.ts';
import { NO_TIMESTAMP, type RecordBatch } from '../../dataflow/records.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { Field } from '../../types/data-type.ts';
import { PLAIN_VALUES } from './plain-values.ts';
import type { ScatterRecords } from './record-partitioner.ts';

/** For decoding and encoding alike. */
export const RECORD_CODING = { plain: PLAIN_VALUES, noTimestamp: NO_TIMESTAMP };

/** The file that takes the batches. */
export interface RecordFile {
  writeTo(subpartition: number, batch: Batch): void;
}

export class RecordFileWriter<F extends RecordFile> {
  readonly #memory: LinearMemory;
  readonly #scatter: ScatterRecords;
  readonly #create: (fields: readonly Field[]) => F;
  #codec: RecordCodec | null = null;
  #file: F | null = null;

  /** @param create makes the file, once its columns are known */
  constructor(memory: LinearMemory, scatter: ScatterRecords, create: (fields: readonly Field[]) => F) {
    this.#memory = memory;
    this.#scatter = scatter;
    this.#create = create;
  }

  /** null while there were no records. */
  get file(): F | null {
    return this.#file;
  }

  write(records: RecordBatch): void {
    const codec = this.#begin(records);
    const file = this.#file!;
    this.#scatter(records, (subpartition, part) => {
      const batch = codec.encode(part);
      file.writeTo(subpartition, batch);
      batch.release();
    });
  }

  /** The file, which is empty if there were no records. */
  finish(): F {
    this.#begin(null);
    return this.#file!;
  }

  #begin(records: RecordBatch | null): RecordCodec {
    const shape = records === null ? OPAQUE : inferShape(records.values);
    this.#codec ??= new RecordCodec(this.#memory, shape, RECORD_CODING);
    this.#file ??= this.#create(this.#codec.fields);
    return this.#codec;
  }
}
