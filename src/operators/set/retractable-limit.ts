/**
 * LIMIT over rows that may be taken back. All rows are kept in a list in order of arrival, and in a hash table by their
 * whole contents, equal ones chained behind the first, so that taking back the first equal row costs the same wherever
 * it is.
 */
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import { and, type I32, i32, i64, or, select, type Variable } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { StateWriter } from '../../state/snapshot.ts';
import type { DataType } from '../../types/data-type.ts';
import { RowKind } from '../../types/row-kind.ts';
import { BatchInput, isRetraction } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { hashKeys } from '../codegen/keys.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { readRows, writeRows } from '../codegen/row-snapshot.ts';
import { type FoundRow, RowTable } from '../codegen/row-table.ts';
import { StringHeap } from '../codegen/string-heap.ts';
import type { LimitParams } from '../specs.ts';

/** Reserved words of a row: neighbours in order of arrival, next equal row, last equal row (in the first), number. */
const PREVIOUS = 0;
const NEXT = 4;
const EQUAL = 8;
const LAST_EQUAL = 12;
const NUMBER = 16;
const RESERVED = 24;

/** Words of the state: ends of the list, rows at the first and the last rank of the limit or 0, count, next number. */
const HEAD = 0;
const TAIL = 4;
const FIRST = 8;
const LAST = 12;
const COUNT = 16;
const NUMBERS = 24;
const STATE_BYTES = 32;

/** Where a row's contents are in the table: `row` is the first equal row or 0. */
interface Found extends FoundRow {
  readonly fields: readonly Operand[];
}

export class RetractableLimit implements Operator {
  readonly #params: LimitParams;
  readonly #types: readonly DataType[];
  readonly #layout: RowLayout;
  #context!: OperatorContext;
  #consumer!: MemoryConsumer;
  #host!: KernelHost;
  #header = 0;
  #state = 0;
  #table!: RowTable;
  #strings!: StringHeap;
  #output!: OutputBuffer;
  #process!: CompiledKernel;

  constructor(params: LimitParams, types: readonly DataType[]) {
    this.#params = params;
    this.#types = types;
    this.#layout = new RowLayout(types, RESERVED);
  }

  open(context: OperatorContext): void {
    const { memory } = context;
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(this.#types.length);
    this.#state = this.#host.allocate(STATE_BYTES);
    // All rows are one list, which is not moved to disk: it goes beyond the budget rather than fail.
    this.#consumer = context.budget.spillingConsumer('Limit', () => {});
    this.#table = new RowTable(context, this.#consumer, { rowSize: this.#layout.size, name: 'rows' });
    this.#strings = new StringHeap(memory, this.#consumer);
    this.#output = new OutputBuffer(memory, context.output, this.#types, {
      capacity: 2048,
      withKinds: true,
      copyStrings: true,
    });
    const kernels = this.#host.compile(
      [this.#processKernel(), this.#adoptKernel()],
      { ...this.#table.externs, ...this.#strings.externs, ...this.#output.externs },
      this.#output.functions,
    );
    this.#process = kernels['process']!;
    const state = context.restored?.read('rows') ?? null;
    if (state !== null) readRows(state, memory, this.#layout, (row) => kernels['adopt']!(row));
  }

  processBatch(batch: Batch): void {
    this.#host.writeHeader(this.#header, batch);
    this.#output.begin();
    this.#process(this.#header);
    this.#output.flush();
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {}

  snapshotState(writer: StateWriter): void {
    writer.write('rows', writeRows(this.#context.memory, this.#layout, this.#rows()));
  }

  close(): void {
    this.#output?.close();
    this.#table?.close();
    this.#strings?.close();
    this.#consumer?.close();
    this.#host?.close();
  }

  /** Addresses in order of arrival. */
  *#rows(): Generator<number> {
    const { memory } = this.#context;
    let row = memory.u32[(this.#state + HEAD) >>> 2]!;
    while (row !== 0) {
      yield row;
      row = memory.u32[(row + NEXT) >>> 2]!;
    }
  }

  #get(word: number): I32 {
    return i32.load(i32.address(this.#state), word);
  }

  #set(f: FunctionBuilder, word: number, value: I32): void {
    f.do(i32.store(i32.address(this.#state), value, word));
  }

  #newContext(f: FunctionBuilder, column: (index: number) => Operand): CompileContext {
    return new CompileContext(f, column, this.#host, FAIL, RESERVE);
  }

  #find(context: CompileContext): Found {
    const fields = this.#types.map((_, i) => context.column(i));
    const hash = hashKeys(fields, context);
    const all = this.#types.map((_, i) => i);
    return { ...this.#table.findKeys(context, hash, fields, this.#layout, all), fields };
  }

  /** `process(header)` */
  #processKernel() {
    const f = fn('process', { params: { header: i32 } });
    const all = this.#types.map((_, i) => i);
    const input = new BatchInput(f, f.param.header, this.#types, all, true);
    f.for('i', i32.const(0), input.rowCount, (i) => {
      const context = this.#newContext(f, (column) => input.column(column, i));
      const kind = f.let('kind', input.kind(i));
      const found = this.#find(context);
      const retraction = isRetraction(kind);
      context.branch(
        retraction,
        () => f.if(found.row, () => this.#remove(f, found.row, found.slot)),
        () => {
          const inLimit = this.#insert(f, found);
          f.if(inLimit, () => this.#output.append(f, found.fields, i32.const(RowKind.INSERT)));
        },
      );
    });
    return f.finish();
  }

  /** `adopt(row)`: takes a row in again that went out before. */
  #adoptKernel() {
    const f = fn('adopt', { params: { row: i32 } });
    const context = this.#newContext(f, (field) => this.#layout.load(f.param.row, field));
    this.#insert(f, this.#find(context));
    return f.finish();
  }

  /** @returns 1 where the new row is within the limit */
  #insert(f: FunctionBuilder, { row: same, slot, hash, fields }: Found): I32 {
    const row = f.declare('inserted', 'i32');
    f.if(
      same,
      () => {
        this.#table.rows.take(f, row);
        f.do(i32.store(i32.load(same, LAST_EQUAL), row, EQUAL));
        f.do(i32.store(same, row, LAST_EQUAL));
      },
      () => {
        this.#table.insert(f, hash, slot, row);
        f.do(i32.store(row, row, LAST_EQUAL));
      },
    );
    f.do(i32.store(row, i32.const(0), EQUAL));
    fields.forEach((field, i) => {
      this.#layout.store(f, row, i, this.#strings.own(field));
    });
    const tail = f.let('tail', this.#get(TAIL));
    f.do(i32.store(row, tail, PREVIOUS));
    f.do(i32.store(row, i32.const(0), NEXT));
    f.if(
      tail,
      () => f.do(i32.store(tail, row, NEXT)),
      () => this.#set(f, HEAD, row),
    );
    this.#set(f, TAIL, row);
    const state = i32.address(this.#state);
    f.do(i64.store(row, i64.load(state, NUMBERS), NUMBER));
    f.do(i64.store(state, i64.add(i64.load(state, NUMBERS), i64.const(1)), NUMBERS));
    const { offset, fetch } = this.#params;
    const rank = f.let('rank', i32.add(this.#get(COUNT), i32.const(1)));
    this.#set(f, COUNT, rank);
    f.if(i32.eq(rank, i32.const(offset + 1)), () => this.#set(f, FIRST, row));
    if (fetch === null) return i32.gt_u(rank, i32.const(offset));
    f.if(i32.eq(rank, i32.const(offset + fetch)), () => this.#set(f, LAST, row));
    return i32.and(i32.gt_u(rank, i32.const(offset)), i32.le_u(rank, i32.const(offset + fetch)));
  }

  #append(f: FunctionBuilder, row: I32, kind: number): void {
    const fields = this.#types.map((_, i) => this.#layout.load(row, i));
    this.#output.append(f, fields, i32.const(kind));
  }

  #remove(f: FunctionBuilder, row: Variable<'i32'>, slot: Variable<'i32'>): void {
    const number = f.let('number', i64.load(row, NUMBER));
    const first = f.let('first', this.#get(FIRST));
    const last = f.let('last', this.#get(LAST));
    const reachesLimit = or(i32.eqz(last), i64.le_s(number, i64.load(last, NUMBER)));
    f.if(and(i32.ne(first, i32.const(0)), reachesLimit), () => {
      if (this.#params.offset === 0) this.#moveOneUp(f, row, last);
      else this.#moveAllUp(f, row, number, first, last);
      f.if(i64.le_s(number, i64.load(first, NUMBER)), () => this.#set(f, FIRST, i32.load(first, NEXT)));
      f.if(last, () => this.#set(f, LAST, i32.load(last, NEXT)));
    });
    this.#set(f, COUNT, i32.sub(this.#get(COUNT), i32.const(1)));
    const [previous, next] = [f.let('previous', i32.load(row, PREVIOUS)), f.let('next', i32.load(row, NEXT))];
    f.if(
      previous,
      () => f.do(i32.store(previous, next, NEXT)),
      () => this.#set(f, HEAD, next),
    );
    f.if(
      next,
      () => f.do(i32.store(next, previous, PREVIOUS)),
      () => this.#set(f, TAIL, previous),
    );
    this.#strings.releaseRow(f, this.#layout, row);
    const equal = f.let('equal', i32.load(row, EQUAL));
    f.if(
      equal,
      () => {
        f.do(i32.store(equal, i32.load(row, LAST_EQUAL), LAST_EQUAL));
        f.do(i32.store(slot, equal, 4));
        this.#table.rows.free(f, row);
      },
      () => this.#table.remove(f, slot, row),
    );
  }

  /** The row leaves the limit, the one behind the last enters. */
  #moveOneUp(f: FunctionBuilder, row: I32, last: Variable<'i32'>): void {
    this.#append(f, row, RowKind.DELETE);
    const entering = f.let('entering', i32.const(0));
    f.if(last, () => f.set(entering, i32.load(last, NEXT)));
    f.if(entering, () => this.#append(f, entering, RowKind.INSERT));
  }

  /** Every rank from that of the row on gets the row behind it. */
  #moveAllUp(
    f: FunctionBuilder,
    row: Variable<'i32'>,
    number: Variable<'i64'>,
    first: Variable<'i32'>,
    last: Variable<'i32'>,
  ): void {
    const at = f.let('at', select(i64.ge_s(number, i64.load(first, NUMBER)), row, first));
    const next = f.declare('following', 'i32');
    const label = f.freshLabel('ranks');
    f.loop({
      label,
      body: () => {
        f.set(next, i32.load(at, NEXT));
        f.if(i32.eqz(next), () => {
          this.#append(f, at, RowKind.DELETE);
          f.break(label);
        });
        if (this.#params.generateUpdateBefore) this.#append(f, at, RowKind.UPDATE_BEFORE);
        this.#append(f, next, RowKind.UPDATE_AFTER);
        f.if(i32.eq(at, last), () => f.break(label));
        f.set(at, next);
      },
    });
  }
}
