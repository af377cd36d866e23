/** The border from a program to SQL: records become columns. Objects go by field names, lists and rows by position. */
import { EngineError } from '../../base/errors.ts';
import { BatchBuilder } from '../../columnar/builder.ts';
import { Misfit, toFields } from '../../connectors/collection/to-value.ts';
import type { Operator, OperatorContext, OperatorFactory } from '../../dataflow/operator.ts';
import type { RecordBatch } from '../../dataflow/records.ts';
import { RowKind } from '../../types/row-kind.ts';
import type { Schema } from '../../types/schema.ts';
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
}

export const recordsToRows: OperatorFactory = {
  kind: '$records-to-rows',
  create: ({ params }) => new RecordsToRows(params as RecordsToRowsParams),
};

const BATCH_ROWS = 4096;

class RecordsToRows implements Operator {
  readonly #params: RecordsToRowsParams;
  #context!: OperatorContext;
  #builder!: BatchBuilder;

  constructor(params: RecordsToRowsParams) {
    this.#params = params;
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

  processRecords({ values }: RecordBatch): void {
    for (const value of values) {
      this.#append(value);
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

  #append(value: unknown): void {
    const { table, schema, projection, changelog } = this.#params;
    const kind = value instanceof Row ? value.kind : RowKind.INSERT;
    if (kind !== RowKind.INSERT && !changelog) {
      throw new EngineError('STREAM-VALUE', `table ${table} takes only insertions, but got the row ${value}`, {
        hint: 'use fromChangelogStream',
      });
    }
    let place = '';
    try {
      const fields = toFields(shapeOf(value), schema.fields, ({ name }) => {
        place = `, column '${name}'`;
      });
      this.#builder.append(
        projection.map((column) => fields[column]!),
        kind,
      );
    } catch (cause) {
      if (!(cause instanceof Misfit)) throw cause;
      throw new EngineError('STREAM-VALUE', `table ${table}${place}: ${cause.message}`);
    }
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
