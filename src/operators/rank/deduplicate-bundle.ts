/**
 * The rows of a mini-batch that count in a deduplication by arrival: per key the first or the last one of the bundle.
 * Flink: ProcTimeMiniBatchDeduplicateKeepFirstRowFunction, ProcTimeMiniBatchDeduplicateKeepLastRowFunction.
 */
import type { Batch } from '../../columnar/batch.ts';
import { StringArena } from '../../columnar/string-arena.ts';
import type { OperatorContext } from '../../dataflow/operator.ts';
import { i32 } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel, Extern } from '../../kernel/program.ts';
import type { DataType } from '../../types/data-type.ts';
import { RowKind } from '../../types/row-kind.ts';
import { ALL_ROWS } from '../codegen/batch-input.ts';
import { KeyedRows } from '../codegen/keyed-rows.ts';
import { MiniBatch } from '../codegen/mini-batch.ts';
import { DELETED } from '../codegen/segment-library.ts';
import type { InputRow, StateKernel } from '../codegen/state-kernel.ts';
import { arenaStrings } from '../codegen/string-heap.ts';

export class DeduplicateBundle {
  readonly miniBatch: MiniBatch;
  readonly #context: OperatorContext;
  readonly #state: StateKernel;
  readonly #types: readonly DataType[];
  readonly #keys: readonly number[];
  readonly #keepsLast: boolean;
  readonly #rows: KeyedRows;
  /** Not in the heap of the state, which may be given back while rows wait here. */
  #strings: StringArena | null = null;
  /** Address of the row of the batch with which the bundle ends. */
  readonly #end: number;
  #collect!: CompiledKernel;
  #flush!: CompiledKernel;

  constructor(
    context: OperatorContext,
    state: StateKernel,
    types: readonly DataType[],
    keys: readonly number[],
    keepsLast: boolean,
  ) {
    this.#context = context;
    this.#state = state;
    this.#types = types;
    this.#keys = keys;
    this.#keepsLast = keepsLast;
    this.#rows = new KeyedRows(state.host, state.keyed.consumer, arenaStrings, types, keys, 'bundle');
    state.host.owned = () => {
      this.#strings ??= new StringArena(context.memory);
      return this.#strings;
    };
    this.#end = state.host.allocate(4);
    this.miniBatch = new MiniBatch(context, () => this.#emit());
  }

  get externs(): Readonly<Record<string, Extern>> {
    return this.#rows.table.externs;
  }

  /** @param process what the operator does with a row that counts */
  kernels(process: (row: InputRow) => void): readonly KernelFunction[] {
    return [this.#state.rowKernel('collect', (row) => this.#collectRow(row)), this.#flushKernel(process)];
  }

  adopt(kernels: Readonly<Record<string, CompiledKernel>>): void {
    this.#collect = kernels['collect']!;
    this.#flush = kernels['flush']!;
  }

  processBatch(batch: Batch): void {
    for (let from = 0; from < batch.rowCount; ) {
      const end = Math.min(from + this.miniBatch.room, batch.rowCount);
      this.#context.memory.u32[this.#end >>> 2] = end;
      this.#state.runFrom(this.#collect, batch, from, end);
      this.miniBatch.add(end - from);
      from = end;
    }
  }

  close(): void {
    this.#rows.close();
    this.#releaseStrings();
  }

  #emit(): void {
    const { keyed, output } = this.#state;
    output.begin();
    const { slotCount } = this.#rows.table;
    for (let slot = 0; slot < slotCount; ) {
      slot = Number(this.#flush(slot, slotCount));
      keyed.relieve();
    }
    output.flush();
    this.#rows.table.clear();
    this.#releaseStrings();
  }

  #releaseStrings(): void {
    this.#strings?.release();
    this.#strings = null;
  }

  #collectRow({ f, context, index, column }: InputRow): void {
    f.if(i32.ge_s(index, i32.load(i32.address(this.#end))), () => f.return(index));
    const found = this.#rows.find(context, this.#keys.map(column));
    const store = (): void => {
      for (const field of this.#types.keys()) this.#rows.store(f, found.row, field, column(field));
    };
    context.branch(
      i32.eqz(found.row),
      () => {
        this.#rows.insert(f, found);
        store();
      },
      () => {
        if (this.#keepsLast) store();
      },
    );
  }

  /** `flush(from, to)`: works off the rows in these slots of the bundle; gives where it stopped. */
  #flushKernel(process: (row: InputRow) => void): KernelFunction {
    const f = fn('flush', { params: { from: i32, to: i32 }, result: i32 });
    f.for('slot', f.param.from, f.param.to, (slot) => {
      this.#state.keyed.stopIfShort(f, slot);
      const row = this.#rows.table.rowAt(f, slot);
      f.if(i32.le_u(row, i32.const(DELETED)), () => f.continue());
      const context = this.#state.context(f, (column) => this.#rows.load(row, column));
      const kind = i32.const(RowKind.INSERT);
      const column = (index: number) => context.column(index);
      process({ f, context, kind, retraction: i32.const(0), index: slot, column });
    });
    f.return(i32.const(ALL_ROWS));
    return f.finish();
  }
}
