/** What one consuming subtask reads of a pipelined result. */
import type { Batch } from '../../columnar/batch.ts';
import type { RecordBatch } from '../../dataflow/records.ts';
import type { KernelCompiler } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { DataType } from '../../types/data-type.ts';
import { RowGatherer } from '../row-gatherer.ts';
import type { StreamElement } from '../stream-element.ts';

export interface Subpartition {
  /** False: the reader is behind. */
  readonly hasCredit: boolean;
  /** Lends the batch for the time of the call. */
  pushBatch(batch: Batch): void;
  /** The same for `count` rows of it, whose numbers are 32 bits each at `rows`. */
  pushRows(batch: Batch, rows: number, count: number): void;
  pushRecords(records: RecordBatch): void;
  push(element: Exclude<StreamElement, { readonly kind: 'batch' | 'records' }>): void;
  /** The producer is gone. */
  close(): void;
}

/** Copies rows of the batches of one edge. */
export class PartMaker {
  readonly memory: LinearMemory;
  readonly #compiler: KernelCompiler;
  readonly #types: readonly DataType[];

  constructor(memory: LinearMemory, compiler: KernelCompiler, types: readonly DataType[]) {
    this.memory = memory;
    this.#compiler = compiler;
    this.#types = types;
  }

  /** @param rows as RowGatherer.append */
  copy(batch: Batch, rows: number, count: number): Batch {
    const gatherer = this.gatherer(count, batch.kinds !== 0);
    gatherer.append(batch, rows, count);
    return gatherer.finish();
  }

  gatherer(capacity: number, withKinds: boolean): RowGatherer {
    return new RowGatherer(this.memory, this.#compiler, this.#types, capacity, withKinds);
  }
}
