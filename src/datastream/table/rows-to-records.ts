/**
 * The border from SQL to a program: columns become rows. BIGINT is bigint; DECIMAL and temporal types are text; event
 * time becomes the timestamp of the record.
 */
import type { Batch } from '../../columnar/batch.ts';
import { RowReader } from '../../columnar/row-reader.ts';
import type { Operator, OperatorContext, OperatorFactory } from '../../dataflow/operator.ts';
import type { DataType } from '../../types/data-type.ts';
import { valueToJson } from '../../types/json.ts';
import type { Schema } from '../../types/schema.ts';
import type { Value } from '../../types/value.ts';
import { Row } from './row.ts';

export interface RowsToRecordsParams {
  readonly schema: Schema;
}

export const rowsToRecords: OperatorFactory = {
  kind: '$rows-to-records',
  create: ({ params }) => new RowsToRecords(params as RowsToRecordsParams),
};

const NANOS_PER_MILLI = 1_000_000n;

class RowsToRecords implements Operator {
  readonly #schema: Schema;
  readonly #names: readonly string[];
  readonly #types: readonly DataType[];
  #context!: OperatorContext;
  #reader!: RowReader;

  constructor({ schema }: RowsToRecordsParams) {
    this.#schema = schema;
    this.#names = schema.fields.map(({ name }) => name);
    this.#types = schema.fields.map(({ type }) => type);
  }

  open(context: OperatorContext): void {
    this.#context = context;
    this.#reader = new RowReader(context.memory, this.#types);
  }

  processBatch(batch: Batch): void {
    const { rowtime } = this.#schema;
    const values = new Array<Row>(batch.rowCount);
    const timestamps = rowtime === null ? null : new Array<number>(batch.rowCount);
    for (let i = 0; i < batch.rowCount; i++) {
      const row = this.#types.map((type, column) => toRecordValue(this.#reader.value(batch, i, column), type));
      values[i] = Row.withNames(this.#reader.kind(batch, i), this.#names, row);
      if (timestamps !== null)
        timestamps[i] = Number((this.#reader.value(batch, i, rowtime!) as bigint) / NANOS_PER_MILLI);
    }
    this.#context.output.emitRecords({ values, timestamps });
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {}

  snapshotState(): void {}

  close(): void {}
}

function toRecordValue(value: Value, type: DataType): unknown {
  return type.kind === 'BIGINT' || value instanceof Uint8Array ? value : valueToJson(value, type);
}
