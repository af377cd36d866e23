/**
 * Records between threads: a batch of one row, whose bytes hold the columns of many records. Their shape may change
 * from batch to batch, which columns in linear memory could not tell the reader.
 */
import type { Batch } from '../../columnar/batch.ts';
import { BatchBuilder } from '../../columnar/builder.ts';
import { fromColumns, type RecordColumns, toColumns } from '../../columnar/records/record-columns.ts';
import { inferShape } from '../../columnar/records/record-shape.ts';
import type { RecordBatch } from '../../dataflow/records.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import { BYTES, type DataType } from '../../types/data-type.ts';
import type { InputChannel } from '../result-partition.ts';
import type { StreamElement } from '../stream-element.ts';
import { checkPlain, PLAIN_VALUES } from './plain-values.ts';

/** Columns of the batches that carry records. */
export const TRANSPORT_TYPES: readonly DataType[] = [BYTES];

/** @param records at least one */
export function packRecords(memory: LinearMemory, records: RecordBatch): Batch {
  const columns = toColumns(records, inferShape(records.values));
  for (const column of columns.columns) if (column.type === 'plain') column.values.forEach(checkPlain);
  columns.whole?.values.forEach(checkPlain);
  const builder = new BatchBuilder(memory, TRANSPORT_TYPES, 1);
  builder.append([PLAIN_VALUES.encode(columns)]);
  return builder.finish();
}

/** The records of a channel that carries them packed. */
export class UnpackingChannel implements InputChannel {
  readonly #channel: InputChannel;
  readonly #memory: LinearMemory;

  constructor(channel: InputChannel, memory: LinearMemory) {
    this.#channel = channel;
    this.#memory = memory;
  }

  poll(): StreamElement | null {
    const element = this.#channel.poll();
    if (element?.kind !== 'batch') return element;
    const word = element.batch.columns[0]!.values >>> 2;
    const { u32 } = this.#memory;
    // A copy: decoders do not take shared memory.
    const bytes = Uint8Array.from(this.#memory.bytes(u32[word]!, u32[word + 1]!));
    element.batch.release();
    return { kind: 'records', records: fromColumns(PLAIN_VALUES.decode(bytes) as RecordColumns) };
  }

  close(): void {
    this.#channel.close();
  }
}
