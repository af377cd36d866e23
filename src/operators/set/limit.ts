/**
 * OFFSET and LIMIT without ORDER BY: the rows that arrive first. Over input that takes rows back, the rows behind move
 * up, so all are kept; the changes are those of Flink's rank without an order: -D and +I where there is no OFFSET, and
 * a -U/+U for every row that moves where there is one. Flink: Limit.
 */
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import type { StateWriter } from '../../state/snapshot.ts';
import { sliceBatch } from '../codegen/batch-slice.ts';
import { defineOperator } from '../define.ts';
import type { LimitParams } from '../specs.ts';
import { RetractableLimit } from './retractable-limit.ts';

export const limit = defineOperator('limit', (params, spec) => {
  const types = spec.inputs[0]!.fields.map((field) => field.type);
  return params.inputRetracts && params.fetch !== 0 ? new RetractableLimit(params, types) : new Limit(params);
});

/** Rows are only added: counting them is enough. */
class Limit implements Operator {
  readonly #offset: number;
  readonly #end: number;
  #context!: OperatorContext;
  #seen = 0;

  constructor({ offset, fetch }: LimitParams) {
    this.#offset = offset;
    this.#end = fetch === null ? Number.POSITIVE_INFINITY : offset + fetch;
  }

  open(context: OperatorContext): void {
    this.#context = context;
    const state = context.restored?.read('seen') ?? null;
    if (state !== null) this.#seen = new DataView(state.buffer, state.byteOffset).getFloat64(0);
  }

  processBatch(batch: Batch): void {
    const { rowCount } = batch;
    const from = Math.min(Math.max(this.#offset - this.#seen, 0), rowCount);
    const to = Math.min(Math.max(this.#end - this.#seen, 0), rowCount);
    this.#seen += rowCount;
    if (from >= to) return;
    const { output } = this.#context;
    if (to - from === rowCount) {
      output.emitBatch(batch);
      return;
    }
    const slice = sliceBatch(batch, from, to);
    try {
      output.emitBatch(slice);
    } finally {
      slice.release();
    }
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {}

  snapshotState(writer: StateWriter): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, this.#seen);
    writer.write('seen', bytes);
  }

  close(): void {}
}
