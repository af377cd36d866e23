/**
 * BATCH hash join of every type: the build side is kept whole and indexed once it has ended, then each probe row is
 * looked up. A build side that exceeds the budget is split over files by hash, the probe side likewise, and the parts
 * are joined one after another. Flink: HashJoin (ShuffleHashJoin, BroadcastHashJoin).
 */
import type { Batch, Retained } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import { inputsOf } from '../../expr/expr.ts';
import { type I32, i32, i64, type Variable } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { DataType } from '../../types/data-type.ts';
import { ALL_ROWS, type ColumnFacts } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { hashKeys, isInteger, keyAsI64 } from '../codegen/keys.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { RangedKernel, RowInput } from '../codegen/row-input.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { RowStore } from '../codegen/row-store.ts';
import { StringPool } from '../codegen/string-pool.ts';
import { defineOperator } from '../define.ts';
import type { HashJoinParams } from '../specs.ts';
import { type BuildKeys, HASH, joinable, lookup, MATCHED, NEXT, RESERVED } from './build-table.ts';
import { JoinCondition } from './join-condition.ts';
import { constantIndex, type FilledIndex, indexBytes, JoinIndexBuilder, type KeyRange } from './join-index.ts';
import { JoinPair } from './pair.ts';
import { type BuildPart, SharedBuild } from './shared-build.ts';
import { type Meeting, type PartLocations, SpilledHashJoin } from './spilled-hash-join.ts';

export const hashJoin = defineOperator('hash-join', (params, spec) => {
  const inputs = [new RowInput(spec, 0), new RowInput(spec, 1)] as const;
  const pair = new JoinPair(params.type, params.buildSide, inputs[0].types, inputs[1].types);
  return new HashJoin(
    params,
    pair,
    inputs,
    spec.output.fields.map((field) => field.type),
  );
});

/** Build rows that one call of `advance` looks at. */
const ROWS_PER_STEP = 1 << 16;
/** Below so many bytes the build side stays in memory, whoever has taken the budget. */
const LEAST_BYTES = 1 << 16;

/** Words of the summary. */
const NULL_KEYS = 0;
const SHORT = 4;

class HashJoin implements Operator {
  readonly #params: HashJoinParams;
  readonly #pair: JoinPair;
  readonly #buildRows: RowInput;
  readonly #probeRows: RowInput;
  readonly #buildKeys: readonly number[];
  readonly #probeKeys: readonly number[];
  readonly #outputTypes: readonly DataType[];
  readonly #layout: RowLayout;
  #context!: OperatorContext;
  #consumer!: MemoryConsumer;
  #host!: KernelHost;
  #header = 0;
  #rows!: RowStore;
  #strings!: StringPool;
  #index!: JoinIndexBuilder;
  #condition: JoinCondition | null = null;
  #output!: OutputBuffer;
  #build!: RangedKernel;
  #probe: RangedKernel | null = null;
  #rest: CompiledKernel | null = null;
  #spilled: SpilledHashJoin | null = null;
  /** With the other subtasks; null: the build side is this one's alone. */
  #shared: SharedBuild | null = null;
  /** Lowest and highest value (64 bits each) of every column of the key. */
  #ranges = 0;
  /** Words: rows whose key is NULL, whether memory is short. */
  #summary = 0;
  #restBlock = 0;
  #restRow = 0;
  #probeEnded = false;
  /** The subtasks have met after their probe sides. */
  #met = false;

  constructor(
    params: HashJoinParams,
    pair: JoinPair,
    inputs: readonly [RowInput, RowInput],
    outputTypes: readonly DataType[],
  ) {
    const [left, right] = inputs;
    const leftIsBuild = params.buildSide === 'left';
    this.#params = params;
    this.#pair = pair;
    this.#buildRows = leftIsBuild ? left : right;
    this.#probeRows = leftIsBuild ? right : left;
    this.#buildKeys = leftIsBuild ? params.leftKeys : params.rightKeys;
    this.#probeKeys = leftIsBuild ? params.rightKeys : params.leftKeys;
    this.#outputTypes = outputTypes;
    this.#layout = new RowLayout(pair.buildTypes, RESERVED);
  }

  get #buildInput(): number {
    return this.#pair.shape.leftIsBuild ? 0 : 1;
  }

  open(context: OperatorContext): void {
    const { memory } = context;
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(Math.max(this.#buildRows.batchTypes.length, this.#probeRows.batchTypes.length));
    this.#summary = this.#host.allocate(8);
    this.#ranges = this.#host.allocate(this.#buildKeys.length * 16);
    this.#buildKeys.forEach((_, i) => {
      memory.i64.set([2n ** 63n - 1n, -(2n ** 63n)], (this.#ranges >>> 3) + 2 * i);
    });
    this.#consumer = context.budget.spillingConsumer('HashJoin', () => this.#setShort(1));
    this.#rows = new RowStore(memory, this.#consumer, this.#layout.size, 'rows');
    this.#strings = new StringPool(memory, this.#consumer, 'strings');
    this.#index = new JoinIndexBuilder(memory, this.#consumer);
    if (context.rendezvous !== null) this.#shared = new SharedBuild(context.rendezvous);
    this.#output = new OutputBuffer(memory, context.output, this.#outputTypes, {
      capacity: 8192,
      withKinds: false,
      constants: this.#host.constants,
    });
    const { condition } = this.#params;
    if (condition !== null) this.#condition = new JoinCondition(condition);
    this.#build = new RangedKernel(
      this.#buildRows,
      (facts) =>
        this.#host.compile(
          [this.#buildKernel(facts)],
          { ...this.#rows.externs, ...this.#strings.externs },
          this.#strings.functions,
        )['build']!,
      this.#host,
    );
  }

  processBatch(batch: Batch, input: number): void {
    this.#host.writeHeader(this.#header, batch, true);
    if (input === this.#buildInput) this.#store(batch);
    else if (this.#spilled !== null) this.#spilled.takeProbe(batch, this.#header);
    else {
      this.#host.strings = () => this.#output.strings();
      this.#output.begin([batch, this.#retained]);
      this.#probe!.for(batch)(this.#header);
      this.#output.flush();
    }
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(input: number): void {
    if (input === this.#buildInput) {
      if (this.#shared === null) this.#endBuild();
      else this.#endPart(this.#shared);
      return;
    }
    if (this.#meetsAfterProbe) this.#shared!.endProbe(this.#spilled?.endSharedProbe() ?? null);
    else this.#spilled?.endProbe();
    this.#probeEnded = true;
  }

  /** The probe side waits until it is settled where all subtasks find the build rows. */
  proceed(): boolean {
    if (this.#shared === null || this.#probe !== null || this.#spilled?.takesProbe === true) return true;
    const side = this.#shared.settle();
    if (side === null) return false;
    if (side.filled !== null) this.#open(side.filled, side.rowCount, side.nullKeys);
    else {
      this.#shared.takeBack();
      this.#rows.takeBack();
      this.#strings.takeBack();
      this.#spill();
      this.#spilled!.endBuild(this.#probeRows, side.nullKeys > 0);
    }
    return true;
  }

  /** After the probe side: build rows that are still owed, or the parts on disk. */
  advance(): boolean | 'waiting' {
    if (!this.#probeEnded) return false;
    if (this.#meetsAfterProbe && !this.#met) {
      const probed = this.#shared!.probed();
      if (probed === null) return 'waiting';
      this.#met = true;
      this.#spilled?.dealOut(probed as readonly PartLocations[], this.#shared!.subtask);
    }
    if (this.#spilled !== null) {
      if (this.#spilled.step()) return true;
      return this.#shared === null || this.#shared.endParts() ? false : 'waiting';
    }
    const block = this.#pair.owesBuild ? this.#rows.blocks[this.#restBlock] : undefined;
    if (block === undefined || this.#rest === null) {
      this.#index.release();
      this.#rows.clear();
      this.#strings.clear();
      return false;
    }
    const rows = Math.min(this.#rows.rowsIn(this.#restBlock) - this.#restRow, ROWS_PER_STEP);
    this.#output.begin([this.#retained]);
    this.#rest(block.address + this.#restRow * this.#layout.size, rows);
    this.#output.flush();
    this.#restRow += rows;
    if (this.#restRow >= this.#rows.rowsIn(this.#restBlock)) {
      this.#restBlock++;
      this.#restRow = 0;
    }
    return true;
  }

  snapshotState(): void {
    throw new Error('a BATCH operator has no state to snapshot');
  }

  close(): void {
    this.#output?.close();
    this.#spilled?.close();
    this.#index?.release();
    this.#rows?.close();
    this.#strings?.close();
    this.#consumer?.close();
    this.#host?.close();
    this.#shared?.hold.release();
    this.#shared = null;
  }

  /** What batches depend on that point into build rows. */
  get #retained(): Retained {
    return this.#shared?.hold ?? this.#strings.retained;
  }

  /** What comes after the probe side has to wait until it has ended everywhere. */
  get #meetsAfterProbe(): boolean {
    return this.#shared !== null && (this.#spilled !== null || this.#pair.owesBuild);
  }

  #newContext = (f: FunctionBuilder, column: (index: number) => Operand): CompileContext =>
    new CompileContext(f, column, this.#host, FAIL, RESERVE);

  #setShort(short: number): void {
    this.#context.memory.u32[(this.#summary + SHORT) >>> 2] = short;
  }

  get #isShort(): boolean {
    return this.#context.memory.u32[(this.#summary + SHORT) >>> 2] !== 0;
  }

  #store(batch: Batch): void {
    this.#host.strings = null;
    let from = 0;
    while (from < batch.rowCount) {
      from = Number(this.#build.for(batch)(this.#header, from));
      if (this.#isShort) {
        this.#setShort(0);
        if (this.#consumer.used >= LEAST_BYTES) this.#spill();
      }
    }
  }

  /** Moves the stored rows to disk. */
  #spill(): void {
    this.#spilled ??= new SpilledHashJoin({
      context: this.#context,
      host: this.#host,
      consumer: this.#consumer,
      params: this.#params,
      pair: this.#pair,
      buildLayout: this.#layout,
      buildKeys: this.#buildKeys,
      probeKeys: this.#probeKeys,
      outputTypes: this.#outputTypes,
      rows: this.#rows,
      strings: this.#strings,
      index: this.#index,
      meet: (meeting) => this.#meet(meeting),
      restKernel: (output) => this.#restKernel(output),
    });
    this.#spilled.takeStored();
    this.#setShort(0);
  }

  #endBuild(): void {
    const part = this.#part;
    const filled = part.spilled ? null : this.#fill(part);
    if (filled === null) {
      this.#spill();
      this.#spilled!.endBuild(this.#probeRows, part.nullKeys > 0);
    } else this.#open(filled, part.rowCount, part.nullKeys);
  }

  #endPart(shared: SharedBuild): void {
    const part = this.#part;
    const blocks = part.spilled ? [] : [...this.#rows.giveAway(), ...this.#strings.giveAway()];
    if (part.spilled) this.#spill();
    const all = shared.endBuild(part, blocks);
    if (all !== null) shared.endIndex(this.#fill(all), this.#index.giveAway());
  }

  /** What this subtask has stored. */
  get #part(): BuildPart {
    return {
      rows: this.#rows.runs,
      rowCount: this.#rows.rowCount,
      nullKeys: this.#context.memory.u32[(this.#summary + NULL_KEYS) >>> 2]!,
      ranges: this.#keyRanges,
      spilled: this.#spilled !== null,
    };
  }

  /** An index over the rows; null: memory is short. */
  #fill({ rows, rowCount, ranges }: BuildPart): FilledIndex | null {
    const tooLarge = indexBytes(rowCount) > this.#consumer.budget.available && this.#consumer.used >= LEAST_BYTES;
    const placed = this.#index.create(rowCount, ranges, this.#looksAtBuildRows);
    // An array or a bitmap is smaller than what was assumed.
    if (tooLarge && this.#isShort && placed.kind === 'hash') {
      this.#index.release();
      return null;
    }
    return this.#index.fill(placed, rows, ranges, this.#keysOfBuild, this.#host);
  }

  get #keyRanges(): readonly KeyRange[] {
    const { i64: words } = this.#context.memory;
    return this.#buildKeys.map((_, i) => {
      const at = (this.#ranges >>> 3) + 2 * i;
      const [low, high] = [words[at]!, words[at + 1]!];
      return low <= high && !this.#params.nullSafe[i] ? [low, high] : null;
    });
  }

  /** Whether anything is asked of a build row but that there is one. */
  get #looksAtBuildRows(): boolean {
    const { shape } = this.#pair;
    return !(shape.semi || shape.anti) || shape.leftIsBuild || this.#condition !== null;
  }

  get #keysOfBuild(): BuildKeys {
    const { nullSafe } = this.#params;
    return { layout: this.#layout, fields: this.#buildKeys, nullSafe, newContext: this.#newContext };
  }

  /** From now on the probe side is looked up. */
  #open(filled: FilledIndex, rowCount: number, nullKeys: number): void {
    const compile = (kernel: KernelFunction): CompiledKernel =>
      this.#host.compile([kernel], { ...this.#output.externs }, this.#output.functions)[kernel.name]!;
    this.#probe = new RangedKernel(
      this.#probeRows,
      (facts) => compile(this.#probeKernel(filled, rowCount, nullKeys > 0, facts)),
      this.#host,
    );
    if (this.#pair.owesBuild) this.#rest = compile(this.#restKernel(this.#output));
  }

  /**
   * `build(header, from)`: stores the rows with the hash of their key and notes the range of an integer key; gives the
   * number of the row before which memory ran short, or ALL_ROWS.
   */
  #buildKernel(facts: ColumnFacts) {
    const f = fn('build', { params: { header: i32, from: i32 }, result: i32 });
    const all = this.#pair.buildTypes.map((_, i) => i);
    const summary = i32.address(this.#summary);
    const body = (context: CompileContext, i: I32): void => {
      f.if(i32.load(summary, SHORT), () => f.return(i));
      const keys = this.#buildKeys.map((key) => context.column(key));
      const row = this.#rows.append(f);
      for (const column of all) this.#layout.store(f, row, column, this.#strings.own(context.column(column)));
      f.do(i32.store(row, i32.const(0), MATCHED));
      const hash = hashKeys(keys, context);
      f.do(i32.store(row, hash, HASH));
      const can = joinable(keys, this.#params.nullSafe);
      if (can !== null) {
        f.if(i32.eqz(can), () => {
          f.do(i32.store(summary, i32.add(i32.load(summary, NULL_KEYS), i32.const(1)), NULL_KEYS));
          f.continue();
        });
      }
      const ranges = i32.address(this.#ranges);
      keys.forEach((column, place) => {
        if (!isInteger(column)) return;
        const key = context.local('key', keyAsI64(column));
        const [low, high] = [16 * place, 16 * place + 8];
        f.if(i64.lt_s(key, i64.load(ranges, low)), () => f.do(i64.store(ranges, key, low)));
        f.if(i64.gt_s(key, i64.load(ranges, high)), () => f.do(i64.store(ranges, key, high)));
      });
    };
    this.#buildRows.forEachRow(f, f.param.header, this.#host, all, facts, body, f.param.from);
    f.return(i32.const(ALL_ROWS));
    return f.finish();
  }

  /** `probe(header)`: looks every row up. */
  #probeKernel({ index: placed, unique }: FilledIndex, buildRows: number, nullOnBuild: boolean, facts: ColumnFacts) {
    const params = this.#params;
    const index = constantIndex(placed);
    const f = fn('probe', { params: { header: i32 } });
    const inCondition = params.condition === null ? [] : this.#pair.probeColumns(inputsOf(params.condition));
    const used = this.#pair.buildComesOut
      ? [...this.#probeKeys, ...inCondition]
      : this.#pair.probeTypes.map((_, i) => i);
    this.#probeRows.forEachRow(f, f.param.header, this.#host, used, facts, (context) => {
      const keys = this.#probeKeys.map((key) => context.column(key));
      const can = joinable(keys, params.nullSafe);
      if (params.nullAware) {
        // NOT IN: an empty list lets everything pass; a NULL on either side lets nothing.
        if (nullOnBuild && buildRows > 0) {
          f.continue();
          return;
        }
        if (can !== null && buildRows > 0) f.if(i32.eqz(can), () => f.continue());
      }
      const search = (head: Variable<'i32'>): void => {
        const found = (): void => f.set(head, lookup(context, index, keys, this.#keysOfBuild));
        if (can === null) found();
        else context.branch(can, found);
      };
      const matched = this.#meet({ f, context, search, unique, output: this.#output });
      const { shape } = this.#pair;
      const alone = (): void =>
        this.#output.append(
          f,
          this.#pair.fields((column) => context.column(column), null),
          null,
        );
      if (this.#pair.buildComesOut) return;
      if (shape.semi) f.if(matched, alone);
      else if (shape.anti || shape.keepsProbe) f.if(i32.eqz(matched), alone);
    });
    return f.finish();
  }

  /** Emits the pairs of the probe row. @returns whether there was one */
  #meet({ f, context, search, unique, output }: Meeting): Variable<'i32'> {
    const { shape } = this.#pair;
    const readProbe = (column: number): Operand => context.column(column);
    const head = f.declare('first', 'i32');
    f.set(head, i32.const(0));
    search(head);
    const matched = f.let('matched', i32.const(0));
    const each = (): void => {
      context.scoped(() => {
        const readBuild = (field: number): Operand =>
          context.remembered(`build ${field}`, () => context.bind(this.#layout.load(head, field), `b${field}`));
        const found = (): void => {
          f.set(matched, i32.const(1));
          // Written once: other threads have the row in their caches.
          if (this.#pair.owesBuild) {
            f.if(i32.eqz(i32.load(head, MATCHED)), () => f.do(i32.store(head, i32.const(1), MATCHED)));
          }
          if (!shape.semi && !shape.anti) output.append(f, this.#pair.fields(readProbe, readBuild), null);
        };
        if (this.#condition === null) found();
        else f.if(this.#condition.holds(this.#pair.over(context, readProbe, readBuild)), found);
      });
    };
    const stopsAtFirst = (shape.semi || shape.anti) && !shape.leftIsBuild;
    if (unique) f.if(head, each);
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
    return matched;
  }

  /** `rest(from, rows)`: build rows that came out of no pair; for SEMI those that did. */
  #restKernel(output: OutputBuffer) {
    const { semi } = this.#pair.shape;
    const f = fn('rest', { params: { from: i32, rows: i32 } });
    const row = f.let('row', f.param.from);
    f.for('i', i32.const(0), f.param.rows, () => {
      const context = this.#newContext(f, (field) => this.#layout.load(row, field));
      const matched = i32.load(row, MATCHED);
      const owed = semi ? matched : i32.eqz(matched);
      f.if(owed, () => {
        context.scoped(() => {
          output.append(
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
