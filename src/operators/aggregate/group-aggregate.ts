/**
 * STREAMING aggregation: one group per key, rows taken in and back, and a transition for each input row (+I, then -U/+U
 * while the result changes, -D when the last row is gone), or one per key and batch in mini-batch mode.
 * Flink: StreamExecGroupAggregate.
 */
import { InvariantError } from '../../base/assert.ts';
import type { Batch } from '../../columnar/batch.ts';
import { StringArena } from '../../columnar/string-arena.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { notDistinct } from '../../expr/compile/comparison.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { asI32, asI64, type Operand, operand } from '../../expr/compile/operand.ts';
import { type I32, i32, i64, type Variable } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { StateWriter } from '../../state/snapshot.ts';
import { type DataType, INT } from '../../types/data-type.ts';
import { RowKind } from '../../types/row-kind.ts';
import type { ColumnFacts } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { hashKeys, sameKeys } from '../codegen/keys.ts';
import { OutputBuffer, STRING_FUNCTIONS } from '../codegen/output-buffer.ts';
import { RangedKernel, RowInput } from '../codegen/row-input.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { RowPages } from '../codegen/row-pages.ts';
import { RowTable } from '../codegen/row-table.ts';
import { arenaStrings, StringHeap } from '../codegen/string-heap.ts';
import { defineOperator } from '../define.ts';
import type { GroupAggregateParams } from '../specs.ts';
import { AccumulatorSet } from './accumulator-set.ts';
import { DistinctSets } from './distinct-sets.ts';
import { restoreGroups, snapshotGroups } from './group-state.ts';
import { ReferenceAccumulators } from './reference-accumulators.ts';

export const groupAggregate = defineOperator('group-aggregate', (params, spec) => {
  const outputTypes = spec.output.fields.map((field) => field.type);
  return new GroupAggregate(params, new RowInput(spec, 0), outputTypes);
});

const kind = (value: number): I32 => i32.const(value);

class GroupAggregate implements Operator {
  readonly #params: GroupAggregateParams;
  readonly #input: RowInput;
  readonly #inputTypes: readonly DataType[];
  readonly #outputTypes: readonly DataType[];
  #context!: OperatorContext;
  #consumer!: MemoryConsumer;
  #host!: KernelHost;
  #header = 0;
  #set!: AccumulatorSet;
  #layout!: RowLayout;
  #table!: RowTable;
  /** Strings of keys and accumulators. */
  #strings!: StringHeap;
  /** Strings that expressions and results make while one batch is worked on. */
  #scratch: StringArena | null = null;
  #sets: DistinctSets | null = null;
  #references: ReferenceAccumulators | null = null;
  #output!: OutputBuffer;
  #changes: RowPages | null = null;
  #changeLayout!: RowLayout;
  #process!: RangedKernel;
  #flush: CompiledKernel | null = null;
  #empty: CompiledKernel | null = null;

  constructor(params: GroupAggregateParams, input: RowInput, outputTypes: readonly DataType[]) {
    this.#params = params;
    this.#input = input;
    this.#inputTypes = input.types;
    this.#outputTypes = outputTypes;
  }

  open(context: OperatorContext): void {
    const { keys, calls, inputRetracts, miniBatch } = this.#params;
    this.#context = context;
    this.#host = new KernelHost(context);
    const scratch = (): StringArena => {
      this.#scratch ??= new StringArena(context.memory);
      return this.#scratch;
    };
    this.#host.strings = scratch;
    this.#host.owned = scratch;
    this.#header = this.#host.header(this.#input.batchTypes.length);
    this.#consumer = context.budget.consumer('GroupAggregate');
    this.#strings = new StringHeap(context.memory, this.#consumer);
    this.#output = new OutputBuffer(context.memory, context.output, this.#outputTypes, {
      capacity: 2048,
      withKinds: true,
      copyStrings: true,
    });
    this.#set = new AccumulatorSet(calls, this.#inputTypes, inputRetracts, true, this.#strings);
    const keyTypes = keys.map((key) => this.#inputTypes[key]!);
    // Keys, accumulators, and in mini-batch mode the address of the group's entry among the changes of this batch.
    this.#layout = new RowLayout([...keyTypes, ...this.#set.fields, INT]);
    this.#table = new RowTable(context, this.#consumer, { rowSize: this.#layout.size, name: 'groups' });
    const distinct = this.#set.distinctInputs;
    if (distinct.length > 0) {
      this.#sets = new DistinctSets(context, this.#consumer, distinct, this.#inputTypes, this.#strings);
    }
    if (this.#set.references.length > 0) {
      this.#references = new ReferenceAccumulators(context.memory, this.#set.references, this.#inputTypes, scratch);
    }
    if (miniBatch) {
      const results = calls.map((call) => call.type);
      // Next change, the group's row, whether it was there before the batch, and its results then.
      this.#changeLayout = new RowLayout([INT, INT, INT, ...results]);
      this.#changes = new RowPages(context.memory, this.#consumer, this.#changeLayout.size, 'changes');
    }
    this.#compile();
    if (context.restored !== null) restoreGroups(context.restored, this.#state());
  }

  processBatch(batch: Batch): void {
    this.#host.writeHeader(this.#header, batch);
    this.#references?.bind(batch);
    this.#output.begin();
    const first = Number(this.#process.for(batch)(this.#header)) >>> 0;
    this.#flush?.(first);
    this.#output.flush();
    this.#scratch?.release();
    this.#scratch = null;
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {
    if (this.#empty === null) return;
    this.#output.begin();
    this.#empty();
    this.#output.flush();
  }

  snapshotState(writer: StateWriter): void {
    snapshotGroups(writer, this.#state());
  }

  close(): void {
    this.#output?.close();
    this.#changes?.close();
    this.#references?.close();
    this.#sets?.close();
    this.#table?.close();
    this.#strings?.close();
    this.#scratch?.release();
    this.#consumer?.close();
    this.#host?.close();
  }

  #state() {
    return {
      memory: this.#context.memory,
      keyGroupOf: (hash: number) => hash % this.#context.maxParallelism,
      table: this.#table,
      layout: this.#layout,
      strings: this.#strings,
      sets: this.#sets,
      references: this.#references,
      handle: this.#set.handleField < 0 ? -1 : this.#params.keys.length + this.#set.handleField,
      entry: this.#layout.fields.length - 1,
    };
  }

  #compile(): void {
    const compile = (entry: KernelFunction): CompiledKernel =>
      this.#host.compile(
        [entry],
        {
          ...this.#table.externs,
          ...this.#output.externs,
          ...this.#sets?.externs,
          ...this.#references?.externs,
          ...this.#changes?.externs,
          ...this.#strings.externs,
        },
        [...STRING_FUNCTIONS, ...this.#output.functions],
      )[entry.name]!;
    const folds = this.#changes !== null;
    this.#process = new RangedKernel(this.#input, (facts) =>
      compile(folds ? this.#foldKernel(facts) : this.#rowKernel(facts)),
    );
    this.#flush = folds ? compile(this.#flushKernel()) : null;
    this.#empty = this.#params.emptyResult === true ? compile(this.#emptyKernel()) : null;
  }

  /** Emits a loop over the rows of a batch. */
  #eachRow(
    f: FunctionBuilder,
    header: I32,
    facts: ColumnFacts,
    body: (context: CompileContext, index: I32, retraction: I32 | null) => void,
  ): void {
    const used = [...this.#params.keys, ...this.#set.inputs];
    this.#input.forEachRow(f, header, this.#host, used, facts, (context, i, rowKind) => {
      if (!this.#params.inputRetracts) {
        body(context, i, null);
        return;
      }
      const k = context.local('kind', rowKind);
      const isBefore = i32.eq(k, kind(RowKind.UPDATE_BEFORE));
      body(context, i, context.local('retraction', i32.or(isBefore, i32.eq(k, kind(RowKind.DELETE)))));
    });
  }

  #findGroup(context: CompileContext) {
    const keys = this.#params.keys.map((key) => context.column(key));
    const hash = hashKeys(keys, context);
    const found = this.#table.find(context, hash, (candidate) =>
      sameKeys(
        keys,
        keys.map((_, i) => context.bind(this.#layout.load(candidate, i), 'k')),
        context,
      ),
    );
    return { ...found, hash, keys };
  }

  #makeGroup(context: CompileContext, keys: readonly Operand[], hash: I32, slot: I32, row: Variable<'i32'>): void {
    this.#table.insert(context.f, hash, slot, row);
    for (const [i, key] of keys.entries()) this.#layout.store(context.f, row, i, this.#strings.own(key));
    this.#set.initialise(this.#layout, row, keys.length, context);
    this.#layout.store(context.f, row, this.#layout.fields.length - 1, operand(INT, i32.const(0), null));
  }

  #results(row: I32, context: CompileContext): readonly Operand[] {
    const base = this.#params.keys.length;
    return this.#set.results(this.#layout, row, base, context, this.#references?.scratch ?? 0);
  }

  /** The results before an update, which may give the bytes of a string back. */
  #oldResults(row: I32, context: CompileContext): readonly Operand[] {
    return this.#results(row, context).map((value) => context.bind(arenaStrings.own(value), 'old'));
  }

  /** Rows in the group: the first accumulator. */
  #rowCount(row: I32, context: CompileContext) {
    return context.local('rows', asI64(this.#layout.load(row, this.#params.keys.length)));
  }

  /** Takes the row in or back. */
  #update(row: I32, hash: I32, context: CompileContext, retraction: I32 | null, i: I32): void {
    const at = { layout: this.#layout, row, hash, base: this.#params.keys.length };
    if (retraction === null) {
      this.#set.update(at, context, false, i, this.#sets);
      return;
    }
    context.branch(
      retraction,
      () => this.#set.update(at, context, true, i, this.#sets),
      () => this.#set.update(at, context, false, i, this.#sets),
    );
  }

  #same(a: readonly Operand[], b: readonly Operand[], context: CompileContext): I32 {
    return a.map((value, i) => notDistinct(value, b[i]!, context)).reduce((x, y) => i32.and(x, y), i32.const(1));
  }

  #emitUpdate(
    context: CompileContext,
    keys: readonly Operand[],
    old: readonly Operand[],
    now: readonly Operand[],
  ): void {
    const emit = (): void => {
      if (this.#params.generateUpdateBefore) {
        this.#output.append(context.f, [...keys, ...old], kind(RowKind.UPDATE_BEFORE));
      }
      this.#output.append(context.f, [...keys, ...now], kind(RowKind.UPDATE_AFTER));
    };
    if (this.#params.stateTtl > 0) emit();
    else context.f.if(i32.eqz(this.#same(old, now, context)), emit);
  }

  /** `process(header)`: one transition per row. */
  #rowKernel(facts: ColumnFacts): KernelFunction {
    const f = fn('process', { params: { header: i32 }, result: i32 });
    this.#eachRow(f, f.param.header, facts, (context, i, retraction) => {
      const { row, slot, hash, keys } = this.#findGroup(context);
      const isNew = f.let('isNew', i32.eqz(row));
      f.if(isNew, () => {
        if (retraction !== null) f.if(retraction, () => f.continue());
        this.#makeGroup(context, keys, hash, slot, row);
      });
      const old = this.#oldResults(row, context);
      this.#update(row, hash, context, retraction, i);
      const now = this.#results(row, context);
      f.if(
        i64.ne(this.#rowCount(row, context), i64.const(0)),
        () => {
          f.if(
            isNew,
            () => this.#output.append(f, [...keys, ...now], kind(RowKind.INSERT)),
            () => this.#emitUpdate(context, keys, old, now),
          );
        },
        () => {
          f.if(i32.eqz(isNew), () => this.#output.append(f, [...keys, ...old], kind(RowKind.DELETE)));
          this.#set.drop(this.#layout, row, keys.length, context);
          const again = this.#findGroup(context);
          this.#strings.releaseRow(f, this.#layout, row);
          this.#table.remove(f, again.slot, again.row);
        },
      );
    });
    f.return(i32.const(0));
    return f.finish();
  }

  /** `process(header)`: takes the rows in; gives the first of the linked changes. */
  #foldKernel(facts: ColumnFacts): KernelFunction {
    const layout = this.#changeLayout;
    const entryField = this.#layout.fields.length - 1;
    const f = fn('process', { params: { header: i32 }, result: i32 });
    const first = f.declare('first', 'i32');
    const last = f.declare('last', 'i32');
    this.#eachRow(f, f.param.header, facts, (context, i, retraction) => {
      const { row, slot, hash, keys } = this.#findGroup(context);
      const isNew = f.let('isNew', i32.eqz(row));
      f.if(isNew, () => {
        if (retraction !== null) f.if(retraction, () => f.continue());
        this.#makeGroup(context, keys, hash, slot, row);
      });
      f.if(i32.eqz(asI32(this.#layout.load(row, entryField))), () => {
        context.scoped(() => {
          const change = f.declare('change', 'i32');
          this.#changes!.take(f, change);
          layout.store(f, change, 0, operand(INT, i32.const(0), null));
          layout.store(f, change, 1, operand(INT, row, null));
          layout.store(f, change, 2, operand(INT, i32.eqz(isNew), null));
          const old = this.#oldResults(row, context);
          for (const [at, value] of old.entries()) layout.store(f, change, 3 + at, value);
          this.#layout.store(f, row, entryField, operand(INT, change, null));
          f.if(
            last,
            () => layout.store(f, last, 0, operand(INT, change, null)),
            () => f.set(first, change),
          );
          f.set(last, change);
        });
      });
      this.#update(row, hash, context, retraction, i);
    });
    f.return(first);
    return f.finish();
  }

  /** `flush(first)`: one transition per changed group. */
  #flushKernel(): KernelFunction {
    const layout = this.#changeLayout;
    const keyCount = this.#params.keys.length;
    const f = fn('flush', { params: { first: i32 } });
    const change = f.let('change', f.param.first);
    f.while(change, () => {
      const row = f.let('group', asI32(layout.load(change, 1)));
      const context = new CompileContext(f, (column) => this.#layout.load(row, column), this.#host, FAIL, RESERVE);
      const keys = this.#params.keys.map((_, i) => context.column(i));
      const existed = f.let('existed', asI32(layout.load(change, 2)));
      const old = this.#params.calls.map((_, i) => context.bind(layout.load(change, 3 + i), 'old'));
      f.if(
        i64.ne(this.#rowCount(row, context), i64.const(0)),
        () => {
          context.scoped(() => {
            const now = this.#results(row, context);
            f.if(
              existed,
              () => this.#emitUpdate(context, keys, old, now),
              () => this.#output.append(f, [...keys, ...now], kind(RowKind.INSERT)),
            );
            this.#layout.store(f, row, this.#layout.fields.length - 1, operand(INT, i32.const(0), null));
          });
        },
        () => {
          f.if(existed, () => this.#output.append(f, [...keys, ...old], kind(RowKind.DELETE)));
          this.#set.drop(this.#layout, row, keyCount, context);
          const hash = hashKeys(keys, context);
          const found = this.#table.find(context, hash, (candidate) => i32.eq(candidate, row));
          this.#strings.releaseRow(f, this.#layout, row);
          this.#table.remove(f, found.slot, found.row);
        },
      );
      const next = f.let('next', asI32(layout.load(change, 0)));
      this.#changes!.free(f, change);
      f.set(change, next);
    });
    return f.finish();
  }

  /** `empty()`: the result over no rows, if there is no group. */
  #emptyKernel(): KernelFunction {
    const f = fn('empty', { params: {} });
    const noColumns = (): never => {
      throw new InvariantError('the result over no rows reads no column');
    };
    const context = new CompileContext(f, noColumns, this.#host, FAIL, RESERVE);
    const { row, slot, hash, keys } = this.#findGroup(context);
    f.if(i32.eqz(row), () => {
      this.#makeGroup(context, keys, hash, slot, row);
      this.#output.append(f, this.#results(row, context), kind(RowKind.INSERT));
    });
    return f.finish();
  }
}
