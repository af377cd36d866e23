/**
 * BATCH aggregation in a hash table of groups. `complete` takes rows and gives results, `partial` gives keys and
 * accumulators, `final` merges those. When the table exceeds the budget no group is added any more: rows of other keys
 * go to disk and are aggregated part by part in the end. Flink: HashAggregate, LocalHashAggregate.
 */
import { assert, InvariantError } from '../../base/assert.ts';
import type { Batch } from '../../columnar/batch.ts';
import { physicalType } from '../../columnar/physical.ts';
import type { Operator, OperatorContext, OperatorSpec } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { nullOperand, type Operand } from '../../expr/compile/operand.ts';
import { type I32, i32, type Variable } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel, Extern } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { DataType } from '../../types/data-type.ts';
import { ALL_ROWS, type ColumnFacts } from '../codegen/batch-input.ts';
import { type CachedGroup, GroupCache } from '../codegen/group-cache.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { hashKeys } from '../codegen/keys.ts';
import { LocalFields } from '../codegen/local-fields.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { RangedKernel, RowInput } from '../codegen/row-input.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { MOST_ROWS } from '../codegen/row-selection.ts';
import { RowTable } from '../codegen/row-table.ts';
import { forEachAddress, type PageReader } from '../codegen/spill-rows.ts';
import { StringHeap } from '../codegen/string-heap.ts';
import { defineOperator } from '../define.ts';
import type { BatchAggregateParams } from '../specs.ts';
import { AccumulatorSet } from './accumulator-set.ts';
import { accumulatorsIn, codedAggregateKernel, fitLocals, haveFewCodes } from './coded-groups.ts';
import { DistinctSets, distinctTablesInMemory } from './distinct-sets.ts';
import { KeyArray } from './key-array.ts';
import { ReferenceAccumulators } from './reference-accumulators.ts';
import { SpilledGroups } from './spilled-groups.ts';

export const hashAggregate = defineOperator('hash-aggregate', (params, spec) => new HashAggregate(params, spec));

/** Groups that one call of `advance` emits. */
const GROUPS_PER_STEP = 1 << 15;
/** Below so many bytes groups stay in memory, whoever has taken the budget. */
const LEAST_BYTES = 1 << 16;
/** Rows in a batch of rows that come back from disk. */
const REPLAY_ROWS = 2048;
/** The first table has slots for the expected groups, but for at most one per so many bytes of the budget. */
const EXPECTED_SHARE = 64;
/** What the interpreter's accumulators are taken to need: for a group, and for a row of those that keep their rows. */
const REFERENCE_BYTES = 256;
const KEPT_VALUE_BYTES = 48;
/** So many rows are few: sums of 64 bits often cannot overflow. */
const FEW_ROWS = 1 << 24;
/** Accumulators of the interpreter that do not grow with their rows. */
const FIXED_SIZE = /^(STDDEV|VAR|FIRST_VALUE|LAST_VALUE|SINGLE_VALUE|APPROX_)/;

/** Where the search for a group ended. */
interface FoundGroup {
  /** 0: there is none. */
  readonly row: Variable<'i32'>;
  /** Of the keys; null: it was not needed. */
  readonly hash: I32 | null;
  /** Emits the taking of a new row; sets `row`. */
  readonly insert: () => void;
}

class HashAggregate implements Operator {
  readonly #params: BatchAggregateParams;
  readonly #input: RowInput;
  /** The same rows as they come back from disk: nothing is fused. */
  readonly #replayInput: RowInput;
  readonly #inputTypes: readonly DataType[];
  readonly #outputTypes: readonly DataType[];
  #context!: OperatorContext;
  #consumer!: MemoryConsumer;
  #host!: KernelHost;
  #cache!: GroupCache;
  #header = 0;
  /** Address of a word: whether the budget is exceeded. */
  #short = 0;
  #set!: AccumulatorSet;
  #layout!: RowLayout;
  #table!: RowTable;
  /** Finds most groups, or all; null: the table does. */
  #array: KeyArray | null = null;
  #strings!: StringHeap;
  #sets: DistinctSets | null = null;
  #references: ReferenceAccumulators | null = null;
  #referenceBytes = 0;
  #output!: OutputBuffer;
  #empty!: CompiledKernel;
  #emit!: CompiledKernel;
  /** Rows that came in. */
  #rows = 0;
  /** By what is aggregated (batches or rows from disk), whether groups may be added, and whether few rows came in. */
  readonly #aggregates = new Map<string, RangedKernel>();
  #spilled: SpilledGroups | null = null;
  #spillLayout!: RowLayout;
  #spillRow = 0;
  #replay: OutputBuffer | null = null;
  #unspill!: CompiledKernel;
  #reader: PageReader | null = null;
  #phase: 'reading' | 'emitting' | 'next-part' | 'replaying' = 'reading';
  /** Where emitting goes on. */
  #page = 0;
  #rowInPage = 0;

  constructor(params: BatchAggregateParams, spec: OperatorSpec) {
    const { fused: _, ...plain } = spec;
    this.#params = params;
    this.#input = new RowInput(spec, 0);
    this.#replayInput = new RowInput(plain, 0);
    this.#inputTypes = this.#input.types;
    this.#outputTypes = spec.output.fields.map((field) => field.type);
  }

  open(context: OperatorContext): void {
    const { memory, budget } = context;
    const { keys, calls, phase, rowTypes, estimatedGroups, keyRange } = this.#params;
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#cache = new GroupCache(this.#host);
    this.#header = this.#host.header(Math.max(this.#input.batchTypes.length, this.#inputTypes.length));
    this.#short = this.#host.allocate(4);
    this.#consumer = budget.spillingConsumer('HashAggregate', () => this.#setShort(1));
    this.#strings = new StringHeap(memory, this.#consumer);
    const callTypes = phase === 'final' ? rowTypes! : this.#inputTypes;
    this.#set = new AccumulatorSet(calls, callTypes, false, false, this.#strings);
    const set = this.#set;
    assert(phase === 'complete' || set.references.length === 0, 'reference accumulators in two phases');
    this.#layout = new RowLayout([...keys.map((key) => this.#inputTypes[key]!), ...set.fields]);
    const distinct = phase === 'complete' ? set.distinctInputs : [];
    const isEvictable = distinct.length > 0 || set.references.length > 0;
    if (keyRange !== undefined && !isEvictable) {
      this.#array = KeyArray.create(memory, this.#consumer, keyRange, estimatedGroups ?? 0);
    }
    const affordable = Math.floor(budget.available / EXPECTED_SHARE);
    this.#table = new RowTable(context, this.#consumer, {
      rowSize: this.#layout.size,
      name: 'groups',
      expectedRows: this.#array === null ? Math.min(estimatedGroups ?? 0, 1 << 20, affordable) : 0,
    });
    if (distinct.length > 0) {
      const tables = distinctTablesInMemory(context, this.#consumer, this.#strings);
      this.#sets = new DistinctSets(memory, tables, distinct, this.#inputTypes);
    }
    if (set.references.length > 0) {
      this.#references = new ReferenceAccumulators(memory, set.references, this.#inputTypes, () =>
        this.#output.strings(),
      );
    }
    this.#output = new OutputBuffer(memory, context.output, this.#outputTypes, {
      capacity: 16384,
      withKinds: false,
      copyStrings: true,
    });
    const kernels = this.#compile([this.#emptyKernel(), this.#emitKernel()]);
    this.#empty = kernels['empty']!;
    this.#emit = kernels['emit']!;
  }

  processBatch(batch: Batch): void {
    this.#take(batch, false);
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {
    const { keys, phase } = this.#params;
    if (keys.length === 0 && phase !== 'partial' && this.#table.count === 0) {
      this.#empty();
    }
    this.#phase = 'emitting';
  }

  advance(): boolean {
    switch (this.#phase) {
      case 'reading':
        return false;
      case 'emitting':
        this.#emitSome();
        return this.#phase === 'emitting' || this.#spilled !== null;
      case 'next-part':
        this.#reader = this.#spilled!.next(this.#groupState);
        if (this.#reader === null) return false;
        this.#phase = 'replaying';
        return true;
      case 'replaying':
        this.#replayPage();
        return true;
    }
  }

  snapshotState(): void {
    throw new Error('a BATCH operator has no state to snapshot');
  }

  close(): void {
    this.#output?.close();
    this.#reader?.close();
    this.#replay?.close();
    this.#spilled?.close();
    this.#references?.close();
    this.#sets?.close();
    this.#table?.close();
    this.#array?.close();
    this.#strings?.close();
    this.#consumer?.close();
    this.#host?.close();
  }

  get #isShort(): boolean {
    return this.#context.memory.u32[this.#short >>> 2] !== 0;
  }

  #setShort(short: number): void {
    this.#context.memory.u32[this.#short >>> 2] = short;
  }

  get #groupState() {
    const { handleField } = this.#set;
    return {
      memory: this.#context.memory,
      table: this.#table,
      layout: this.#layout,
      strings: this.#strings,
      sets: this.#sets,
      references: this.#references,
      handle: handleField < 0 ? -1 : this.#params.keys.length + handleField,
      entry: -1,
    };
  }

  /** Whether rows of groups that are there need memory. */
  get #groupsGrow(): boolean {
    return this.#sets !== null || this.#set.fields.some((type) => physicalType(type) === 'view');
  }

  /** Whether rows are taken in one by one, by accumulators that are nothing but numbers. */
  get #suitsLocals(): boolean {
    const { keys, phase } = this.#params;
    const isNative = this.#sets === null && this.#references === null;
    return isNative && phase !== 'final' && fitLocals(this.#layout, keys.length);
  }

  /** Columns of a row that are read, and so written to disk. */
  get #columns(): readonly number[] {
    const { keys, phase } = this.#params;
    const set = this.#set;
    const args = phase === 'final' ? set.fields.map((_, i) => keys.length + i) : set.inputs;
    return [...new Set([...keys, ...args, ...set.references.flatMap((call) => call.args)])];
  }

  #take(batch: Batch, replaying: boolean): void {
    this.#host.writeHeader(this.#header, batch, true);
    this.#references?.bind(batch);
    this.#rows += batch.rowCount;
    let from = 0;
    while (from < batch.rowCount) {
      from = Number(this.#aggregateFor(replaying, batch.rowCount).for(batch)(this.#header, from));
      if (this.#isShort) this.#relieve();
    }
    this.#chargeReferences(batch.rowCount);
  }

  /** The budget is exceeded: from now on rows of new keys go to disk. */
  #relieve(): void {
    this.#setShort(0);
    if (this.#consumer.used < LEAST_BYTES || this.#params.keys.length === 0) return;
    if (this.#spilled?.frozen === true || this.#spilled?.splittable === false) return;
    this.#spilled ??= this.#createSpilled();
    this.#spilled.freeze();
    if (this.#sets === null && this.#references === null) return;
    this.#spilled.evict(this.#groupState);
    this.#clear();
  }

  #createSpilled(): SpilledGroups {
    const { memory } = this.#context;
    // Columns that are not read are not written: they come back as NULL.
    const columns = new Set(this.#columns);
    const types = this.#inputTypes.map((type, i) => (columns.has(i) ? type : { ...type, nullable: true }));
    this.#spillLayout = new RowLayout(
      this.#columns.map((column) => types[column]!),
      8,
    );
    this.#spillRow = this.#host.allocate(this.#spillLayout.size);
    const take = { emitBatch: (batch: Batch) => this.#take(batch, true) };
    this.#replay = new OutputBuffer(memory, take, types, { capacity: REPLAY_ROWS, withKinds: false, name: 'replay' });
    this.#unspill = this.#host.compile([this.#unspillKernel(types)], this.#replay.externs, this.#replay.functions)[
      'unspill'
    ]!;
    return new SpilledGroups(this.#context, this.#consumer, this.#host, this.#spillLayout);
  }

  #clear(): void {
    this.#table.clear();
    this.#array?.clear();
    this.#sets?.clear();
    this.#references?.clear();
    this.#strings.clear();
    this.#consumer.release(this.#referenceBytes);
    this.#referenceBytes = 0;
    this.#setShort(0);
  }

  #chargeReferences(rows: number): void {
    if (this.#references === null) return;
    const growing = this.#set.references.filter((call) => !FIXED_SIZE.test(call.fn)).length;
    const groups = this.#references.count * this.#set.references.length * REFERENCE_BYTES;
    const needed = Math.max(groups - this.#referenceBytes, 0) + rows * growing * KEPT_VALUE_BYTES;
    this.#consumer.reserve(needed);
    this.#referenceBytes += needed;
    if (this.#isShort) this.#relieve();
  }

  #emitSome(): void {
    const { pages, rowSize } = this.#table.rows;
    this.#output.begin();
    for (let left = GROUPS_PER_STEP; left > 0 && this.#page < pages.length; ) {
      const { address, rows } = pages[this.#page]!;
      const count = Math.min(rows - this.#rowInPage, left);
      this.#emit(address + this.#rowInPage * rowSize, count);
      left -= count;
      this.#rowInPage += count;
      if (this.#rowInPage < rows) continue;
      this.#page++;
      this.#rowInPage = 0;
    }
    this.#output.flush();
    if (this.#page < pages.length) return;
    this.#page = 0;
    this.#phase = 'next-part';
    this.#clear();
    this.#spilled?.thaw();
  }

  #replayPage(): void {
    const page = this.#reader!.next();
    if (page !== null) {
      this.#replay!.begin();
      this.#unspill(page.addresses, page.count);
      this.#replay!.flush();
      return;
    }
    this.#reader!.close();
    this.#reader = null;
    this.#phase = 'emitting';
  }

  #aggregateFor(replaying: boolean, rows: number): RangedKernel {
    const frozen = this.#spilled?.frozen ?? false;
    const few = this.#rows <= FEW_ROWS;
    const listable = this.#suitsLocals && !frozen && rows <= MOST_ROWS;
    const key = `${replaying} ${frozen} ${few} ${listable}`;
    let kernel = this.#aggregates.get(key);
    if (kernel === undefined) {
      const input = replaying ? this.#replayInput : this.#input;
      kernel = new RangedKernel(
        input,
        (facts) => {
          const coded = listable && haveFewCodes(input, this.#params.keys, facts);
          const made = coded ? this.#codedKernel(input, few, facts) : this.#aggregateKernel(input, frozen, few, facts);
          return this.#compile([made])['aggregate']!;
        },
        this.#host,
      );
      this.#aggregates.set(key, kernel);
    }
    return kernel;
  }

  #compile(entries: readonly KernelFunction[]): Readonly<Record<string, CompiledKernel>> {
    const externs: Record<string, Extern> = {
      ...this.#table.externs,
      ...this.#strings.externs,
      ...this.#output.externs,
      ...this.#sets?.externs,
      ...this.#references?.externs,
      ...this.#spilled?.partitions.externs,
    };
    const functions = [...this.#output.functions, ...(this.#spilled?.partitions.functions ?? [])];
    return this.#host.compile(entries, externs, functions);
  }

  /** As `#search`, but what was found last by the same strings is remembered. */
  #group(context: CompileContext, onMissing: ((hash: I32) => void) | null, beforeInsert: () => void): CachedGroup {
    const keys = this.#params.keys.map((key) => context.column(key));
    const search = (): CachedGroup => this.#search(context, onMissing, beforeInsert);
    return GroupCache.suits(keys) ? this.#cache.find(context, keys, search) : search();
  }

  /**
   * Emits the finding of the group that a row belongs to; a missing one is made, or `onMissing` goes to the next row.
   */
  #search(context: CompileContext, onMissing: ((hash: I32) => void) | null, beforeInsert: () => void): CachedGroup {
    const { f } = context;
    const layout = this.#layout;
    const operands = this.#params.keys.map((key) => context.column(key));
    const array = this.#array;
    const found = array === null ? this.#findHashed(context, operands) : this.#findInArray(array, context, operands);
    const { row, hash } = found;
    f.if(i32.eqz(row), () => {
      if (onMissing !== null) {
        context.scoped(() => onMissing(hash ?? hashKeys(operands, context)));
        return;
      }
      beforeInsert();
      found.insert();
      for (const [i, key] of operands.entries()) layout.store(f, row, i, this.#strings.own(key));
      this.#set.initialise(layout, row, operands.length, context);
    });
    return { row, hash: hash ?? i32.const(0) };
  }

  #findHashed(context: CompileContext, keys: readonly Operand[]): FoundGroup {
    const hash = hashKeys(keys, context);
    const fields = keys.map((_, i) => i);
    const { row, slot } = this.#table.findKeys(context, hash, keys, this.#layout, fields);
    return { row, hash, insert: () => this.#table.insert(context.f, hash, slot, row) };
  }

  /** By hash only where the key is not in the range of the array. */
  #findInArray(array: KeyArray, context: CompileContext, keys: readonly Operand[]): FoundGroup {
    const { f } = context;
    const row = f.declare('row', 'i32');
    const hash = f.declare('hash', 'i32');
    const slot = f.declare('slot', 'i32');
    const cell = array.cell(context, keys[0]!);
    const byHash = (): void => {
      f.set(hash, hashKeys(keys, context));
      const fields = keys.map((_, i) => i);
      const found = this.#table.findKeys(context, hash, keys, this.#layout, fields);
      f.set(row, found.row);
      f.set(slot, found.slot);
    };
    f.if(
      cell,
      () => f.set(row, i32.load(cell)),
      () => context.scoped(byHash),
    );
    const takeRow = (): void => {
      this.#table.rows.take(f, row);
      f.do(i32.store(cell, row));
    };
    return { row, hash: null, insert: () => f.if(cell, takeRow, () => this.#table.insert(f, hash, slot, row)) };
  }

  /**
   * `aggregate(header, from)`: takes the rows of a batch in, or writes them to disk; gives the number of the row before
   * which memory ran short, or ALL_ROWS.
   */
  #aggregateKernel(input: RowInput, frozen: boolean, few: boolean, facts: ColumnFacts): KernelFunction {
    const { keys, phase } = this.#params;
    const set = this.#set;
    const layout = this.#layout;
    const f = fn('aggregate', { params: { header: i32, from: i32 }, result: i32 });
    this.#cache.clear(f);
    const onlyGroup = keys.length === 0 ? this.#onlyGroup(f) : null;
    const locals =
      onlyGroup !== null && this.#suitsLocals ? new LocalFields(f, layout, accumulatorsIn(layout, 0)) : null;
    locals?.read(onlyGroup!.row);
    const body = (context: CompileContext, i: I32): void => {
      const stopIfShort = (): void => f.if(i32.load(i32.address(this.#short)), () => f.return(i));
      if (this.#groupsGrow) stopIfShort();
      const spill = (hash: I32): void => {
        context.scoped(() => this.#spillRowOf(context, hash));
        f.continue();
      };
      const { row, hash } = onlyGroup ?? this.#group(context, frozen ? spill : null, stopIfShort);
      if (phase === 'final') {
        set.merge(layout, row, keys.length, (field) => context.column(keys.length + field), context);
        return;
      }
      const at = { layout: locals ?? layout, row, hash, base: keys.length, rowsAtMost: few ? FEW_ROWS : undefined };
      set.update(at, context, false, i, this.#sets);
    };
    input.forEachRow(f, f.param.header, this.#host, this.#columns, facts, body, f.param.from);
    locals?.write(onlyGroup!.row);
    f.return(i32.const(ALL_ROWS));
    return f.finish();
  }

  /** `aggregate(header, from)`, of keys that are few strings of dictionaries. */
  #codedKernel(input: RowInput, few: boolean, facts: ColumnFacts): KernelFunction {
    const { keys } = this.#params;
    const [layout, host, columns] = [this.#layout, this.#host, this.#columns];
    const rowsAtMost = few ? FEW_ROWS : undefined;
    const isShort = i32.load(i32.address(this.#short));
    return codedAggregateKernel({
      ...{ input, facts, host, keys, columns, layout },
      group: (context, stop) => this.#search(context, null, () => context.f.if(isShort, stop)).row,
      update: (fields, row, context, index) => {
        const at = { layout: fields, row, hash: i32.const(0), base: keys.length, rowsAtMost };
        this.#set.update(at, context, false, index, null);
      },
    });
  }

  /** Emits the writing of a row to its part on disk. */
  #spillRowOf(context: CompileContext, hash: I32): void {
    const { f } = context;
    const row = i32.address(this.#spillRow);
    f.do(i32.store(row, hash));
    this.#columns.forEach((column, i) => {
      this.#spillLayout.store(f, row, i, context.column(column));
    });
    this.#spilled!.partitions.write(f, row);
  }

  /** `unspill(addresses, count)`: rows of a page as rows of a batch. */
  #unspillKernel(types: readonly DataType[]): KernelFunction {
    const f = fn('unspill', { params: { addresses: i32, count: i32 } });
    const columns = this.#columns;
    forEachAddress(f, f.param.addresses, i32.const(0), f.param.count, (row) => {
      const fields = types.map((type, column) => {
        const at = columns.indexOf(column);
        return at < 0 ? nullOperand(type) : this.#spillLayout.load(row, at);
      });
      this.#replay!.append(f, fields, null);
    });
    return f.finish();
  }

  /** `empty()`: makes the one group of an aggregation without keys. */
  #emptyKernel(): KernelFunction {
    const f = fn('empty');
    if (this.#params.keys.length === 0) this.#onlyGroup(f);
    return f.finish();
  }

  /** Emits the finding, or making, of the group of an aggregation without keys. */
  #onlyGroup(f: FunctionBuilder): CachedGroup {
    return this.#search(new CompileContext(f, unreadable, this.#host, FAIL, RESERVE), null, () => {});
  }

  /** `emit(from, count)`: the groups of rows that lie one behind another. */
  #emitKernel(): KernelFunction {
    const { keys, phase } = this.#params;
    const layout = this.#layout;
    const set = this.#set;
    const f = fn('emit', { params: { from: i32, count: i32 } });
    const next = f.let('next', f.param.from);
    f.for('i', i32.const(0), f.param.count, () => {
      const row = f.let('row', next);
      f.set(next, i32.add(next, i32.const(layout.size)));
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
