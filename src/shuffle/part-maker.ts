/** Makes batches of chosen rows of the batches of one edge. */
import type { Batch } from '../columnar/batch.ts';
import type { KernelCompiler } from '../kernel/program.ts';
import type { LinearMemory } from '../memory/arena.ts';
import type { DataType } from '../types/data-type.ts';
import { RowGatherer } from './row-gatherer.ts';

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
