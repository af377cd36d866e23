/**
 * BATCH ROW_NUMBER, RANK and DENSE_RANK within a range, over input that comes sorted by partition and order: only the
 * last row and three counters are kept. Flink: Rank (BatchPhysicalRank).
 */
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { type Operand, operand } from '../../expr/compile/operand.ts';
import { i32, i64 } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import { BIGINT, type DataType } from '../../types/data-type.ts';
import { BatchInput } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { sameKeys } from '../codegen/keys.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { StringHeap } from '../codegen/string-heap.ts';
import { defineOperator } from '../define.ts';
import type { BatchRankParams } from '../specs.ts';

export const batchRank = defineOperator('batch-rank', (params, spec) => {
  const types = spec.inputs[0]!.fields.map((field) => field.type);
  const outputTypes = spec.output.fields.map((field) => field.type);
  return new BatchRank(params, types, outputTypes);
});

/** Words of the state: whether there was a row, then rank and row number within the partition (64 bits each). */
const STARTED = 0;
const RANK = 8;
const NUMBER = 16;
const STATE_BYTES = 24;

class BatchRank implements Operator {
  readonly #params: BatchRankParams;
  readonly #types: readonly DataType[];
  readonly #outputTypes: readonly DataType[];
  #context!: OperatorContext;
  #consumer!: MemoryConsumer;
  #host!: KernelHost;
  #header = 0;
  #state = 0;
  #strings!: StringHeap;
  #output!: OutputBuffer;
  #kernel!: CompiledKernel;

  constructor(params: BatchRankParams, types: readonly DataType[], outputTypes: readonly DataType[]) {
    this.#params = params;
    this.#types = types;
    this.#outputTypes = outputTypes;
  }

  open(context: OperatorContext): void {
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(this.#types.length);
    this.#state = this.#host.allocate(STATE_BYTES);
    // One row's keys: so little that it is taken whoever has the budget.
    this.#consumer = context.budget.spillingConsumer('Rank', () => {});
    this.#strings = new StringHeap(context.memory, this.#consumer);
    this.#output = new OutputBuffer(context.memory, context.output, this.#outputTypes, {
      capacity: 8192,
      withKinds: false,
      constants: this.#host.constants,
    });
    this.#kernel = this.#host.compile(
      [this.#rankKernel()],
      { ...this.#strings.externs, ...this.#output.externs },
      this.#output.functions,
    )['rank']!;
  }

  processBatch(batch: Batch): void {
    this.#host.writeHeader(this.#header, batch);
    this.#output.begin([batch]);
    this.#kernel(this.#header);
    this.#output.flush();
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {}

  snapshotState(): void {
    throw new Error('a BATCH operator has no state to snapshot');
  }

  close(): void {
    this.#output?.close();
    this.#strings?.close();
    this.#consumer?.close();
    this.#host?.close();
  }

  /** `rank(header)`: numbers the rows and appends those within the range. */
  #rankKernel() {
    const { rankType, partitionKeys, ordering, rankStart, rankEnd, outputRankNumber } = this.#params;
    const orderKeys = rankType === 'ROW_NUMBER' ? [] : ordering.map((field) => field.index);
    const keys = [...partitionKeys, ...orderKeys];
    const layout = new RowLayout(keys.map((key) => this.#types[key]!));
    const last = i32.address(this.#host.allocate(layout.size));
    const state = i32.address(this.#state);
    const f = fn('rank', { params: { header: i32 } });
    const all = this.#types.map((_, i) => i);
    const input = new BatchInput(f, f.param.header, this.#types, all, false);
    f.for('i', i32.const(0), input.rowCount, (i) => {
      const context = new CompileContext(f, (column) => input.column(column, i), this.#host, FAIL, RESERVE);
      const same = (columns: readonly number[], offset: number) =>
        sameKeys(
          columns.map((key) => context.column(key)),
          columns.map((_, at) => context.bind(layout.load(last, offset + at), 'k')),
          context,
        );
      const continues = f.let('continues', i32.load(state, STARTED));
      f.if(continues, () => context.scoped(() => f.set(continues, same(partitionKeys, 0))));
      const ties = f.let('ties', i32.const(0));
      if (rankType !== 'ROW_NUMBER') {
        f.if(continues, () => context.scoped(() => f.set(ties, same(orderKeys, partitionKeys.length))));
      }
      f.if(i32.eqz(continues), () => {
        f.do(i64.store(state, i64.const(0), RANK));
        f.do(i64.store(state, i64.const(0), NUMBER));
      });
      const number = f.let('number', i64.add(i64.load(state, NUMBER), i64.const(1)));
      f.do(i64.store(state, number, NUMBER));
      const rank = f.let('rank', i64.load(state, RANK));
      f.if(i32.eqz(ties), () => {
        f.set(rank, rankType === 'DENSE_RANK' ? i64.add(rank, i64.const(1)) : number);
        f.do(i64.store(state, rank, RANK));
      });
      // The last row's keys only change where a key does.
      context.branch(i32.eqz(rankType === 'ROW_NUMBER' ? continues : ties), () => {
        f.if(i32.load(state, STARTED), () => this.#strings.releaseRow(f, layout, last));
        keys.forEach((key, at) => {
          layout.store(f, last, at, this.#strings.own(context.column(key)));
        });
        f.do(i32.store(state, i32.const(1), STARTED));
      });
      const within = f.let('within', i64.ge_s(rank, i64.const(rankStart)));
      if (rankEnd !== null) f.set(within, i32.and(within, i64.le_s(rank, i64.const(rankEnd))));
      f.if(within, () => {
        context.scoped(() => {
          const fields: Operand[] = all.map((column) => context.column(column));
          const numbered = outputRankNumber ? [operand({ ...BIGINT, nullable: false }, rank, null)] : [];
          this.#output.append(f, [...fields, ...numbered], null);
        });
      });
    });
    return f.finish();
  }
}
