/** Constant rows, emitted once. It has no input: the task calls `advance` straight away. Flink: Values. */
import { BatchBuilder } from '../../columnar/builder.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import type { StateWriter } from '../../state/snapshot.ts';
import type { DataType } from '../../types/data-type.ts';
import { defineOperator } from '../define.ts';
import type { ValuesParams } from '../specs.ts';

export const values = defineOperator('values', (params, spec) => {
  return new Values(
    params,
    spec.output.fields.map((field) => field.type),
  );
});

const BATCH_ROWS = 2048;

class Values implements Operator {
  readonly #params: ValuesParams;
  readonly #types: readonly DataType[];
  #context!: OperatorContext;
  #next = 0;

  constructor(params: ValuesParams, types: readonly DataType[]) {
    this.#params = params;
    this.#types = types;
  }

  open(context: OperatorContext): void {
    this.#context = context;
    const state = context.restored?.read('next');
    // Only one subtask has the rows.
    if (context.subtaskIndex > 0) this.#next = this.#params.rows.length;
    else if (state !== undefined && state !== null)
      this.#next = new DataView(state.buffer, state.byteOffset).getUint32(0);
  }

  processBatch(): void {}

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {}

  advance(): boolean {
    const { rows } = this.#params;
    const end = Math.min(this.#next + BATCH_ROWS, rows.length);
    if (this.#next < end) {
      const builder = new BatchBuilder(this.#context.memory, this.#types, end - this.#next);
      for (const row of rows.slice(this.#next, end)) builder.append(row);
      const batch = builder.finish();
      this.#next = end;
      this.#context.output.emitBatch(batch);
      batch.release();
    }
    return this.#next < rows.length;
  }

  snapshotState(writer: StateWriter): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, this.#next);
    writer.write('next', bytes);
  }

  close(): void {}
}
