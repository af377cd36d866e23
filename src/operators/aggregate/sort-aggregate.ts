/**
 * BATCH aggregation over input that comes sorted by the keys: one group at a time, finished when the next key appears,
 * so that no table of groups is needed. Phases as in the hash aggregation. Flink: SortAggregate, LocalSortAggregate.
 */
import { assert } from '../../base/assert.ts';
import type { Batch } from '../../columnar/batch.ts';
import { StringArena } from '../../columnar/string-arena.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { call, extern, type I32, i32, type Variable } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { DataType } from '../../types/data-type.ts';
import { BatchInput } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { hashKeys, sameKeys } from '../codegen/keys.ts';
import { OutputBuffer, STRING_FUNCTIONS } from '../codegen/output-buffer.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { arenaStrings } from '../codegen/string-heap.ts';
import { defineOperator } from '../define.ts';
import type { BatchAggregateParams } from '../specs.ts';
import { AccumulatorSet } from './accumulator-set.ts';
import { DistinctSets, distinctTablesInMemory } from './distinct-sets.ts';
import { ReferenceAccumulators } from './reference-accumulators.ts';

export const sortAggregate = defineOperator('sort-aggregate', (params, spec) => {
  const types = spec.inputs[0]!.fields.map((field) => field.type);
  const outputTypes = spec.output.fields.map((field) => field.type);
  return new SortAggregate(params, types, outputTypes);
});

/**
 * Groups take turns in so many rows; when all have been used, strings and distinct sets of finished groups are dropped.
 */
const TURNS = 1024;
const DROP_FINISHED = extern('drop_finished', [], undefined);

class SortAggregate implements Operator {
  readonly #params: BatchAggregateParams;
  readonly #inputTypes: readonly DataType[];
  readonly #outputTypes: readonly DataType[];
  #context!: OperatorContext;
  #consumer!: MemoryConsumer;
  #host!: KernelHost;
  #header = 0;
  #set!: AccumulatorSet;
  #layout!: RowLayout;
  /** Address of the first group row. */
  #groups = 0;
  /** Words: the row of the current group or 0, the one after the last group's. */
  #state = 0;
  /** Strings of keys, accumulators and distinct sets. */
  #strings!: StringArena;
  /** Strings of results while one batch is worked on. */
  #scratch: StringArena | null = null;
  #sets: DistinctSets | null = null;
  #references: ReferenceAccumulators | null = null;
  #output!: OutputBuffer;
  #aggregate!: CompiledKernel;
  #finish!: CompiledKernel;
  #ended = false;

  constructor(params: BatchAggregateParams, inputTypes: readonly DataType[], outputTypes: readonly DataType[]) {
    this.#params = params;
    this.#inputTypes = inputTypes;
    this.#outputTypes = outputTypes;
  }

  open(context: OperatorContext): void {
    const { memory } = context;
    const { keys, calls, phase, rowTypes } = this.#params;
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(this.#inputTypes.length);
    // What the distinct sets of one group need cannot be spilled, whoever has taken the budget.
    this.#consumer = context.budget.spillingConsumer('SortAggregate', () => {});
    this.#strings = new StringArena(memory);
    this.#host.owned = () => this.#strings;
    this.#set = new AccumulatorSet(calls, phase === 'final' ? rowTypes! : this.#inputTypes, false, false);
    assert(phase === 'complete' || this.#set.references.length === 0, 'reference accumulators in two phases');
    this.#layout = new RowLayout([...keys.map((key) => this.#inputTypes[key]!), ...this.#set.fields]);
    this.#groups = this.#host.allocate(this.#layout.size * TURNS);
    this.#state = this.#host.allocate(8);
    memory.u32[(this.#state >>> 2) + 1] = this.#groups;
    const distinct = phase === 'complete' ? this.#set.distinctInputs : [];
    if (distinct.length > 0) {
      const tables = distinctTablesInMemory(context, this.#consumer);
      this.#sets = new DistinctSets(memory, tables, distinct, this.#inputTypes);
    }
    if (this.#set.references.length > 0) {
      this.#references = new ReferenceAccumulators(memory, this.#set.references, this.#inputTypes, () => {
        this.#scratch ??= new StringArena(memory);
        return this.#scratch;
      });
    }
    this.#output = new OutputBuffer(memory, context.output, this.#outputTypes, {
      capacity: 8192,
      withKinds: false,
      copyStrings: true,
    });
    const kernels = this.#host.compile(
      [this.#aggregateKernel(), this.#finishKernel()],
      {
        ...this.#output.externs,
        ...this.#sets?.externs,
        ...this.#references?.externs,
        drop_finished: () => this.#dropFinished(),
      },
      [...STRING_FUNCTIONS, ...this.#output.functions],
    );
    this.#aggregate = kernels['aggregate']!;
    this.#finish = kernels['finish']!;
  }

  processBatch(batch: Batch): void {
    this.#host.writeHeader(this.#header, batch);
    this.#references?.bind(batch);
    this.#output.begin();
    this.#aggregate(this.#header, 0);
    this.#flush();
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {
    this.#ended = true;
  }

  /** Emits the last group. */
  advance(): boolean {
    if (!this.#ended) return false;
    this.#ended = false;
    const { keys, phase } = this.#params;
    this.#output.begin();
    if (keys.length === 0 && phase !== 'partial' && this.#context.memory.u32[this.#state >>> 2] === 0) {
      this.#aggregate(this.#header, 1);
    }
    this.#finish();
    this.#flush();
    return false;
  }

  snapshotState(): void {
    throw new Error('a BATCH operator has no state to snapshot');
  }

  close(): void {
    this.#output?.close();
    this.#references?.close();
    this.#sets?.close();
    this.#strings?.release();
    this.#scratch?.release();
    this.#consumer?.close();
    this.#host?.close();
  }

  #flush(): void {
    this.#output.flush();
    this.#scratch?.release();
    this.#scratch = null;
  }

  /** Called between two groups. */
  #dropFinished(): undefined {
    this.#sets?.clear();
    this.#strings.release();
    this.#strings = new StringArena(this.#context.memory);
    return undefined;
  }

  /** `aggregate(header, empty)`: with `empty` it only makes the group of an aggregation without keys. */
  #aggregateKernel() {
    const { keys, phase } = this.#params;
    const final = phase === 'final';
    const set = this.#set;
    const f = fn('aggregate', { params: { header: i32, empty: i32 } });
    const state = i32.address(this.#state);
    const fields = final ? set.fields.map((_, i) => keys.length + i) : set.inputs;
    const input = new BatchInput(f, f.param.header, this.#inputTypes, [...keys, ...fields], false);
    const newContext = (i: I32): CompileContext =>
      new CompileContext(f, (column) => input.column(column, i), this.#host, FAIL, RESERVE);
    if (keys.length === 0) {
      f.if(f.param.empty, () => {
        this.#newGroup(newContext(i32.const(0)), f.declare('row', 'i32'));
        f.return();
      });
    }
    f.for('i', i32.const(0), input.rowCount, (i) => {
      const context = newContext(i);
      const operands = keys.map((key) => context.column(key));
      const row = f.let('row', i32.load(state));
      const same = f.let('same', i32.const(0));
      f.if(row, () => {
        const current = operands.map((_, at) => context.bind(this.#layout.load(row, at), 'k'));
        f.set(same, sameKeys(operands, current, context));
      });
      f.if(i32.eqz(same), () => {
        f.if(row, () => this.#emitGroup(f, row));
        this.#newGroup(context, row);
      });
      const hash = this.#sets === null ? i32.const(0) : hashKeys(operands, context);
      const at = { layout: this.#layout, row, hash, base: keys.length };
      if (final) set.merge(this.#layout, row, keys.length, (field) => context.column(keys.length + field), context);
      else set.update(at, context, false, i, this.#sets);
    });
    return f.finish();
  }

  /** Begins the group of the current input row and sets `row`. */
  #newGroup(context: CompileContext, row: Variable<'i32'>): void {
    const { f } = context;
    const { keys } = this.#params;
    const state = i32.address(this.#state);
    f.set(row, i32.load(state, 4));
    f.if(i32.eq(row, i32.address(this.#groups + TURNS * this.#layout.size)), () => {
      f.do(call(DROP_FINISHED));
      f.set(row, i32.address(this.#groups));
    });
    f.do(i32.store(state, row));
    f.do(i32.store(state, i32.add(row, i32.const(this.#layout.size)), 4));
    keys.forEach((key, at) => {
      this.#layout.store(f, row, at, arenaStrings.own(context.column(key)));
    });
    this.#set.initialise(this.#layout, row, keys.length, context);
  }

  #emitGroup(f: FunctionBuilder, row: I32): void {
    const { keys, phase } = this.#params;
    const base = keys.length;
    const context = new CompileContext(f, (field) => this.#layout.load(row, field), this.#host, FAIL, RESERVE);
    const keyOperands = keys.map((_, i) => context.column(i));
    const values =
      phase === 'partial'
        ? this.#set.fields.map((_, i) => context.column(base + i))
        : this.#set.results(this.#layout, row, base, context, this.#references?.scratch ?? 0);
    this.#output.append(f, [...keyOperands, ...values], null);
    this.#set.drop(this.#layout, row, base, context);
  }

  /** `finish()`: emits the current group, if there is one. */
  #finishKernel() {
    const f = fn('finish');
    const row = f.let('row', i32.load(i32.address(this.#state)));
    f.if(row, () => this.#emitGroup(f, row));
    return f.finish();
  }
}
