/** The border from a program to SQL: records become columns. Objects go by field names, lists and rows by position. */
import { EngineError } from '../../base/errors.ts';
import { BatchBuilder } from '../../columnar/builder.ts';
import { Misfit, toFields } from '../../connectors/collection/to-value.ts';
import type { Operator, OperatorContext, OperatorFactory } from '../../dataflow/operator.ts';
import { NO_TIMESTAMP, type RecordBatch } from '../../dataflow/records.ts';
import type { Field } from '../../types/data-type.ts';
import { RowKind } from '../../types/row-kind.ts';
import type { Schema } from '../../types/schema.ts';
import type { Value } from '../../types/value.ts';
import { Row } from './row.ts';

export interface RecordsToRowsParams {
  /** For messages. */
  readonly table: string;
  /** All columns of the table. */
  readonly schema: Schema;
  /** Those that come out. */
  readonly projection: readonly number[];
  /** Rows may carry updates and deletes. */
  readonly changelog: boolean;
  /** Column that the timestamps of the records become; null: none. */
  readonly timestamps: number | null;
  /** Watermarks of the stream are those of the table; the graph has no operator that makes others. */
  readonly sourceWatermarks: boolean;
}

export const recordsToRows: OperatorFactory = {
  kind: '$records-to-rows',
  create: ({ params }) => new RecordsToRows(params as RecordsToRowsParams),
};

const BATCH_ROWS = 4096;
const NANOS_PER_MILLI = 1_000_000n;

class RecordsToRows implements Operator {
  readonly #params: RecordsToRowsParams;
  /** What is in the records. */
  readonly #fields: readonly Field[];
  #context!: OperatorContext;
  #builder!: BatchBuilder;

  constructor(params: RecordsToRowsParams) {
    this.#params = params;
    this.#fields = params.schema.fields.filter((_, column) => column !== params.timestamps);
  }

  open(context: OperatorContext): void {
    const { schema, projection, changelog } = this.#params;
    const types = projection.map((column) => schema.fields[column]!.type);
    this.#context = context;
    this.#builder = new BatchBuilder(context.memory, types, BATCH_ROWS, changelog);
  }

  processBatch(): void {
    throw new TypeError('columns where a program gives records');
  }

  processRecords({ values, timestamps }: RecordBatch): void {
    for (const [i, value] of values.entries()) {
      this.#append(value, timestamps?.[i] ?? NO_TIMESTAMP);
      if (this.#builder.rowCount === this.#builder.capacity) this.#emit();
    }
    this.#emit();
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {}

  snapshotState(): void {}

  close(): void {
    this.#builder?.close();
  }

  #append(value: unknown, timestamp: number): void {
    const { table, projection, changelog, timestamps } = this.#params;
    const kind = value instanceof Row ? value.kind : RowKind.INSERT;
    if (kind !== RowKind.INSERT && !changelog) {
      throw new EngineError('STREAM-VALUE', `table ${table} takes only insertions, but got the row ${value}`, {
        hint: 'use fromChangelogStream',
      });
    }
    let place = '';
    try {
      const fields = toFields(shapeOf(value), this.#fields, ({ name }) => {
        place = `, column '${name}'`;
      });
      if (timestamps !== null) fields.splice(timestamps, 0, this.#rowtime(timestamp));
      this.#builder.append(
        projection.map((column) => fields[column]!),
        kind,
      );
    } catch (cause) {
      if (!(cause instanceof Misfit)) throw cause;
      throw new EngineError('STREAM-VALUE', `table ${table}${place}: ${cause.message}`);
    }
  }

  #rowtime(timestamp: number): Value {
    if (timestamp !== NO_TIMESTAMP) return BigInt(timestamp) * NANOS_PER_MILLI;
    throw new EngineError('STREAM-VALUE', `table ${this.#params.table}: a record has no timestamp`, {
      hint: 'call assignTimestampsAndWatermarks before',
    });
  }

  #emit(): void {
    if (this.#builder.rowCount === 0) return;
    const batch = this.#builder.finish();
    this.#context.output.emitBatch(batch);
    batch.release();
  }
}

/** What is no object is a row of one column. */
function shapeOf(value: unknown): unknown {
  if (value instanceof Row) {
    const { names, values } = value;
    return names === null ? values : Object.fromEntries(names.map((name, i) => [name, values[i]]));
  }
  return typeof value === 'object' && value !== null && !(value instanceof Date) ? value : [value];
}
