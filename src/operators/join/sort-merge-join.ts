/**
 * BATCH join of any type on equal keys: both inputs are sorted by them, on disk beyond the budget, and merged. The
 * right rows of one key are looked through again for every left row with it; they are in memory together. Rows whose
 * key cannot match never enter the sort. Flink: SortMergeJoin.
 */
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import type { Ordering } from '../../dataflow/traits.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import { call, type I32, i32, type Variable } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { DataType } from '../../types/data-type.ts';
import { BatchInput } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { compareRows } from '../codegen/ordering.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { defineOperator } from '../define.ts';
import { ExternalSort, type SortedChunk } from '../sort/external-sort.ts';
import type { SortMergeJoinParams } from '../specs.ts';
import { joinable } from './build-table.ts';
import { JoinCondition } from './join-condition.ts';
import { JoinPair } from './pair.ts';

export const sortMergeJoin = defineOperator('sort-merge-join', (params, spec) => {
  const [left, right] = spec.inputs.map((schema) => schema.fields.map((field) => field.type));
  const outputTypes = spec.output.fields.map((field) => field.type);
  return new SortMergeJoin(params, new JoinPair(params.type, 'right', left!, right!), outputTypes);
});

/** Pairs that one call of `advance` looks at, about. */
const PAIRS_PER_STEP = 1 << 16;

/** A reserved word of each row: whether a right row found a match. */
const MATCHED = 0;
const RESERVED = 8;

/** Words of the state, for left and right: addresses of the window's rows, position, end, whether no rows follow. */
const WINDOW = { addresses: 0, position: 4, end: 8, last: 12 } as const;
const WINDOW_BYTES = 16;

/** Why the merge stopped. */
const DONE = 0;
const NEEDS_LEFT = 1;
const NEEDS_RIGHT = 2;
const WORKED = 3;

class SortMergeJoin implements Operator {
  readonly #params: SortMergeJoinParams;
  readonly #pair: JoinPair;
  readonly #outputTypes: readonly DataType[];
  /** By input: left, right. */
  readonly #layouts: readonly RowLayout[];
  #context!: OperatorContext;
  #host!: KernelHost;
  #header = 0;
  #sorts: ExternalSort[] = [];
  #windows: (SortedChunk | null)[] = [null, null];
  /** Addresses of the windows' states. */
  #states: number[] = [];
  #condition: JoinCondition | null = null;
  #output!: OutputBuffer;
  #appends: CompiledKernel[] = [];
  #merge!: CompiledKernel;
  #compareSides!: KernelFunction;
  #compareRight!: KernelFunction;
  #openInputs = 2;

  constructor(params: SortMergeJoinParams, pair: JoinPair, outputTypes: readonly DataType[]) {
    this.#params = params;
    this.#pair = pair;
    this.#outputTypes = outputTypes;
    this.#layouts = [new RowLayout(pair.leftTypes, RESERVED), new RowLayout(pair.rightTypes, RESERVED)];
  }

  open(context: OperatorContext): void {
    const { memory } = context;
    const { leftTypes, rightTypes } = this.#pair;
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(Math.max(leftTypes.length, rightTypes.length));
    this.#states = [this.#host.allocate(WINDOW_BYTES), this.#host.allocate(WINDOW_BYTES)];
    this.#output = new OutputBuffer(memory, context.output, this.#outputTypes, {
      capacity: 8192,
      withKinds: false,
      constants: this.#host.constants,
    });
    this.#host.strings = () => this.#output.strings();
    const { condition } = this.#params;
    if (condition !== null) this.#condition = new JoinCondition(condition);
    for (const input of [0, 1]) {
      this.#sorts.push(
        new ExternalSort(context, {
          name: input === 0 ? 'left' : 'right',
          consumer: 'SortMergeJoin',
          layout: this.#layouts[input]!,
          ordering: this.#keys(input).map((index): Ordering[number] => ({ index, direction: 'ASC', nulls: 'FIRST' })),
          limit: null,
        }),
      );
    }
    this.#compareSides = this.#compareFunction('compare_sides', 0, 1);
    this.#compareRight = this.#compareFunction('compare_right', 1, 1);
    const [left, right] = this.#sorts;
    const kernels = this.#host.compile(
      [this.#appendKernel('append_left', 0), this.#appendKernel('append_right', 1), this.#mergeKernel()],
      { ...left!.externs, ...right!.externs, ...this.#output.externs },
      [this.#compareSides, this.#compareRight, ...left!.functions, ...right!.functions, ...this.#output.functions],
    );
    this.#appends = [kernels['append_left']!, kernels['append_right']!];
    this.#merge = kernels['merge']!;
  }

  processBatch(batch: Batch, input: number): void {
    this.#host.writeHeader(this.#header, batch);
    this.#output.begin([batch]);
    let from = 0;
    while (from < batch.rowCount) {
      from = Number(this.#appends[input]!(this.#header, from));
      this.#sorts[input]!.relieve();
    }
    this.#output.flush();
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(input: number): void {
    this.#sorts[input]!.finish();
    this.#openInputs--;
  }

  advance(): boolean {
    if (this.#openInputs > 0) return false;
    for (const sort of this.#sorts) if (sort.step()) return true;
    for (const input of [0, 1]) if (this.#windows[input] === null) this.#slide(input);
    this.#output.begin([this.#windows[0]!.strings, this.#windows[1]!.strings]);
    const answer = Number(this.#merge(PAIRS_PER_STEP));
    this.#output.flush();
    if (answer === NEEDS_LEFT) this.#slide(0);
    if (answer === NEEDS_RIGHT) this.#slide(1);
    return answer !== DONE;
  }

  snapshotState(): void {
    throw new Error('a BATCH operator has no state to snapshot');
  }

  close(): void {
    this.#output?.close();
    for (const sort of this.#sorts) sort.close();
    this.#host?.close();
  }

  #keys(input: number): readonly number[] {
    return input === 0 ? this.#params.leftKeys : this.#params.rightKeys;
  }

  /** Drops the rows before the position and brings more in. */
  #slide(input: number): void {
    const word = this.#states[input]! >>> 2;
    const consumed = this.#context.memory.u32[word + (WINDOW.position >>> 2)]!;
    const window = this.#sorts[input]!.slide(consumed);
    this.#windows[input] = window;
    const { u32 } = this.#context.memory;
    u32[word + (WINDOW.addresses >>> 2)] = window.addresses;
    u32[word + (WINDOW.position >>> 2)] = 0;
    u32[word + (WINDOW.end >>> 2)] = window.count;
    u32[word + (WINDOW.last >>> 2)] = window.last ? 1 : 0;
  }

  #newContext(f: FunctionBuilder, column: (index: number) => Operand): CompileContext {
    return new CompileContext(f, column, this.#host, FAIL, RESERVE);
  }

  /** `append(header, from)`: stores rows; gives where it stopped. Rows that cannot match come out at once, or never. */
  #appendKernel(name: string, input: number) {
    const { shape, leftTypes, rightTypes } = this.#pair;
    const types = input === 0 ? leftTypes : rightTypes;
    const sort = this.#sorts[input]!;
    const f = fn(name, { params: { header: i32, from: i32 }, result: i32 });
    const all = types.map((_, i) => i);
    const batch = new BatchInput(f, f.param.header, types, all, false);
    f.for('i', f.param.from, batch.rowCount, (i) => {
      const context = this.#newContext(f, (column) => batch.column(column, i));
      const read = (column: number): Operand => context.column(column);
      const can = joinable(this.#keys(input).map(read), this.#params.nullSafe);
      if (can !== null) {
        f.if(i32.eqz(can), () => {
          const emit = (fields: readonly Operand[]): void => this.#output.append(f, fields, null);
          if (input === 0 && (shape.keepsProbe || shape.anti)) emit(this.#pair.fields(read, null));
          if (input === 1 && shape.keepsBuild) emit(this.#pair.fields(null, read));
          f.continue();
        });
      }
      const row = sort.store(f, all.map(read));
      f.do(i32.store(row, i32.const(0), MATCHED));
      f.if(sort.short(), () => f.return(i32.add(i, i32.const(1))));
    });
    f.return(batch.rowCount);
    return f.finish();
  }

  /** `name(x, y)`: the order of the keys of two rows. */
  #compareFunction(name: string, inputOfX: number, inputOfY: number): KernelFunction {
    const f = fn(name, { params: { x: i32, y: i32 }, result: i32 });
    const load = (row: I32, input: number) => (key: number) => this.#layouts[input]!.load(row, this.#keys(input)[key]!);
    const ordering = this.#params.leftKeys.map((_, index): Ordering[number] => ({
      index,
      direction: 'ASC',
      nulls: 'FIRST',
    }));
    const context = this.#newContext(f, load(f.param.x, inputOfX));
    f.return(compareRows(ordering, load(f.param.x, inputOfX), load(f.param.y, inputOfY), context));
    return f.finish();
  }

  /** `merge(budget)`: goes on until a window is used up, the budget is spent or all is done; says which. */
  #mergeKernel() {
    const { shape } = this.#pair;
    const f = fn('merge', { params: { budget: i32 }, result: i32 });
    const { budget } = f.param;
    const left = new Window(f, this.#states[0]!);
    const right = new Window(f, this.#states[1]!);
    const stop = (answer: number): void => {
      left.save(f);
      right.save(f);
      f.return(i32.const(answer));
    };
    const keepsLeft = shape.keepsProbe || shape.anti;
    f.loop({
      body: () => {
        f.if(i32.le_s(budget, i32.const(0)), () => stop(WORKED));
        f.set(budget, i32.sub(budget, i32.const(1)));
        f.if(i32.eq(left.position, left.end), () => {
          f.if(i32.eqz(left.last), () => stop(NEEDS_LEFT));
          if (!shape.keepsBuild) {
            stop(DONE);
            return;
          }
          f.if(i32.eq(right.position, right.end), () => {
            f.if(i32.eqz(right.last), () => stop(NEEDS_RIGHT));
            stop(DONE);
          });
          this.#finishRight(f, right.row(f));
          right.next(f);
          f.continue();
        });
        f.if(i32.eq(right.position, right.end), () => {
          f.if(i32.eqz(right.last), () => stop(NEEDS_RIGHT));
          if (!keepsLeft) {
            stop(DONE);
            return;
          }
          this.#emitLeft(f, left.row(f));
          left.next(f);
          f.continue();
        });
        const order = f.let('order', call(this.#compareSides, left.row(f), right.row(f)) as I32);
        f.if(i32.lt_s(order, i32.const(0)), () => {
          if (keepsLeft) this.#emitLeft(f, left.row(f));
          left.next(f);
          f.continue();
        });
        f.if(i32.gt_s(order, i32.const(0)), () => {
          if (shape.keepsBuild) this.#finishRight(f, right.row(f));
          right.next(f);
          f.continue();
        });
        this.#meet(f, left, right, budget, stop);
      },
    });
    f.return(i32.const(DONE));
    return f.finish();
  }

  /** Left rows with the key of the right row at the position meet all right rows with it. */
  #meet(
    f: FunctionBuilder,
    left: Window,
    right: Window,
    budget: Variable<'i32'>,
    stop: (answer: number) => void,
  ): void {
    const first = f.let('first', right.row(f));
    const end = f.let('group_end', i32.add(right.position, i32.const(1)));
    const group = f.freshLabel('group');
    f.loop({
      label: group,
      condition: i32.lt_s(end, right.end),
      body: () => f.if(call(this.#compareRight, first, right.rowAt(end)) as I32, () => f.break(group)),
      step: () => f.set(end, i32.add(end, i32.const(1))),
    });
    f.if(i32.and(i32.eq(end, right.end), i32.eqz(right.last)), () => stop(NEEDS_RIGHT));
    const peers = f.freshLabel('peers');
    f.loop({
      label: peers,
      condition: i32.lt_s(left.position, left.end),
      body: () => {
        const row = f.let('peer', left.row(f));
        f.if(call(this.#compareSides, row, first) as I32, () => f.break(peers));
        this.#pairsOf(f, row, right, end);
        left.next(f);
        f.set(budget, i32.sub(budget, i32.sub(end, right.position)));
        f.if(i32.le_s(budget, i32.const(0)), () => stop(WORKED));
      },
    });
  }

  #pairsOf(f: FunctionBuilder, leftRow: I32, right: Window, end: I32): void {
    const { semi, anti, keepsBuild, keepsProbe } = this.#pair.shape;
    const context = this.#newContext(f, (field) => this.#layouts[0]!.load(leftRow, field));
    const readLeft = (field: number): Operand => context.column(field);
    const matched = f.let('matched', i32.const(0));
    const label = f.freshLabel('rows');
    f.for(
      'j',
      right.position,
      end,
      (j) => {
        context.scoped(() => {
          const row = f.let('right_row', right.rowAt(j));
          const readRight = (field: number): Operand =>
            context.remembered(`right ${field}`, () => context.bind(this.#layouts[1]!.load(row, field), 'r'));
          const found = (): void => {
            f.set(matched, i32.const(1));
            if (keepsBuild) f.do(i32.store(row, i32.const(1), MATCHED));
            if (semi || anti) f.break(label);
            else this.#output.append(f, this.#pair.fields(readLeft, readRight), null);
          };
          if (this.#condition === null) found();
          else f.if(this.#condition.holds(this.#pair.over(context, readLeft, readRight)), found);
        });
      },
      1,
      label,
    );
    const alone = (): void => this.#output.append(f, this.#pair.fields(readLeft, null), null);
    if (semi) f.if(matched, alone);
    else if (anti || keepsProbe) f.if(i32.eqz(matched), alone);
  }

  #emitLeft(f: FunctionBuilder, row: I32): void {
    const read = (field: number): Operand => this.#layouts[0]!.load(row, field);
    this.#output.append(f, this.#pair.fields(read, null), null);
  }

  /** Nothing more will match the right row. */
  #finishRight(f: FunctionBuilder, row: I32): void {
    const read = (field: number): Operand => this.#layouts[1]!.load(row, field);
    f.if(i32.eqz(i32.load(row, MATCHED)), () => this.#output.append(f, this.#pair.fields(null, read), null));
  }
}

/** The rows of one side that are in memory, in locals. */
class Window {
  readonly position: Variable<'i32'>;
  readonly end: Variable<'i32'>;
  readonly last: Variable<'i32'>;
  readonly #addresses: Variable<'i32'>;
  readonly #state: I32;

  constructor(f: FunctionBuilder, state: number) {
    this.#state = i32.address(state);
    this.#addresses = f.let('addresses', i32.load(this.#state, WINDOW.addresses));
    this.position = f.let('position', i32.load(this.#state, WINDOW.position));
    this.end = f.let('end', i32.load(this.#state, WINDOW.end));
    this.last = f.let('last', i32.load(this.#state, WINDOW.last));
  }

  rowAt(index: I32): I32 {
    return i32.load(i32.add(this.#addresses, i32.shl(index, i32.const(2))));
  }

  /** The row at the position, in a local. */
  row(f: FunctionBuilder): Variable<'i32'> {
    return f.let('row', this.rowAt(this.position));
  }

  next(f: FunctionBuilder): void {
    f.set(this.position, i32.add(this.position, i32.const(1)));
  }

  save(f: FunctionBuilder): void {
    f.do(i32.store(this.#state, this.position, WINDOW.position));
  }
}
