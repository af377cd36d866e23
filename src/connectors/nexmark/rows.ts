/**
 * Composes whole ROWs (`bid`, not `bid.price`) from the flat columns of a reader, for tables whose rows are selected as such.
 * Slower than flat columns by an order of magnitude: the planner avoids it where it can.
 */
import { assert } from '../../base/assert.ts';
import type { Batch } from '../../columnar/batch.ts';
import { BatchBuilder } from '../../columnar/builder.ts';
import { RowReader } from '../../columnar/row-reader.ts';
import type { ReaderContext, SourceReader } from '../../dataflow/connector.ts';
import type { Field } from '../../types/data-type.ts';
import type { Value } from '../../types/value.ts';
import type { NexmarkColumn, NexmarkReader } from './reader.ts';

/** The flat columns that the outputs are made of, in order. */
export function flatColumns(outputs: readonly Field[]): readonly NexmarkColumn[] {
  return outputs.flatMap(({ name, type }): readonly NexmarkColumn[] => {
    if (type.kind !== 'ROW') return [{ name, type }];
    return type.fields.map((field) => ({ name: `${name}.${field.name}`, type: { ...field.type, nullable: true } }));
  });
}

type Poll = Batch | 'nothing-yet' | 'end-of-input';

export class ComposingReader implements SourceReader {
  readonly #reader: NexmarkReader;
  readonly #outputs: readonly Field[];
  readonly #rows: RowReader;
  readonly #context: ReaderContext;

  constructor(reader: NexmarkReader, outputs: readonly Field[], context: ReaderContext) {
    this.#reader = reader;
    this.#outputs = outputs;
    this.#context = context;
    this.#rows = new RowReader(
      context.memory,
      flatColumns(outputs).map(({ type }) => type),
    );
  }

  addSplits(splits: readonly unknown[]): void {
    this.#reader.addSplits(splits);
  }

  poll(): Poll {
    const flat = this.#reader.poll();
    if (typeof flat === 'string') return flat;
    const types = this.#outputs.map(({ type }) => type);
    const builder = new BatchBuilder(this.#context.memory, types, flat.rowCount);
    for (let row = 0; row < flat.rowCount; row++) builder.append(this.#compose(flat, row));
    flat.release();
    return builder.finish();
  }

  snapshot(): readonly unknown[] {
    return this.#reader.snapshot();
  }

  close(): void | Promise<void> {
    return this.#reader.close();
  }

  #compose(flat: Batch, row: number): Value[] {
    let column = 0;
    return this.#outputs.map(({ type }) => {
      if (type.kind !== 'ROW') return this.#rows.value(flat, row, column++);
      const first = column;
      column += type.fields.length;
      // No field of an event is NULL, so the row is NULL exactly if the first of its fields is.
      if (this.#rows.value(flat, row, first) === null) {
        assert(type.nullable, 'an event of another kind has no such row');
        return null;
      }
      return type.fields.map((_, i) => this.#rows.value(flat, row, first + i));
    });
  }
}
