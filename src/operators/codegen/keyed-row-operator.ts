/**
 * The frame of a STREAMING operator with one input that works on it row by row, with keyed state: one kernel, its state
 * and its output. Subclasses say what state there is and what happens to a row.
 */
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { PagedState, PageWriter, StateWriter } from '../../state/snapshot.ts';
import type { DataType } from '../../types/data-type.ts';
import { type InputRow, StateKernel } from './state-kernel.ts';

export abstract class KeyedRowOperator implements Operator, PagedState {
  protected readonly types: readonly DataType[];
  protected state!: StateKernel;
  readonly #name: string;
  readonly #outputTypes: readonly DataType[];
  #context!: OperatorContext;
  #kernel!: CompiledKernel;

  /** @param name for messages about memory */
  constructor(name: string, types: readonly DataType[], outputTypes: readonly DataType[] = types) {
    this.#name = name;
    this.types = types;
    this.#outputTypes = outputTypes;
  }

  /** Makes the tables of `state.keyed`: before the kernel is compiled, and before they are restored. */
  protected abstract makeState(): void;

  /** Emits what happens to one row. */
  protected abstract process(row: InputRow): void;

  open(context: OperatorContext): void {
    this.#context = context;
    this.state = new StateKernel(context, this.#name, this.types, this.#outputTypes);
    this.makeState();
    const kernel = this.state.rowKernel('rows', (row) => this.process(row));
    this.#kernel = this.state.compile([kernel])['rows']!;
    if (context.restored !== null) this.state.keyed.restore(context.restored);
  }

  processBatch(batch: Batch): void {
    this.state.run(this.#kernel, batch);
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {}

  snapshotState(writer: StateWriter): void {
    this.state.keyed.snapshot(writer);
  }

  snapshotPages(writer: PageWriter): void {
    this.state.keyed.snapshotPages(writer);
  }

  close(): void {
    this.state?.close();
  }
}
