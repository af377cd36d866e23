/**
 * BATCH hash join of every type: the build side is kept whole and indexed once it has ended, then each probe row is looked
 * up. Flink: HashJoin (ShuffleHashJoin, BroadcastHashJoin).
 */
import type { Batch } from '../../columnar/batch.ts';
import { StringArena } from '../../columnar/string-arena.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { compilePredicate } from '../../expr/compile/compile.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { nullOperand, type Operand } from '../../expr/compile/operand.ts';
import { inputsOf } from '../../expr/expr.ts';
import { type I32, i32, i64 } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { DataType } from '../../types/data-type.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { hashKeys } from '../codegen/keys.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { RangedKernel, type Ranges, RowInput } from '../codegen/row-input.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { RowStore } from '../codegen/row-store.ts';
import { defineOperator } from '../define.ts';
import type { HashJoinParams } from '../specs.ts';
import {
  HASH,
  isIntegerKey,
  type JoinIndex,
  JoinIndexBuilder,
  joinable,
  keyAsI64,
  linkKernel,
  lookup,
  MATCHED,
  NEXT,
  RESERVED,
} from './build-table.ts';
import { HeldBatches } from './held-batches.ts';
import { type JoinShape, joinShape } from './sides.ts';

export const hashJoin = defineOperator('hash-join', (params, spec) => {
  return new HashJoin(
    params,
    new RowInput(spec, 0),
    new RowInput(spec, 1),
    spec.output.fields.map((field) => field.type),
  );
});

/** Build rows that one call of `advance` looks at. */
const ROWS_PER_STEP = 1 << 16;

class HashJoin implements Operator {
  readonly #params: HashJoinParams;
  readonly #leftTypes: readonly DataType[];
  readonly #buildRows: RowInput;
  readonly #probeRows: RowInput;
  readonly #buildTypes: readonly DataType[];
  readonly #probeTypes: readonly DataType[];
  readonly #buildKeys: readonly number[];
  readonly #probeKeys: readonly number[];
  readonly #outputTypes: readonly DataType[];
  readonly #shape: JoinShape;
  readonly #layout: RowLayout;
  #context!: OperatorContext;
  #consumer!: MemoryConsumer;
  #host!: KernelHost;
  #header = 0;
  #rows!: RowStore;
  #held!: HeldBatches;
  #index!: JoinIndexBuilder;
  #output!: OutputBuffer;
  /** Strings that the build side's projection makes. */
  #strings!: StringArena;
  #build!: RangedKernel;
  #probe: RangedKernel | null = null;
  #rest: CompiledKernel | null = null;
  /** Words: lowest and highest key (64 bits each), number of rows whose key is NULL. */
  #summary = 0;
  #restBlock = 0;
  #restRow = 0;
  #probeEnded = false;

  constructor(params: HashJoinParams, left: RowInput, right: RowInput, outputTypes: readonly DataType[]) {
    const leftIsBuild = params.buildSide === 'left';
    this.#params = params;
    this.#leftTypes = left.types;
    this.#buildRows = leftIsBuild ? left : right;
    this.#probeRows = leftIsBuild ? right : left;
    this.#buildTypes = this.#buildRows.types;
    this.#probeTypes = this.#probeRows.types;
    this.#buildKeys = leftIsBuild ? params.leftKeys : params.rightKeys;
    this.#probeKeys = leftIsBuild ? params.rightKeys : params.leftKeys;
    this.#outputTypes = outputTypes;
    this.#shape = joinShape(params.type, params.buildSide);
    this.#layout = new RowLayout(this.#buildTypes, RESERVED);
  }

  get #buildInput(): number {
    return this.#shape.leftIsBuild ? 0 : 1;
  }

  open(context: OperatorContext): void {
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(Math.max(this.#buildRows.batchTypes.length, this.#probeRows.batchTypes.length));
    this.#strings = new StringArena(context.memory);
    this.#consumer = context.budget.consumer('HashJoin');
    this.#rows = new RowStore(context.memory, this.#consumer, this.#layout.size, 'rows');
    this.#index = new JoinIndexBuilder(context.memory, this.#consumer);
    this.#held = new HeldBatches(this.#layout.viewFields.length > 0);
    this.#output = new OutputBuffer(context.memory, context.output, this.#outputTypes, {
      capacity: 8192,
      withKinds: false,
    });
    this.#summary = this.#host.allocate(24);
    context.memory.i64[this.#summary >>> 3] = 2n ** 63n - 1n;
    context.memory.i64[(this.#summary >>> 3) + 1] = -(2n ** 63n);
    this.#build = new RangedKernel(
      this.#buildRows,
      (ranges) => this.#host.compile([this.#buildKernel(ranges)], this.#rows.externs)['build']!,
    );
  }

  processBatch(batch: Batch, input: number): void {
    this.#host.writeHeader(this.#header, batch);
    if (input === this.#buildInput) {
      this.#held.hold(batch);
      this.#host.strings = () => this.#strings;
      this.#build.for(batch)(this.#header);
      return;
    }
    this.#host.strings = () => this.#output.strings();
    this.#output.begin([batch, this.#held, this.#strings]);
    this.#probe!.for(batch)(this.#header);
    this.#output.flush();
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(input: number): void {
    if (input === this.#buildInput) this.#link();
    else this.#probeEnded = true;
  }

  /** After the probe side: build rows that are still owed. */
  advance(): boolean {
    const { keepsBuild, leftIsBuild, semi, anti } = this.#shape;
    const owed = keepsBuild || (leftIsBuild && (semi || anti));
    if (!owed || this.#rest === null || !this.#probeEnded) return false;
    const block = this.#rows.blocks[this.#restBlock];
    if (block === undefined) return false;
    const rows = Math.min(this.#rows.rowsIn(this.#restBlock) - this.#restRow, ROWS_PER_STEP);
    this.#output.begin([this.#held, this.#strings]);
    this.#rest(block.address + this.#restRow * this.#layout.size, rows);
    this.#output.flush();
    this.#restRow += rows;
    if (this.#restRow >= this.#rows.rowsIn(this.#restBlock)) {
      this.#restBlock++;
      this.#restRow = 0;
    }
    return this.#restBlock < this.#rows.blocks.length;
  }

  snapshotState(): void {
    throw new Error('a BATCH operator has no state to snapshot');
  }

  close(): void {
    this.#output?.close();
    this.#index?.release();
    this.#rows?.close();
    this.#held?.release();
    this.#strings?.release();
    this.#consumer?.close();
    this.#host?.close();
  }

  #newContext = (f: FunctionBuilder, column: (index: number) => Operand): CompileContext =>
    new CompileContext(f, column, this.#host, FAIL, RESERVE);

  /** `build(header)`: stores the rows with the hash of their key and notes the range of an integer key. */
  #buildKernel(ranges: Ranges) {
    const f = fn('build', { params: { header: i32 } });
    const all = this.#buildTypes.map((_, i) => i);
    const summary = i32.const(this.#summary | 0);
    this.#buildRows.forEachRow(f, f.param.header, this.#host, all, ranges, (context) => {
      const keys = this.#buildKeys.map((key) => context.column(key));
      const row = this.#rows.append(f);
      for (const column of all) this.#layout.store(f, row, column, context.column(column));
      f.do(i32.store(row, i32.const(0), MATCHED));
      const hash = hashKeys(keys, context);
      f.do(i32.store(row, hash, HASH));
      const can = joinable(keys, this.#params.nullSafe);
      if (can !== null) {
        f.if(i32.eqz(can), () => {
          f.do(i32.store(summary, i32.add(i32.load(summary, 16), i32.const(1)), 16));
          f.continue();
        });
      }
      if (!isIntegerKey(keys)) return;
      const key = context.local('key', keyAsI64(keys[0]!));
      f.if(i64.lt_s(key, i64.load(summary)), () => f.do(i64.store(summary, key)));
      f.if(i64.gt_s(key, i64.load(summary, 8)), () => f.do(i64.store(summary, key, 8)));
    });
    return f.finish();
  }

  #link(): void {
    const { memory } = this.#context;
    const [low, high] = [memory.i64[this.#summary >>> 3]!, memory.i64[(this.#summary >>> 3) + 1]!];
    const rowCount = this.#rows.rowCount;
    const index = this.#index.create(rowCount, low <= high && !this.#params.nullSafe[0] ? [low, high] : null);
    const link = this.#host.compile([
      linkKernel(this.#layout, this.#buildKeys, this.#params.nullSafe, index, this.#newContext),
    ])['link']!;
    let repeats = 0;
    this.#rows.blocks.forEach((block, i) => {
      repeats += Number(link(block.address, this.#rows.rowsIn(i, block)));
    });
    const nullKeys = memory.u32[(this.#summary + 16) >>> 2]!;
    const compile = (kernel: KernelFunction): CompiledKernel =>
      this.#host.compile([kernel], this.#output.externs, this.#output.functions)[kernel.name]!;
    const known = { ...index, unique: repeats === 0 };
    this.#probe = new RangedKernel(this.#probeRows, (ranges) =>
      compile(this.#probeKernel(known, rowCount, nullKeys > 0, ranges)),
    );
    this.#rest = compile(this.#restKernel());
  }

  /** Left fields then right fields of a pair; a missing side is NULL. SEMI and ANTI: left fields only. */
  #fields(probe: ((column: number) => Operand) | null, build: ((field: number) => Operand) | null): readonly Operand[] {
    const { leftIsBuild, semi, anti } = this.#shape;
    const side = (types: readonly DataType[], read: ((index: number) => Operand) | null): Operand[] =>
      types.map((type, i) => (read === null ? nullOperand({ ...type, nullable: true }) : read(i)));
    const probeFields = side(this.#probeTypes, probe);
    const buildFields = side(this.#buildTypes, build);
    if (semi || anti) return leftIsBuild ? buildFields : probeFields;
    return leftIsBuild ? [...buildFields, ...probeFields] : [...probeFields, ...buildFields];
  }

  /** `probe(header)`: looks every row up. */
  #probeKernel(index: JoinIndex, buildRows: number, nullOnBuild: boolean, ranges: Ranges) {
    const { params, shape, layout } = { params: this.#params, shape: this.#shape, layout: this.#layout };
    const f = fn('probe', { params: { header: i32 } });
    const types = this.#probeTypes;
    const emitsProbe = !(shape.leftIsBuild && (shape.semi || shape.anti));
    const conditionInputs = params.condition === null ? [] : inputsOf(params.condition);
    const probeOffset = shape.leftIsBuild ? this.#leftTypes.length : 0;
    const inCondition = conditionInputs
      .map((column) => column - probeOffset)
      .filter((column) => column >= 0 && column < types.length);
    const used = emitsProbe ? types.map((_, i) => i) : [...this.#probeKeys, ...inCondition];
    this.#probeRows.forEachRow(f, f.param.header, this.#host, used, ranges, (context) => {
      const keys = this.#probeKeys.map((key) => context.column(key));
      const readProbe = (column: number): Operand => context.column(column);
      const can = joinable(keys, params.nullSafe);
      if (params.nullAware) {
        // NOT IN: an empty list lets everything pass; a NULL on either side lets nothing.
        if (nullOnBuild && buildRows > 0) {
          f.continue();
          return;
        }
        if (can !== null && buildRows > 0) f.if(i32.eqz(can), () => f.continue());
      }
      const head = f.declare('first', 'i32');
      f.set(head, i32.const(0));
      const search = (): void => f.set(head, lookup(f, context, index, keys, layout, this.#buildKeys));
      if (can === null) search();
      else context.branch(can, search);
      const matched = f.let('matched', i32.const(0));
      const each = (): void => {
        context.scoped(() => {
          const readBuild = (field: number): Operand =>
            context.remembered(`build ${field}`, () => context.bind(layout.load(head, field), `b${field}`));
          const found = (): void => {
            f.set(matched, i32.const(1));
            if (shape.keepsBuild || shape.leftIsBuild) f.do(i32.store(head, i32.const(1), MATCHED));
            if (!shape.semi && !shape.anti) this.#output.append(f, this.#fields(readProbe, readBuild), null);
          };
          if (params.condition === null) found();
          else f.if(this.#condition(context, readProbe, readBuild), found);
        });
      };
      const stopsAtFirst = (shape.semi || shape.anti) && !shape.leftIsBuild;
      if (index.unique) f.if(head, each);
      else {
        const label = f.freshLabel('chain');
        f.loop({
          label,
          condition: head,
          body: () => {
            each();
            if (stopsAtFirst) f.if(matched, () => f.break(label));
          },
          step: () => f.set(head, i32.load(head, NEXT)),
        });
      }
      if (shape.leftIsBuild && (shape.semi || shape.anti)) return;
      if (shape.semi) f.if(matched, () => this.#output.append(f, this.#fields(readProbe, null), null));
      else if (shape.anti || shape.keepsProbe) {
        f.if(i32.eqz(matched), () => this.#output.append(f, this.#fields(readProbe, null), null));
      }
    });
    return f.finish();
  }

  #condition(
    context: CompileContext,
    readProbe: (column: number) => Operand,
    readBuild: (field: number) => Operand,
  ): I32 {
    const leftCount = this.#leftTypes.length;
    const { leftIsBuild } = this.#shape;
    const [left, right] = leftIsBuild ? [readBuild, readProbe] : [readProbe, readBuild];
    const pair = context.over((column) => (column < leftCount ? left(column) : right(column - leftCount)));
    return compilePredicate(this.#params.condition!, pair);
  }

  /** `rest(from, rows)`: build rows that came out of no pair. */
  #restKernel() {
    const { semi } = this.#shape;
    const f = fn('rest', { params: { from: i32, rows: i32 } });
    const row = f.let('row', f.param.from);
    f.for('i', i32.const(0), f.param.rows, () => {
      const context = this.#newContext(f, (field) => this.#layout.load(row, field));
      const matched = i32.load(row, MATCHED);
      const owed = semi ? matched : i32.eqz(matched);
      f.if(owed, () => {
        context.scoped(() => {
          this.#output.append(
            f,
            this.#fields(null, (field) => context.column(field)),
            null,
          );
        });
      });
      f.set(row, i32.add(row, i32.const(this.#layout.size)));
    });
    return f.finish();
  }
}
