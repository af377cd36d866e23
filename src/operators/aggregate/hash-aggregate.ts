/**
 * BATCH aggregation in a hash table of groups. `complete` takes rows and gives results, `partial` gives keys and
 * accumulators, `final` merges those. Flink: HashAggregate, LocalHashAggregate.
 */
import { assert, InvariantError } from '../../base/assert.ts';
import type { Batch } from '../../columnar/batch.ts';
import { StringArena } from '../../columnar/string-arena.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { i32 } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { DataType } from '../../types/data-type.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { hashKeys, sameKeys } from '../codegen/keys.ts';
import { OutputBuffer, STRING_FUNCTIONS } from '../codegen/output-buffer.ts';
import { RangedKernel, type Ranges, RowInput } from '../codegen/row-input.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { RowTable } from '../codegen/row-table.ts';
import { arenaStrings } from '../codegen/string-heap.ts';
import { defineOperator } from '../define.ts';
import type { BatchAggregateParams } from '../specs.ts';
import { AccumulatorSet } from './accumulator-set.ts';
import { DistinctSets } from './distinct-sets.ts';
import { ReferenceAccumulators } from './reference-accumulators.ts';

export const hashAggregate = defineOperator('hash-aggregate', (params, spec) => {
  const outputTypes = spec.output.fields.map((field) => field.type);
  return new HashAggregate(params, new RowInput(spec, 0), outputTypes);
});

/** Slots whose groups one call of `advance` emits. */
const SLOTS_PER_STEP = 1 << 15;

class HashAggregate implements Operator {
  readonly #params: BatchAggregateParams;
  readonly #input: RowInput;
  readonly #inputTypes: readonly DataType[];
  readonly #outputTypes: readonly DataType[];
  #context!: OperatorContext;
  #consumer!: MemoryConsumer;
  #host!: KernelHost;
  #header = 0;
  #table!: RowTable;
  #strings!: StringArena;
  #sets: DistinctSets | null = null;
  #references: ReferenceAccumulators | null = null;
  #output!: OutputBuffer;
  #aggregate!: RangedKernel;
  #empty!: CompiledKernel;
  #emit!: CompiledKernel;
  #nextSlot = 0;

  constructor(params: BatchAggregateParams, input: RowInput, outputTypes: readonly DataType[]) {
    this.#params = params;
    this.#input = input;
    this.#inputTypes = input.types;
    this.#outputTypes = outputTypes;
  }

  open(context: OperatorContext): void {
    const { keys, calls, phase, rowTypes, estimatedGroups } = this.#params;
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(this.#input.batchTypes.length);
    this.#consumer = context.budget.consumer('HashAggregate');
    this.#strings = new StringArena(context.memory);
    this.#host.owned = () => this.#strings;
    const set = new AccumulatorSet(calls, phase === 'final' ? rowTypes! : this.#inputTypes, false, false);
    assert(phase === 'complete' || set.references.length === 0, 'reference accumulators in two phases');
    const keyTypes = keys.map((key) => this.#inputTypes[key]!);
    const layout = new RowLayout([...keyTypes, ...set.fields]);
    this.#table = new RowTable(context.memory, this.#consumer, {
      rowSize: layout.size,
      name: 'groups',
      expectedRows: Math.min(estimatedGroups ?? 0, 1 << 20),
    });
    const distinct = phase === 'complete' ? set.distinctInputs : [];
    if (distinct.length > 0) {
      this.#sets = new DistinctSets(context.memory, this.#consumer, distinct, this.#inputTypes);
    }
    if (set.references.length > 0) {
      this.#references = new ReferenceAccumulators(context.memory, set.references, this.#inputTypes, () =>
        this.#output.strings(),
      );
    }
    this.#output = new OutputBuffer(context.memory, context.output, this.#outputTypes, {
      capacity: 16384,
      withKinds: false,
    });
    const compile = (entries: readonly KernelFunction[]): Readonly<Record<string, CompiledKernel>> =>
      this.#host.compile(
        entries,
        {
          ...this.#table.externs,
          ...this.#output.externs,
          ...this.#sets?.externs,
          ...this.#references?.externs,
        },
        [...STRING_FUNCTIONS, ...this.#output.functions],
      );
    this.#aggregate = new RangedKernel(
      this.#input,
      (ranges) => compile([this.#aggregateKernel(set, layout, ranges)])['aggregate']!,
    );
    const kernels = compile([this.#emptyKernel(set, layout), this.#emitKernel(set, layout)]);
    this.#empty = kernels['empty']!;
    this.#emit = kernels['emit']!;
  }

  processBatch(batch: Batch): void {
    this.#host.writeHeader(this.#header, batch);
    this.#references?.bind(batch);
    this.#aggregate.for(batch)(this.#header);
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {
    const { keys, phase } = this.#params;
    if (keys.length === 0 && phase !== 'partial' && this.#table.count === 0) {
      this.#empty();
    }
    this.#nextSlot = 0;
  }

  advance(): boolean {
    const end = Math.min(this.#nextSlot + SLOTS_PER_STEP, this.#table.slotCount);
    this.#output.begin([this.#strings]);
    this.#emit(this.#nextSlot, end);
    this.#output.flush();
    this.#nextSlot = end;
    return end < this.#table.slotCount;
  }

  snapshotState(): void {
    throw new Error('a BATCH operator has no state to snapshot');
  }

  close(): void {
    this.#output?.close();
    this.#references?.close();
    this.#sets?.close();
    this.#table?.close();
    this.#strings?.release();
    this.#consumer?.close();
    this.#host?.close();
  }

  /** Emits the finding, or making, of the group that a row belongs to. */
  #group(set: AccumulatorSet, layout: RowLayout, context: CompileContext) {
    const { f } = context;
    const operands = this.#params.keys.map((key) => context.column(key));
    const hash = hashKeys(operands, context);
    const { row, slot } = this.#table.find(context, hash, (candidate) =>
      sameKeys(
        operands,
        operands.map((_, i) => context.bind(layout.load(candidate, i), 'k')),
        context,
      ),
    );
    f.if(i32.eqz(row), () => {
      this.#table.insert(f, hash, slot, row);
      for (const [i, key] of operands.entries()) layout.store(f, row, i, arenaStrings.own(key));
      set.initialise(layout, row, operands.length, context);
    });
    return { row, hash };
  }

  /** `aggregate(header)`: takes the rows of a batch in. */
  #aggregateKernel(set: AccumulatorSet, layout: RowLayout, ranges: Ranges): KernelFunction {
    const { keys, phase } = this.#params;
    const final = phase === 'final';
    const f = fn('aggregate', { params: { header: i32 } });
    const fields = final ? set.fields.map((_, i) => keys.length + i) : set.inputs;
    this.#input.forEachRow(f, f.param.header, this.#host, [...keys, ...fields], ranges, (context, i) => {
      const { row, hash } = this.#group(set, layout, context);
      if (final) set.merge(layout, row, keys.length, (field) => context.column(keys.length + field), context);
      else set.update({ layout, row, hash, base: keys.length }, context, false, i, this.#sets);
    });
    return f.finish();
  }

  /** `empty()`: makes the one group of an aggregation without keys. */
  #emptyKernel(set: AccumulatorSet, layout: RowLayout): KernelFunction {
    const f = fn('empty');
    if (this.#params.keys.length === 0) {
      this.#group(set, layout, new CompileContext(f, unreadable, this.#host, FAIL, RESERVE));
    }
    return f.finish();
  }

  /** `emit(from, to)`: the groups of these slots. */
  #emitKernel(set: AccumulatorSet, layout: RowLayout): KernelFunction {
    const { keys, phase } = this.#params;
    const f = fn('emit', { params: { from: i32, to: i32 } });
    f.for('slot', f.param.from, f.param.to, (slot) => {
      const row = this.#table.rowAt(f, slot);
      f.if(i32.le_u(row, i32.const(1)), () => f.continue());
      const context = new CompileContext(f, (column) => layout.load(row, column), this.#host, FAIL, RESERVE);
      const keyOperands = keys.map((_, i) => context.column(i));
      const values =
        phase === 'partial'
          ? set.fields.map((_, i) => context.column(keys.length + i))
          : set.results(layout, row, keys.length, context, this.#references?.scratch ?? 0);
      this.#output.append(f, [...keyOperands, ...values], null);
    });
    return f.finish();
  }
}

function unreadable(column: number): never {
  throw new InvariantError(`column ${column} of a group without keys`);
}
