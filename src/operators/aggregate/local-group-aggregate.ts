/**
 * STREAMING, first of two phases: folds the rows of a mini-batch by key into accumulators, and hands them on as one row
 * per key when the mini-batch ends, or earlier where memory is short. Rows that are taken back make counts and sums
 * smaller, also below 0: the phase behind the exchange adds up what comes (group-aggregate.ts). Nothing outlives a
 * checkpoint, so there is no state. Flink: StreamExecLocalGroupAggregate.
 *
 * Where keys seldom repeat within a mini-batch, folding saves nothing: for a while each row is then handed on at once,
 * as the accumulators of one row.
 */
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import { type I32, i32, type Variable } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { DataType } from '../../types/data-type.ts';
import { ALL_ROWS, type ColumnFacts, isRetraction } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { hashKeys } from '../codegen/keys.ts';
import { MiniBatch } from '../codegen/mini-batch.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { RangedKernel, RowInput } from '../codegen/row-input.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { RowTable } from '../codegen/row-table.ts';
import { StringHeap } from '../codegen/string-heap.ts';
import { defineOperator } from '../define.ts';
import type { LocalGroupAggregateParams } from '../specs.ts';
import { AccumulatorSet } from './accumulator-set.ts';

export const localGroupAggregate = defineOperator('local-group-aggregate', (params, spec) => {
  const outputTypes = spec.output.fields.map((field) => field.type);
  return new LocalGroupAggregate(params, new RowInput(spec, 0), outputTypes);
});

/** Words: whether memory is short, the row of the batch with which the mini-batch ends, and the rows that it has. */
const SHORT = 0;
const END = 4;
const FOLDED = 8;
const WORDS_BYTES = 16;
/** With less than this there is nothing that is worth an early end. */
const LEAST_BYTES = 16 << 10;
/** So many rows of a mini-batch say whether folding pays: it does if there are half as many keys at most. */
const SAMPLE_ROWS = 1000;
const LEAST_FOLDED = 2;
/** If it does not, so many times as many rows are handed on before it is tried again. */
const PATIENCE = 16;

class LocalGroupAggregate implements Operator {
  readonly #params: LocalGroupAggregateParams;
  readonly #input: RowInput;
  readonly #outputTypes: readonly DataType[];
  #context!: OperatorContext;
  #host!: KernelHost;
  #consumer!: MemoryConsumer;
  #header = 0;
  #words = 0;
  #set!: AccumulatorSet;
  /** Keys, accumulators: what is handed on. */
  #layout!: RowLayout;
  #groups!: RowTable;
  #strings!: StringHeap;
  #output!: OutputBuffer;
  #fold!: RangedKernel;
  #passOn!: RangedKernel;
  /** The accumulators of the one row that is handed on. */
  #passing!: RowLayout;
  #passingRow = 0;
  /** Rows that are still handed on without being folded. */
  #unfolded = 0;
  #emit!: CompiledKernel;
  #miniBatch: MiniBatch | null = null;

  constructor(params: LocalGroupAggregateParams, input: RowInput, outputTypes: readonly DataType[]) {
    this.#params = params;
    this.#input = input;
    this.#outputTypes = outputTypes;
  }

  get nextProcessingTime(): number {
    return this.#miniBatch?.deadline ?? Number.POSITIVE_INFINITY;
  }

  open(context: OperatorContext): void {
    const { memory, budget } = context;
    const { keys, calls, inputRetracts } = this.#params;
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(this.#input.batchTypes.length);
    this.#words = this.#host.allocate(WORDS_BYTES);
    this.#consumer = budget.spillingConsumer('LocalGroupAggregate', () => this.#setWord(SHORT, 1));
    this.#strings = new StringHeap(memory, this.#consumer);
    this.#set = new AccumulatorSet(calls, this.#input.types, inputRetracts, true, this.#strings);
    this.#layout = new RowLayout([...keys.map((key) => this.#input.types[key]!), ...this.#set.fields]);
    this.#passing = new RowLayout(this.#set.fields);
    this.#passingRow = this.#host.allocate(this.#passing.size);
    this.#groups = new RowTable(context, this.#consumer, { rowSize: this.#layout.size, name: 'groups' });
    this.#output = new OutputBuffer(memory, context.output, this.#outputTypes, {
      capacity: 2048,
      withKinds: false,
      copyStrings: true,
    });
    this.#miniBatch = new MiniBatch(context, () => this.#emitGroups());
    this.#fold = new RangedKernel(this.#input, (facts) => this.#compile(this.#foldKernel(facts)));
    this.#passOn = new RangedKernel(this.#input, (facts) => this.#compile(this.#passOnKernel(facts)));
    this.#emit = this.#compile(this.#emitKernel());
  }

  processBatch(batch: Batch): void {
    this.#host.writeHeader(this.#header, batch);
    for (let from = 0; from < batch.rowCount; ) {
      from = this.#unfolded > 0 ? this.#handOn(batch, from) : this.#foldSome(batch, from);
    }
  }

  onProcessingTime(): void {
    this.#miniBatch?.finish();
  }

  processWatermark(timestamp: number): void {
    this.#miniBatch?.watermark(timestamp);
  }

  endInput(): void {
    this.#miniBatch?.finish();
  }

  snapshotState(): void {
    this.#miniBatch?.finish();
  }

  close(): void {
    this.#output?.close();
    this.#groups?.close();
    this.#strings?.close();
    this.#consumer?.close();
    this.#host?.close();
  }

  /** @returns the row before which it has stopped */
  #foldSome(batch: Batch, from: number): number {
    const miniBatch = this.#miniBatch!;
    const end = Math.min(from + miniBatch.room, batch.rowCount);
    this.#setWord(END, end);
    const stopped = Math.min(Number(this.#fold.for(batch)(this.#header, from)), end);
    miniBatch.add(stopped - from);
    this.#relieve();
    return stopped;
  }

  /** Hands on the rest of the batch. No mini-batch has begun. */
  #handOn(batch: Batch, from: number): number {
    this.#unfolded -= batch.rowCount - from;
    this.#output.begin();
    this.#passOn.for(batch)(this.#header, from);
    this.#output.flush();
    return batch.rowCount;
  }

  get #isShort(): boolean {
    return this.#word(SHORT) !== 0;
  }

  #word(word: number): number {
    return this.#context.memory.u32[(this.#words + word) >>> 2]!;
  }

  #setWord(word: number, value: number): void {
    this.#context.memory.u32[(this.#words + word) >>> 2] = value;
  }

  /** Ends the mini-batch if memory is short. */
  #relieve(): void {
    if (!this.#isShort) return;
    if (this.#consumer.used >= LEAST_BYTES) this.#miniBatch?.finish();
    this.#setWord(SHORT, 0);
  }

  /** Hands on the groups in the order in which they came, and forgets them. */
  #emitGroups(): void {
    const folded = this.#word(FOLDED);
    this.#setWord(FOLDED, 0);
    const pays = folded < SAMPLE_ROWS || this.#groups.count * LEAST_FOLDED <= folded;
    this.#unfolded = pays ? 0 : folded * PATIENCE;
    this.#output.begin();
    for (const { address, rows } of this.#groups.rows.pages) this.#emit(address, rows);
    this.#output.flush();
    // The next mini-batch is likely to have as many.
    this.#groups.clear(this.#isShort ? 0 : this.#groups.count);
    this.#strings.clear();
  }

  #compile(entry: KernelFunction): CompiledKernel {
    const externs = { ...this.#groups.externs, ...this.#strings.externs, ...this.#output.externs };
    return this.#host.compile([entry], externs, this.#output.functions)[entry.name]!;
  }

  /** `fold(header, from)`: takes rows in; gives the number of the row before which it stopped, or ALL_ROWS. */
  #foldKernel(facts: ColumnFacts): KernelFunction {
    const f = fn('fold', { params: { header: i32, from: i32 }, result: i32 });
    const words = i32.address(this.#words);
    const each = (context: CompileContext, i: I32, rowKind: I32): void => {
      f.if(i32.or(i32.load(words, SHORT), i32.ge_s(i, i32.load(words, END))), () => f.return(i));
      f.do(i32.store(words, i32.add(i32.load(words, FOLDED), i32.const(1)), FOLDED));
      const row = this.#findOrMakeGroup(context);
      this.#update(this.#layout, row, this.#params.keys.length, context, i, rowKind);
    };
    this.#input.forEachRow(f, f.param.header, this.#host, this.#columns, facts, each, f.param.from);
    f.return(i32.const(ALL_ROWS));
    return f.finish();
  }

  /** `passOn(header, from)`: hands each row on as a group of its own. */
  #passOnKernel(facts: ColumnFacts): KernelFunction {
    const f = fn('passOn', { params: { header: i32, from: i32 } });
    const layout = this.#passing;
    const row = f.let('row', i32.address(this.#passingRow));
    const each = (context: CompileContext, i: I32, rowKind: I32): void => {
      this.#set.initialise(layout, row, 0, context);
      this.#update(layout, row, 0, context, i, rowKind);
      const keys = this.#params.keys.map((key) => context.column(key));
      this.#output.append(f, [...keys, ...layout.fields.map((_, field) => layout.load(row, field))], null);
      this.#strings.releaseRow(f, layout, row);
    };
    this.#input.forEachRow(f, f.param.header, this.#host, this.#columns, facts, each, f.param.from);
    return f.finish();
  }

  /** Columns that are read. */
  get #columns(): readonly number[] {
    return [...this.#params.keys, ...this.#set.inputs];
  }

  /** Emits the taking in, or back, of a row. @param base field of the first accumulator */
  #update(layout: RowLayout, row: I32, base: number, context: CompileContext, index: I32, rowKind: I32): void {
    const update = (retract: boolean): void => {
      this.#set.update({ layout, row, hash: i32.const(0), base }, context, retract, index, null);
    };
    if (!this.#params.inputRetracts) update(false);
    else {
      context.branch(
        isRetraction(context.local('kind', rowKind)),
        () => update(true),
        () => update(false),
      );
    }
  }

  #findOrMakeGroup(context: CompileContext): Variable<'i32'> {
    const { f } = context;
    const keys = this.#params.keys.map((key): Operand => context.column(key));
    const hash = hashKeys(keys, context);
    const fields = keys.map((_, i) => i);
    const { row, slot } = this.#groups.findKeys(context, hash, keys, this.#layout, fields);
    f.if(i32.eqz(row), () => {
      this.#groups.insert(f, hash, slot, row);
      for (const [i, key] of keys.entries()) this.#layout.store(f, row, i, this.#strings.own(key));
      this.#set.initialise(this.#layout, row, keys.length, context);
    });
    return row;
  }

  /** `emit(from, count)`: the groups of rows that lie one behind another. */
  #emitKernel(): KernelFunction {
    const f = fn('emit', { params: { from: i32, count: i32 } });
    const next = f.let('next', f.param.from);
    f.for('i', i32.const(0), f.param.count, () => {
      const row = f.let('row', next);
      f.set(next, i32.add(next, i32.const(this.#layout.size)));
      const context = new CompileContext(f, (field) => this.#layout.load(row, field), this.#host, FAIL, RESERVE);
      this.#output.append(
        f,
        this.#layout.fields.map((_, i) => context.column(i)),
        null,
      );
    });
    return f.finish();
  }
}
