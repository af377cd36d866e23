/**
 * STREAMING aggregation: one group per key, rows taken in and back, and a transition for each input row (+I, then -U/+U
 * while the result changes, -D when the last row is gone), or one per key and batch in mini-batch mode. Then the rows
 * may also be those of local-group-aggregate.ts, whose accumulators are merged.
 * Flink: StreamExecGroupAggregate, StreamExecGlobalGroupAggregate.
 */
import { InvariantError } from '../../base/assert.ts';
import type { Batch } from '../../columnar/batch.ts';
import { StringArena } from '../../columnar/string-arena.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { notDistinct } from '../../expr/compile/comparison.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { asI32, asI64, type Operand, operand } from '../../expr/compile/operand.ts';
import { type I32, i32, i64 } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel, Extern } from '../../kernel/program.ts';
import { decodePlain, encodePlain } from '../../state/plain-data.ts';
import type { PagedState, PageWriter, StateWriter } from '../../state/snapshot.ts';
import { type DataType, INT } from '../../types/data-type.ts';
import { RowKind } from '../../types/row-kind.ts';
import { ALL_ROWS, type ColumnFacts, isRetraction } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import type { KeyedState } from '../codegen/keyed-state.ts';
import { MiniBatch } from '../codegen/mini-batch.ts';
import { OperatorState } from '../codegen/operator-state.ts';
import { OutputBuffer, STRING_FUNCTIONS } from '../codegen/output-buffer.ts';
import { RangedKernel, RowInput } from '../codegen/row-input.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { RowPages } from '../codegen/row-pages.ts';
import type { FoundRow } from '../codegen/row-table.ts';
import { arenaStrings } from '../codegen/string-heap.ts';
import { defineOperator } from '../define.ts';
import type { GroupAggregateParams } from '../specs.ts';
import { AccumulatorSet } from './accumulator-set.ts';
import { DistinctSets } from './distinct-sets.ts';
import { distinctState, GROUP_NUMBER, GroupNumbers } from './group-distinct.ts';
import { ReferenceAccumulators } from './reference-accumulators.ts';
import { ReferenceMemory } from './reference-memory.ts';

export const groupAggregate = defineOperator('group-aggregate', (params, spec) => {
  const outputTypes = spec.output.fields.map((field) => field.type);
  return new GroupAggregate(params, new RowInput(spec, 0), outputTypes);
});

const kind = (value: number): I32 => i32.const(value);

/** Groups that are moved at a time where each is written by JavaScript. */
const REFERENCES_PER_SEGMENT = 32;
/** Words about a mini-batch: the first and the last change, and the row of the batch with which it ends. */
const FIRST = 0;
const LAST = 4;
const BUNDLE_END = 8;
const BUNDLE_BYTES = 16;

class GroupAggregate implements Operator, PagedState {
  readonly #params: GroupAggregateParams;
  readonly #input: RowInput;
  readonly #inputTypes: readonly DataType[];
  /** Of the rows that calls read. */
  readonly #rowTypes: readonly DataType[];
  readonly #outputTypes: readonly DataType[];
  #context!: OperatorContext;
  #host!: KernelHost;
  #header = 0;
  #set!: AccumulatorSet;
  #state!: OperatorState;
  /** Keys, accumulators, the address of the group's change in this mini-batch, its number for distinct sets. */
  #groups!: KeyedState;
  /** Strings that expressions and results make until changes are flushed. */
  #scratch: StringArena | null = null;
  #sets: DistinctSets | null = null;
  #numbers: GroupNumbers | null = null;
  #references: ReferenceAccumulators | null = null;
  #referenceMemory: ReferenceMemory | null = null;
  #output!: OutputBuffer;
  #changes: RowPages | null = null;
  #changeLayout!: RowLayout;
  #bundle = 0;
  #process!: RangedKernel;
  #flush: CompiledKernel | null = null;
  #empty: CompiledKernel | null = null;
  #miniBatch: MiniBatch | null = null;

  constructor(params: GroupAggregateParams, input: RowInput, outputTypes: readonly DataType[]) {
    this.#params = params;
    this.#input = input;
    this.#inputTypes = input.types;
    this.#rowTypes = params.rowTypes ?? input.types;
    this.#outputTypes = outputTypes;
  }

  get nextProcessingTime(): number {
    return this.#miniBatch?.deadline ?? Number.POSITIVE_INFINITY;
  }

  open(context: OperatorContext): void {
    const { calls, inputRetracts, miniBatch, untilSnapshot } = this.#params;
    this.#context = context;
    this.#host = new KernelHost(context);
    const scratch = (): StringArena => {
      this.#scratch ??= new StringArena(context.memory);
      return this.#scratch;
    };
    this.#host.strings = scratch;
    this.#host.owned = scratch;
    this.#header = this.#host.header(this.#input.batchTypes.length);
    this.#state = new OperatorState(context, this.#host, 'GroupAggregate');
    this.#output = new OutputBuffer(context.memory, context.output, this.#outputTypes, {
      capacity: 2048,
      withKinds: true,
      copyStrings: true,
    });
    this.#set = new AccumulatorSet(calls, this.#rowTypes, inputRetracts, true, this.#state.heap);
    if (this.#set.references.length > 0) {
      const { references } = this.#set;
      this.#references = new ReferenceAccumulators(context.memory, references, this.#inputTypes, scratch);
      this.#referenceMemory = new ReferenceMemory(this.#references, this.#state.consumer, references);
    }
    this.#bundle = this.#host.allocate(BUNDLE_BYTES);
    this.#makeState();
    if (miniBatch) {
      const results = calls.map((call) => call.type);
      // Next change, the group's row, whether it was there before the batch, and its results then.
      this.#changeLayout = new RowLayout([INT, INT, INT, ...results]);
      this.#changes = new RowPages(context.memory, this.#state.consumer, this.#changeLayout.size, 'changes');
      this.#miniBatch = new MiniBatch(context, () => this.#emitChanges(), untilSnapshot);
    }
    this.#compile();
    if (context.restored !== null) {
      this.#state.restore(context.restored);
      this.#numbers?.restore(context.restored);
    }
  }

  processBatch(batch: Batch): void {
    this.#host.writeHeader(this.#header, batch);
    this.#references?.bind(batch);
    this.#state.beginBatch(batch);
    const kernel = this.#process.for(batch);
    let from = 0;
    while (from < batch.rowCount) {
      const end = Math.min(from + (this.#miniBatch?.room ?? batch.rowCount), batch.rowCount);
      this.#context.memory.u32[(this.#bundle + BUNDLE_END) >>> 2] = end;
      this.#output.begin();
      this.#state.runFrom(kernel, this.#header, from, end, () => this.#flushChanges());
      this.#referenceMemory?.add(end - from);
      this.#referenceMemory?.charge();
      // What has expired when the next batch comes must not wait here for its change.
      if (this.#params.stateTtl > 0) this.#flushChanges();
      this.#output.flush();
      if (this.#miniBatch !== null) this.#miniBatch.add(end - from);
      else this.#releaseScratch();
      this.#state.relieve(() => this.#emitChanges());
      from = end;
    }
  }

  onProcessingTime(): void {
    this.#miniBatch?.finish();
  }

  processWatermark(timestamp: number): void {
    if (this.#miniBatch !== null) this.#miniBatch.watermark(timestamp);
    else this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {
    this.#miniBatch?.finish();
    if (this.#empty === null) return;
    this.#output.begin();
    this.#empty();
    this.#output.flush();
  }

  snapshotState(writer: StateWriter): void {
    this.#miniBatch?.finish();
    this.#state.snapshot(writer);
    this.#numbers?.snapshot(writer);
  }

  snapshotPages(writer: PageWriter): void {
    this.#miniBatch?.finish();
    this.#state.snapshotPages(writer);
    this.#numbers?.snapshot(writer);
  }

  close(): void {
    this.#output?.close();
    this.#changes?.close();
    this.#references?.close();
    this.#state?.close();
    this.#releaseScratch();
    this.#host?.close();
  }

  #makeState(): void {
    const { keys, stateTtl } = this.#params;
    const keyTypes = keys.map((key) => this.#inputTypes[key]!);
    const types = [...keyTypes, ...this.#set.fields, INT];
    const distinct = this.#set.distinctInputs;
    const references = this.#references;
    const handle = keys.length + this.#set.handleField;
    const handleOf = (row: number): number => (row + this.#groups.layout.fields[handle]!.offset) >>> 2;
    const { memory } = this.#context;
    this.#groups = this.#state.keyed(
      {
        name: 'groups',
        types: distinct.length > 0 ? [...types, GROUP_NUMBER] : types,
        keyFields: keys.map((_, i) => i),
        ttl: stateTtl,
        onDrop: (f, row) => this.#set.drop(this.#groups.layout, row, keys.length, this.#groups.contextOf(f, row)),
        externs: this.#referenceExterns(),
        ...(references === null ? {} : { segmentLimit: REFERENCES_PER_SEGMENT }),
      },
      references === null
        ? null
        : {
            write: (row) => encodePlain(references.group(memory.i32[handleOf(row)]!)),
            read: (row, bytes) => {
              memory.i32[handleOf(row)] = references.adopt(decodePlain(bytes) as unknown[]);
            },
          },
    );
    if (distinct.length === 0) return;
    this.#numbers = new GroupNumbers(this.#context, this.#state);
    const numberOf = (row: I32): Operand => this.#groups.load(row, types.length);
    const tables = distinctState(this.#state, this.#numbers, numberOf, stateTtl);
    this.#sets = new DistinctSets(memory, tables, distinct, this.#inputTypes);
  }

  /** Whether rows are keys and accumulators of a first phase. */
  get #merges(): boolean {
    return this.#params.rowTypes !== undefined;
  }

  /** Field with the address of the group's change. */
  get #changeField(): number {
    return this.#params.keys.length + this.#set.fields.length;
  }

  #referenceExterns(): Readonly<Record<string, Extern>> {
    const references = this.#references;
    if (references === null) return {};
    const reference_drop = (handle: number): undefined => {
      this.#referenceMemory?.drop();
      return references.drop(handle);
    };
    return { ...references.externs, reference_drop };
  }

  #emitChanges(): void {
    this.#output.begin();
    this.#flushChanges();
    this.#output.flush();
    this.#releaseScratch();
  }

  /** Appends the changes that are held back; then nobody knows the address of a group. */
  #flushChanges(): void {
    if (this.#flush === null) return;
    this.#flush();
    this.#context.memory.fill(this.#bundle, 0, 8);
  }

  #releaseScratch(): void {
    this.#scratch?.release();
    this.#scratch = null;
  }

  #compile(): void {
    const externs = {
      ...this.#output.externs,
      ...this.#changes?.externs,
      ...this.#state.externs,
    };
    const compile = (entry: KernelFunction): CompiledKernel =>
      this.#host.compile([entry], externs, [...STRING_FUNCTIONS, ...this.#output.functions])[entry.name]!;
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
    from: I32,
    facts: ColumnFacts,
    body: (context: CompileContext, index: I32, retraction: I32 | null) => void,
  ): void {
    const { keys } = this.#params;
    const args = this.#merges ? this.#set.fields.map((_, i) => keys.length + i) : this.#set.inputs;
    const each = (context: CompileContext, i: I32, rowKind: I32): void => {
      this.#state.stopIfShort(f, i);
      if (!this.#params.inputRetracts || this.#merges) {
        body(context, i, null);
        return;
      }
      body(context, i, context.local('retraction', isRetraction(rowKind)));
    };
    this.#input.forEachRow(f, header, this.#host, [...keys, ...args], facts, each, from);
  }

  #findGroup(context: CompileContext) {
    const keys = this.#params.keys.map((key) => context.column(key));
    return { ...this.#groups.find(context, keys), keys };
  }

  #makeGroup(context: CompileContext, keys: readonly Operand[], found: FoundRow): void {
    const { f } = context;
    const { row } = found;
    const { layout } = this.#groups;
    this.#groups.insert(f, found);
    for (const [i, key] of keys.entries()) this.#groups.store(f, row, i, key);
    this.#set.initialise(layout, row, keys.length, context);
    layout.store(f, row, this.#changeField, operand(INT, i32.const(0), null));
    if (this.#numbers !== null) layout.store(f, row, this.#changeField + 1, this.#numbers.next(f, found.hash));
  }

  #results(row: I32, context: CompileContext): readonly Operand[] {
    const base = this.#params.keys.length;
    return this.#set.results(this.#groups.layout, row, base, context, this.#references?.scratch ?? 0);
  }

  /** The results before an update, which may give the bytes of a string back. */
  #oldResults(row: I32, context: CompileContext): readonly Operand[] {
    return this.#results(row, context).map((value) => context.bind(arenaStrings.own(value), 'old'));
  }

  /** Rows in the group: the first accumulator. */
  #rowCount(row: I32, context: CompileContext) {
    return context.local('rows', asI64(this.#groups.layout.load(row, this.#params.keys.length)));
  }

  /** Whether the accumulators that come in are those of no row, or of rows that were never there; null: never. */
  #noRows(context: CompileContext): I32 | null {
    if (!this.#params.inputRetracts) return null;
    return i64.le_s(asI64(context.column(this.#params.keys.length)), i64.const(0));
  }

  /** Takes the row in or back, or the accumulators of rows in. */
  #update(row: I32, hash: I32, context: CompileContext, retraction: I32 | null, i: I32): void {
    const base = this.#params.keys.length;
    const at = { layout: this.#groups.layout, row, hash, base };
    if (this.#merges) {
      this.#set.merge(at.layout, row, base, (field) => context.column(base + field), context);
      this.#groups.wrote(context.f, row);
      return;
    }
    if (retraction === null) {
      this.#set.update(at, context, false, i, this.#sets);
      this.#groups.wrote(context.f, row);
      return;
    }
    context.branch(
      retraction,
      () => this.#set.update(at, context, true, i, this.#sets),
      () => this.#set.update(at, context, false, i, this.#sets),
    );
    this.#groups.wrote(context.f, row);
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

  /** `process(header, from)`: one transition per row. */
  #rowKernel(facts: ColumnFacts): KernelFunction {
    const f = fn('process', { params: { header: i32, from: i32 }, result: i32 });
    this.#eachRow(f, f.param.header, f.param.from, facts, (context, i, retraction) => {
      const { keys, ...found } = this.#findGroup(context);
      const { row, hash } = found;
      const isNew = f.let('isNew', i32.eqz(row));
      f.if(isNew, () => {
        if (retraction !== null) f.if(retraction, () => f.continue());
        this.#makeGroup(context, keys, found);
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
          this.#groups.remove(f, this.#groups.findRow(context, row));
        },
      );
    });
    f.return(i32.const(ALL_ROWS));
    return f.finish();
  }

  /** `process(header, from)`: takes the rows in and lists the groups that change. */
  #foldKernel(facts: ColumnFacts): KernelFunction {
    const layout = this.#changeLayout;
    const list = i32.address(this.#bundle);
    const f = fn('process', { params: { header: i32, from: i32 }, result: i32 });
    this.#eachRow(f, f.param.header, f.param.from, facts, (context, i, retraction) => {
      f.if(i32.ge_s(i, i32.load(list, BUNDLE_END)), () => f.return(i));
      const { keys, ...found } = this.#findGroup(context);
      const { row, hash } = found;
      const isNew = f.let('isNew', i32.eqz(row));
      f.if(isNew, () => {
        const nothing = this.#merges ? this.#noRows(context) : retraction;
        if (nothing !== null) f.if(nothing, () => f.continue());
        this.#makeGroup(context, keys, found);
      });
      f.if(i32.eqz(asI32(this.#groups.load(row, this.#changeField))), () => {
        context.scoped(() => {
          const change = f.declare('change', 'i32');
          this.#changes!.take(f, change);
          layout.store(f, change, 0, operand(INT, i32.const(0), null));
          layout.store(f, change, 1, operand(INT, row, null));
          layout.store(f, change, 2, operand(INT, i32.eqz(isNew), null));
          const old = this.#oldResults(row, context);
          for (const [at, value] of old.entries()) layout.store(f, change, 3 + at, value);
          this.#groups.layout.store(f, row, this.#changeField, operand(INT, change, null));
          const last = f.let('last', i32.load(list, LAST));
          f.if(
            last,
            () => layout.store(f, last, 0, operand(INT, change, null)),
            () => f.do(i32.store(list, change, FIRST)),
          );
          f.do(i32.store(list, change, LAST));
        });
      });
      this.#update(row, hash, context, retraction, i);
    });
    f.return(i32.const(ALL_ROWS));
    return f.finish();
  }

  /** `flush()`: one transition per changed group. */
  #flushKernel(): KernelFunction {
    const layout = this.#changeLayout;
    const f = fn('flush');
    const change = f.let('change', i32.load(i32.address(this.#bundle), FIRST));
    f.while(change, () => {
      const row = f.let('group', asI32(layout.load(change, 1)));
      const context = this.#groups.contextOf(f, row);
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
            this.#groups.layout.store(f, row, this.#changeField, operand(INT, i32.const(0), null));
          });
        },
        () => {
          f.if(existed, () => this.#output.append(f, [...keys, ...old], kind(RowKind.DELETE)));
          this.#groups.remove(f, this.#groups.findRow(context, row));
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
    const { keys, ...found } = this.#findGroup(context);
    const { row } = found;
    f.if(i32.eqz(row), () => {
      this.#makeGroup(context, keys, found);
      this.#output.append(f, this.#results(row, context), kind(RowKind.INSERT));
    });
    return f.finish();
  }
}
