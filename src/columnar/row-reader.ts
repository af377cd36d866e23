/** Rows of a batch as JS values: for results, sinks that print, and the interpreter. Not for work between operators. */
import type { LinearMemory } from '../memory/arena.ts';
import type { DataType } from '../types/data-type.ts';
import { RowKind } from '../types/row-kind.ts';
import type { Value } from '../types/value.ts';
import type { Batch } from './batch.ts';
import { physicalType, WIDTH } from './physical.ts';
import { type ReadValue, valueReader } from './value-codec.ts';

export class RowReader {
  readonly #memory: LinearMemory;
  readonly #readers: readonly ReadValue[];
  readonly #widths: readonly number[];

  constructor(memory: LinearMemory, types: readonly DataType[]) {
    this.#memory = memory;
    this.#readers = types.map((type) => valueReader(memory, type));
    this.#widths = types.map((type) => WIDTH[physicalType(type)]);
  }

  value(batch: Batch, row: number, column: number): Value {
    const { values, validity } = batch.columns[column]!;
    if (validity !== 0 && this.#memory.u8[validity + row] === 0) return null;
    return this.#readers[column]!(values + row * this.#widths[column]!);
  }

  row(batch: Batch, row: number): Value[] {
    return this.#readers.map((_, column) => this.value(batch, row, column));
  }

  kind(batch: Batch, row: number): RowKind {
    return batch.kinds === 0 ? RowKind.INSERT : (this.#memory.u8[batch.kinds + row] as RowKind);
  }
}
