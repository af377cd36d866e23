/**
 * BATCH join of any type without an equality: every probe row meets every build row, which are kept whole. A probe
 * batch is worked off in parts of about PAIRS_PER_PART pairs, each of which hands its rows downstream; all but the
 * first part are left for `advance`. Flink: NestedLoopJoin.
 */
import { EngineError } from '../../base/errors.ts';
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import { inputsOf } from '../../expr/expr.ts';
import { i32 } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import { MANAGED_MEMORY_OPTION, type MemoryConsumer } from '../../memory/budget.ts';
import { formatBytes } from '../../memory/format-bytes.ts';
import type { DataType } from '../../types/data-type.ts';
import { BatchInput } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { RowStore } from '../codegen/row-store.ts';
import { StringPool } from '../codegen/string-pool.ts';
import { defineOperator } from '../define.ts';
import type { NestedLoopJoinParams } from '../specs.ts';
import { JoinCondition } from './join-condition.ts';
import { JoinPair } from './pair.ts';

export const nestedLoopJoin = defineOperator('nested-loop-join', (params, spec) => {
  const [left, right] = spec.inputs.map((schema) => schema.fields.map((field) => field.type));
  const outputTypes = spec.output.fields.map((field) => field.type);
  return new NestedLoopJoin(params, new JoinPair(params.type, params.buildSide, left!, right!), outputTypes);
});

const PAIRS_PER_PART = 1 << 20;
/** Build rows that one call of `advance` looks at. */
const ROWS_PER_STEP = 1 << 16;

/** A reserved word of each build row: whether it found a match. */
const MATCHED = 0;
const RESERVED = 8;
/** An entry of the list of blocks: address of the first row, end. The list ends with zeros. */
const BLOCK_ENTRY = 8;

class NestedLoopJoin implements Operator {
  readonly #params: NestedLoopJoinParams;
  readonly #pair: JoinPair;
  readonly #outputTypes: readonly DataType[];
  readonly #layout: RowLayout;
  #context!: OperatorContext;
  #consumer!: MemoryConsumer;
  #host!: KernelHost;
  #header = 0;
  #rows!: RowStore;
  #strings!: StringPool;
  #condition: JoinCondition | null = null;
  #output!: OutputBuffer;
  #build!: CompiledKernel;
  #probe!: CompiledKernel;
  #rest!: CompiledKernel;
  /** Address of the list of blocks, once the build side is whole. */
  #blocks = 0;
  #rowCount = 0;
  /** Probe batches that are not done, of the first one the rows from `#next` on. */
  readonly #waiting: Batch[] = [];
  #next = 0;
  #watermark: number | null = null;
  #probeEnded = false;
  #restBlock = 0;
  #restRow = 0;

  constructor(params: NestedLoopJoinParams, pair: JoinPair, outputTypes: readonly DataType[]) {
    this.#params = params;
    this.#pair = pair;
    this.#outputTypes = outputTypes;
    this.#layout = new RowLayout(pair.buildTypes, RESERVED);
  }

  get #buildInput(): number {
    return this.#pair.shape.leftIsBuild ? 0 : 1;
  }

  open(context: OperatorContext): void {
    const { memory } = context;
    const { leftTypes, rightTypes } = this.#pair;
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(Math.max(leftTypes.length, rightTypes.length));
    this.#consumer = context.budget.spillingConsumer('NestedLoopJoin', () => this.#checkSize());
    this.#rows = new RowStore(memory, this.#consumer, this.#layout.size, 'rows');
    this.#strings = new StringPool(memory, this.#consumer, 'strings');
    this.#output = new OutputBuffer(memory, context.output, this.#outputTypes, {
      capacity: 8192,
      withKinds: false,
      constants: this.#host.constants,
    });
    this.#host.strings = () => this.#output.strings();
    const { condition } = this.#params;
    if (condition !== null) this.#condition = new JoinCondition(condition);
    const kernels = this.#host.compile(
      [this.#buildKernel(), this.#probeKernel(), this.#restKernel()],
      { ...this.#rows.externs, ...this.#strings.externs, ...this.#output.externs },
      [...this.#strings.functions, ...this.#output.functions],
    );
    this.#build = kernels['build']!;
    this.#probe = kernels['probe']!;
    this.#rest = kernels['rest']!;
  }

  processBatch(batch: Batch, input: number): void {
    this.#host.writeHeader(this.#header, batch);
    if (input === this.#buildInput) {
      this.#build(this.#header);
      return;
    }
    batch.retain();
    this.#waiting.push(batch);
    if (this.#waiting.length === 1) this.#probePart();
  }

  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  processWatermark(timestamp: number): void {
    if (this.busy) this.#watermark = timestamp;
    else this.#context.output.emitWatermark(timestamp);
  }

  endInput(input: number): void {
    if (input !== this.#buildInput) {
      this.#probeEnded = true;
      return;
    }
    this.#rowCount = this.#rows.rowCount;
    this.#blocks = this.#host.allocate((this.#rows.blocks.length + 1) * BLOCK_ENTRY);
    const { u32 } = this.#context.memory;
    this.#rows.blocks.forEach((block, i) => {
      const at = (this.#blocks + i * BLOCK_ENTRY) >>> 2;
      u32[at] = block.address;
      u32[at + 1] = block.address + this.#rows.rowsIn(i, block) * this.#layout.size;
    });
  }

  /** Probe rows that wait, and after the probe side build rows that are still owed. */
  advance(): boolean {
    if (this.busy) {
      this.#probePart();
      return true;
    }
    if (!this.#pair.owesBuild || !this.#probeEnded) return false;
    const block = this.#rows.blocks[this.#restBlock];
    if (block === undefined) return false;
    const rows = Math.min(this.#rows.rowsIn(this.#restBlock) - this.#restRow, ROWS_PER_STEP);
    this.#output.begin([this.#strings.retained]);
    this.#rest(block.address + this.#restRow * this.#layout.size, rows);
    this.#output.flush();
    this.#restRow += rows;
    if (this.#restRow >= this.#rows.rowsIn(this.#restBlock)) {
      this.#restBlock++;
      this.#restRow = 0;
    }
    return this.#restBlock < this.#rows.blocks.length;
  }

  #probePart(): void {
    const [batch] = this.#waiting as [Batch];
    const to = Math.min(
      this.#next + Math.max(1, Math.floor(PAIRS_PER_PART / Math.max(this.#rowCount, 1))),
      batch.rowCount,
    );
    this.#host.writeHeader(this.#header, batch);
    this.#output.begin([batch, this.#strings.retained]);
    this.#probe(this.#header, this.#blocks, this.#next, to);
    this.#output.flush();
    this.#next = to;
    if (to < batch.rowCount) return;
    this.#waiting.shift();
    this.#next = 0;
    batch.release();
    if (this.busy || this.#watermark === null) return;
    this.#context.output.emitWatermark(this.#watermark);
    this.#watermark = null;
  }

  snapshotState(): void {
    throw new Error('a BATCH operator has no state to snapshot');
  }

  close(): void {
    for (const batch of this.#waiting.splice(0)) batch.release();
    this.#output?.close();
    this.#rows?.close();
    this.#strings?.close();
    this.#consumer?.close();
    this.#host?.close();
  }

  /** The build side cannot be spilled; it may take the whole budget, even if others have a part of it. */
  #checkSize(): void {
    const { limit } = this.#context.budget;
    if (this.#consumer.used <= limit) return;
    throw new EngineError(
      'RUN-OUT-OF-MEMORY',
      `the build side of a NestedLoopJoin exceeds the ${formatBytes(limit)} of managed memory`,
      { hint: `raise ${MANAGED_MEMORY_OPTION}, or join by an equality` },
    );
  }

  #newContext(f: FunctionBuilder, column: (index: number) => Operand): CompileContext {
    return new CompileContext(f, column, this.#host, FAIL, RESERVE);
  }

  /** `build(header)`: stores the rows. */
  #buildKernel() {
    const f = fn('build', { params: { header: i32 } });
    const types = this.#pair.buildTypes;
    const all = types.map((_, i) => i);
    const input = new BatchInput(f, f.param.header, types, all, false);
    f.for('i', i32.const(0), input.rowCount, (i) => {
      const context = this.#newContext(f, (column) => input.column(column, i));
      const row = this.#rows.append(f);
      for (const column of all) this.#layout.store(f, row, column, this.#strings.own(context.column(column)));
      f.do(i32.store(row, i32.const(0), MATCHED));
    });
    return f.finish();
  }

  /** `probe(header, blocks, from, to)`: these rows of the batch meet every build row. */
  #probeKernel() {
    const { nullAware } = this.#params;
    const pair = this.#pair;
    const { shape } = pair;
    const condition = this.#condition;
    const f = fn('probe', { params: { header: i32, blocks: i32, from: i32, to: i32 } });
    const types = pair.probeTypes;
    const inCondition = this.#params.condition === null ? [] : pair.probeColumns(inputsOf(this.#params.condition));
    const used = pair.buildComesOut ? inCondition : types.map((_, i) => i);
    const input = new BatchInput(f, f.param.header, types, used, false);
    const stopsAtFirst = (shape.semi || shape.anti) && !shape.leftIsBuild;
    f.for('i', f.param.from, f.param.to, (i) => {
      const context = this.#newContext(f, (column) => input.column(column, i));
      const readProbe = (column: number): Operand => context.column(column);
      const matched = f.let('matched', i32.const(0));
      const block = f.let('block', f.param.blocks);
      const [row, end] = [f.declare('row', 'i32'), f.declare('end', 'i32')];
      const label = f.freshLabel('blocks');
      // Columns that the condition reads are loaded once per probe row.
      for (const column of inCondition) context.column(column);
      f.loop({
        label,
        condition: i32.load(block),
        body: () => {
          f.set(row, i32.load(block));
          f.set(end, i32.load(block, 4));
          f.loop({
            condition: i32.ne(row, end),
            body: () => {
              context.scoped(() => {
                const readBuild = (field: number): Operand =>
                  context.remembered(`build ${field}`, () => context.bind(this.#layout.load(row, field), `b${field}`));
                const found = (): void => {
                  f.set(matched, i32.const(1));
                  if (shape.keepsBuild || shape.leftIsBuild) f.do(i32.store(row, i32.const(1), MATCHED));
                  if (stopsAtFirst) f.break(label);
                  else if (!shape.semi && !shape.anti) {
                    context.scoped(() => this.#output.append(f, pair.fields(readProbe, readBuild), null));
                  }
                };
                if (condition === null) {
                  found();
                  return;
                }
                const over = pair.over(context, readProbe, readBuild);
                f.if(nullAware ? condition.mayHold(over) : condition.holds(over), found);
              });
            },
            step: () => f.set(row, i32.add(row, i32.const(this.#layout.size))),
          });
        },
        step: () => f.set(block, i32.add(block, i32.const(BLOCK_ENTRY))),
      });
      if (pair.buildComesOut) return;
      const alone = (): void => context.scoped(() => this.#output.append(f, pair.fields(readProbe, null), null));
      if (shape.semi) f.if(matched, alone);
      else if (shape.anti || shape.keepsProbe) f.if(i32.eqz(matched), alone);
    });
    return f.finish();
  }

  /** `rest(from, rows)`: build rows that found no match; for SEMI those that did. */
  #restKernel() {
    const f = fn('rest', { params: { from: i32, rows: i32 } });
    const row = f.let('row', f.param.from);
    f.for('i', i32.const(0), f.param.rows, () => {
      const context = this.#newContext(f, (field) => this.#layout.load(row, field));
      const matched = i32.load(row, MATCHED);
      f.if(this.#pair.shape.semi ? matched : i32.eqz(matched), () => {
        context.scoped(() => {
          this.#output.append(
            f,
            this.#pair.fields(null, (field) => context.column(field)),
            null,
          );
        });
      });
      f.set(row, i32.add(row, i32.const(this.#layout.size)));
    });
    return f.finish();
  }
}
