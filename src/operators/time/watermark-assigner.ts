/**
 * Makes watermarks from an expression over the row. With interval 0 every row goes downstream first and then, if it
 * raises the watermark, that: a batch is cut where the watermark rises. With an interval the watermark follows the
 * whole batch. Watermarks from before are dropped but for the last one, which says that the input has ended. After
 * `idleTimeout` milliseconds without rows what follows is told not to wait for this source. Flink: WatermarkAssigner.
 */
import { assert } from '../../base/assert.ts';
import { EngineError } from '../../base/errors.ts';
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { MAX_WATERMARK } from '../../dataflow/traits.ts';
import { compileExpr } from '../../expr/compile/compile.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { asI64, bothValid, validity } from '../../expr/compile/operand.ts';
import { inputsOf } from '../../expr/expr.ts';
import { i32, i64 } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { StateWriter } from '../../state/snapshot.ts';
import type { DataType } from '../../types/data-type.ts';
import { BatchInput } from '../codegen/batch-input.ts';
import { sliceBatch } from '../codegen/batch-slice.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { defineOperator } from '../define.ts';
import type { WatermarkAssignerParams } from '../specs.ts';

export const watermarkAssigner = defineOperator('watermark-assigner', (params, spec) => {
  return new WatermarkAssigner(
    params,
    spec.inputs[0]!.fields.map((field) => field.type),
    spec.inputs[0]!.fields[params.rowtime]!.name,
  );
});

/** A row without event time, as an answer of the kernel. */
const NO_ROWTIME = -1;
const NONE = -(2n ** 63n);
/** Physical units (microseconds) in a millisecond. */
const UNIT = 1000n;

class WatermarkAssigner implements Operator {
  readonly #params: WatermarkAssignerParams;
  readonly #types: readonly DataType[];
  readonly #rowtimeName: string;
  #context!: OperatorContext;
  #host!: KernelHost;
  #header = 0;
  /** Address of the greatest watermark so far, in microseconds. */
  #state = 0;
  #scan!: CompiledKernel;
  #ended = false;
  /** When the last rows came, in milliseconds since the epoch. */
  #lastRows = 0;
  #idle = false;

  constructor(params: WatermarkAssignerParams, types: readonly DataType[], rowtimeName: string) {
    this.#params = params;
    this.#types = types;
    this.#rowtimeName = rowtimeName;
  }

  open(context: OperatorContext): void {
    this.#context = context;
    this.#lastRows = context.clock.now();
    const types = this.#types;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(types.length);
    this.#state = this.#host.allocate(8);
    const restored = context.restored?.read('watermark') ?? null;
    const watermark = restored === null ? NONE : new DataView(restored.buffer, restored.byteOffset).getBigInt64(0);
    context.memory.i64[this.#state >>> 3] = watermark;

    const { rowtime, watermark: expr } = this.#params;
    const f = fn('scan', { params: { header: i32, from: i32 }, result: i32 });
    const input = new BatchInput(f, f.param.header, types, [rowtime, ...inputsOf(expr)], false);
    const state = i32.address(this.#state);
    f.for('i', f.param.from, input.rowCount, (i) => {
      const row = new CompileContext(f, (column) => input.column(column, i), this.#host, FAIL, RESERVE);
      f.if(i32.eqz(validity(row.column(rowtime))), () => f.return(i32.const(NO_ROWTIME)));
      const value = compileExpr(expr, row);
      assert(value.physical === 'i64', `a watermark of type ${value.type.kind}`);
      const rises = bothValid(value.valid, i64.gt_s(asI64(value), i64.load(state)));
      f.if(rises!, () => {
        f.do(i64.store(state, asI64(value)));
        if (this.#params.interval === 0) f.return(i32.add(i, i32.const(1)));
      });
    });
    f.return(input.rowCount);
    this.#scan = this.#host.compile([f.finish()])['scan']!;
  }

  processBatch(batch: Batch): void {
    if (this.#params.idleTimeout > 0) {
      this.#lastRows = this.#context.clock.now();
      this.#setIdle(false);
    }
    this.#host.writeHeader(this.#header, batch);
    let from = 0;
    while (from < batch.rowCount) {
      const before = this.#watermark;
      const to = Number(this.#scan(this.#header, from));
      if (to === NO_ROWTIME) throw this.#refusal();
      this.#emitRows(batch, from, to);
      if (this.#watermark > before) this.#context.output.emitWatermark(this.#watermark);
      from = to;
    }
  }

  processWatermark(timestamp: number): void {
    if (timestamp !== MAX_WATERMARK || this.#ended) return;
    this.#ended = true;
    this.#context.output.emitWatermark(timestamp);
  }

  get nextProcessingTime(): number {
    const { idleTimeout } = this.#params;
    return idleTimeout === 0 || this.#idle || this.#ended ? Number.POSITIVE_INFINITY : this.#lastRows + idleTimeout;
  }

  onProcessingTime(): void {
    this.#setIdle(true);
  }

  endInput(): void {}

  snapshotState(writer: StateWriter): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigInt64(0, this.#context.memory.i64[this.#state >>> 3]!);
    writer.write('watermark', bytes);
  }

  close(): void {
    this.#host?.close();
  }

  /** In milliseconds, rounded down. */
  get #watermark(): number {
    const value = this.#context.memory.i64[this.#state >>> 3]!;
    return Number(value / UNIT - (value % UNIT < 0n ? 1n : 0n));
  }

  #setIdle(idle: boolean): void {
    if (idle === this.#idle) return;
    this.#idle = idle;
    this.#context.output.emitStatus?.(idle);
  }

  #emitRows(batch: Batch, from: number, to: number): void {
    if (to - from === batch.rowCount) {
      this.#context.output.emitBatch(batch);
      return;
    }
    const slice = sliceBatch(batch, from, to);
    try {
      this.#context.output.emitBatch(slice);
    } finally {
      slice.release();
    }
  }

  #refusal(): EngineError {
    return new EngineError(
      'RUN-ROWTIME-NULL',
      `RowTime field should not be null: column '${this.#rowtimeName}' of a table with a watermark is NULL`,
      { hint: 'filter such rows out before the table, or give the column a value in a computed column' },
    );
  }
}
